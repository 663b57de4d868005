"""Mutants: changes of one place of the package, each with the test file that should notice, by package.

``before`` occurs exactly once in the file. To add a mutant, add a line under its file in the module of its package.
"""

from importlib import import_module
from pathlib import Path

from .mutant import Mutant

_PACKAGES = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - {"__init__", "mutant"})
MUTANTS: dict[str, list[Mutant]] = {name: import_module(f"{__name__}.{name}").MUTANTS for name in _PACKAGES}
