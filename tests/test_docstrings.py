"""Every public name of the ground floor, the layers, decoding and interop says what it does."""

import importlib
import inspect
import pkgutil

import pytest

import seqjax.decoding
import seqjax.interop
import seqjax.layers
import seqjax.recurrence

PACKAGES = [seqjax.recurrence, seqjax.layers, seqjax.decoding, seqjax.interop]
MODULES = [
    "seqjax.initializers",
    "seqjax.masking",
    "seqjax.models.decoder",
    "seqjax.models.seq2seq",
    "seqjax.tokens",
    "seqjax.typing",
]
MODULES += [f"{p.__name__}.{module.name}" for p in PACKAGES for module in pkgutil.iter_modules(p.__path__)]


def public(module):
    for name, value in vars(module).items():
        own = getattr(value, "__module__", None) == module.__name__
        if own and not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value)):
            yield name, value
            if inspect.isclass(value):
                for method, function in vars(value).items():
                    if not method.startswith("_") and inspect.isfunction(function):
                        yield f"{name}.{method}", function


@pytest.mark.parametrize("name", MODULES)
def test_public_names_have_docstrings(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for attribute, value in public(module):
        written = value.__doc__ and not value.__doc__.startswith(f"{attribute}(")  # what a named tuple says by itself
        assert written, f"{name}.{attribute} has no docstring"
