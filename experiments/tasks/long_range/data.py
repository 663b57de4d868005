"""Data of the long-range task: generated sequences whose targets depend on inputs many steps earlier."""

from dataclasses import dataclass
from math import log

from experiments.run.arguments import at_least, choice
from seqjax.data.synthetic import RECALLED, Examples, adding, copying


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/long_range/adding.py explains them."""

    problem: str
    length: int
    batch_size: int
    validation_rows: int
    test_rows: int

    def __post_init__(self) -> None:
        choice("data.problem", self.problem, ("adding", "copying"))
        at_least(2 if self.problem == "adding" else 1, "data", length=self.length)
        rows = ("batch_size", "validation_rows", "test_rows")
        at_least(1, "data", **{name: getattr(self, name) for name in rows})

    @property
    def time(self) -> int:
        """Steps of a sequence."""
        return self.length if self.problem == "adding" else self.length + 2 * RECALLED

    @property
    def no_memory_loss(self) -> float:
        """The lowest loss without memory of the inputs: 1/6 for adding, 10 ln 8 / T for copying."""
        return 1 / 6 if self.problem == "adding" else RECALLED * log(8) / self.time

    def generate(self, key: tuple[int, int, int], rows: int) -> Examples:
        """Examples of the problem, a pure function of the key; see :mod:`seqjax.data.synthetic`."""
        return (adding if self.problem == "adding" else copying)(key, rows, self.length)
