"""Docstrings of installed packages, parsed from their sources: nothing is imported or run."""

import ast
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from seqjax.errors import InputError

MIN_WORDS = 8  # of a body; shorter ones, such as "See Also", say nothing
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def read_docstrings(packages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields the body and the first line of each docstring of some packages, in the order of their files.

    A docstring counts if its first line is followed by a blank one (PEP 257) and then by 8 words or more. Tests are
    left out, and so is a file that is no Python of this version, with a remark.

    Args:
      packages: Names under which packages are imported, such as "sklearn".

    Raises:
      InputError: For a package that is not installed, or has no such docstring.
    """
    for package in packages:
        count, failed = 0, []
        for path in package_files(package):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of escapes that Python does not know
                    tree = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError, OSError, RecursionError):
                failed.append(path.name)
                continue
            for pair in _pairs(tree):
                count += 1
                yield pair
        if failed:
            print(f"{len(failed)} files of {package} cannot be parsed, such as {failed[0]}: not used", file=sys.stderr)
        if not count:
            raise InputError(f"the package {package!r} has no docstring of a first line and a body; name another one")


def package_files(package: str) -> list[Path]:
    """The Python files of a package, sorted, without its tests.

    Raises:
      InputError: For a package that is not installed.
    """
    try:
        spec = importlib.util.find_spec(package) if package.isidentifier() else None
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"there is no package {package!r} with Python files; install it, or take it out of data.train_packages, "
            "data.valid_packages or data.test_packages"
        )
    folders = [Path(folder) for folder in spec.submodule_search_locations]
    files = ((folder, path) for folder in folders for path in sorted(folder.rglob("*.py")))
    return [path for folder, path in files if not {"test", "tests"} & {*path.relative_to(folder).parts}]


def _pairs(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        docstring = ast.get_docstring(node, clean=False) if isinstance(node, _DOCUMENTED) else None
        if docstring is None or "\0" in docstring:
            continue
        first, _, rest = inspect.cleandoc(docstring).partition("\n")
        blank, _, body = rest.partition("\n")
        if not blank.strip() and first.strip() and len(body.split()) >= MIN_WORDS:
            yield body.encode(errors="replace").decode(), first.strip().encode(errors="replace").decode()
