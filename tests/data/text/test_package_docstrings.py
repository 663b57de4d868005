"""Docstrings of packages: read without importing them, first lines and bodies alone."""

import sys

import pytest

from seqjax.data.text.docstrings import read_docstrings
from seqjax.data.text.summaries import docstring_summaries
from seqjax.errors import InputError

MODULE = '''"""Reads odd files.

The body of a module has  more
than eight words, some on a second line.
"""
raise RuntimeError("imported")

class A:
    """A class without a body."""

    def f(self):
        """Returns x.

        One two three four five six seven.
        """

    async def g(self):
        """Opens \\d a stream.

            Indented line that stays indented in this body.
        And the rest.
        """

def h():
    """First line
    second line of it, which leaves it out of the pairs.
    """
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that cannot be imported, with tests and a file that is no Python."""
    folder = tmp_path / "oddlib"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").write_text(MODULE)
    (folder / "broken.py").write_text("def (:\n")
    (folder / "tests" / "test_a.py").write_text('"""Tests.\n\nOne two three four five six seven eight nine.\n"""\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    return "oddlib"


def test_bodies_and_first_lines_are_read_and_nothing_is_imported(package, capsys):
    assert list(read_docstrings([package])) == [
        ("The body of a module has  more\nthan eight words, some on a second line.", "Reads odd files."),
        ("    Indented line that stays indented in this body.\nAnd the rest.", "Opens \\d a stream."),
    ]
    assert package not in sys.modules
    assert capsys.readouterr().err == "1 files of oddlib cannot be parsed, such as broken.py: not used\n"
    assert docstring_summaries([package]).references == (("Reads odd files.",), ("Opens \\d a stream.",))


@pytest.mark.parametrize("name", ["no_such_package", "os", "a.b", "", "../x"])
def test_a_package_without_files_is_named(name):
    with pytest.raises(InputError, match="there is no package"):
        list(read_docstrings([name]))


def test_a_package_without_docstrings_is_named(tmp_path, monkeypatch):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "__init__.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match="the package 'bare' has no docstring"):
        list(read_docstrings(["bare"]))
