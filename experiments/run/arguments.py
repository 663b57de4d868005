"""From config keys to arguments, with errors that name the key."""

import difflib
import inspect
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeVar

from seqjax.errors import InputError

T = TypeVar("T")


def bind(function: Callable[..., T], group: str, keys: Mapping[str, Any], **more: Any) -> Callable[[], T]:
    """``function`` with the keys of a config group, and ``more``, as keyword arguments, ready to be called.

    Raises:
      InputError: For a key that the function does not take, and one that it misses.
    """
    parameters = inspect.signature(function).parameters
    for key in keys:
        if key not in parameters:
            raise InputError(f"there is no config key {group + '.' + key!r}{nearest(key, parameters)}")
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in keys and name not in more:
            raise InputError(f"config key {group + '.' + name!r} is missing")
    return partial(function, **keys, **more)


def call(function: Callable[..., T], group: str, keys: Mapping[str, Any], **more: Any) -> T:
    """Calls what :func:`bind` returns.

    Raises:
      InputError: As :func:`bind`, and for a value that the function refuses with a ``ValueError``.
    """
    bound = bind(function, group, keys, **more)
    try:
        return bound()
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"config group {group!r}: {error}") from error


def choice(key: str, value: str, choices: Collection[str]) -> str:
    """Returns ``value``; raises ``InputError`` unless it is one of ``choices``."""
    if value not in choices:
        there = ", ".join(map(repr, choices))
        raise InputError(f"config key {key!r} is {value!r}, but must be one of {there}{nearest(value, choices)}")
    return value


def at_least(least: float, group: str, **values: float) -> None:
    """Raises ``InputError`` naming the first of ``values``, keys of a config group or ("") of none, below ``least``."""
    for name, value in values.items():
        if not value >= least:
            key = f"{group}.{name}" if group else name
            raise InputError(f"config key {key!r} is {value}, but must be at least {least}")


def nearest(name: str, names: Collection[str]) -> str:
    """The advice "; did you mean ...?", or nothing if no name is near."""
    near = difflib.get_close_matches(str(name), list(names), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
