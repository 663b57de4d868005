"""A change of one place of the package, with the tests that should notice."""

from typing import NamedTuple

REMOVED = "0  # removed"


class Mutant(NamedTuple):
    """A change of one place, and the tests that should notice: a file, and what pytest selects of it (option -k)."""

    file: str
    before: str
    after: str
    tests: str
    selection: str = ""

    @property
    def name(self) -> str:
        """The file and the change, on one line."""
        return " ".join(f"{self.file.removeprefix('seqjax/')}: {self.before} -> {self.after or 'nothing'}".split())


def mutants(file: str, tests: str, *changes: tuple[str, ...]) -> list[Mutant]:
    """Mutants of a file that a file of tests should notice: each before, after, and perhaps what pytest selects."""
    return [Mutant(file, before, after, tests, *selection) for before, after, *selection in changes]
