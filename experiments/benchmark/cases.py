"""What is measured, and who can be: names and sizes alone, known to the command and to the processes that it starts."""

from dataclasses import dataclass
from typing import Any

SEQJAX = "seqjax"
# The rivals in the order of tables, and the module that each needs.
RIVALS = {
    "torch": "torch",
    "flax_nnx": "flax",
    "flax_linen": "flax",
    "keras": "keras",
    "equinox": "equinox",
    "haiku": "haiku",
}
CELLS = ("elman", "gru", "lstm")
SUITES = ("layers", "memory", "latency", "decode", "training", "compile", "parallel")
DTYPES = ("float32", "bfloat16")
STACKED = " 2x bidirectional"  # what the name of a cell ends with where two layers run both ways

# Plans of seqjax's layers that the suite "memory" compares, by the subject's name.
VARIANTS: dict[str, dict[str, Any]] = {
    "seqjax": {},
    "seqjax autodiff": {"backend": "autodiff"},
    "seqjax cell": {"residuals": "cell"},
    "seqjax output": {"residuals": "output"},
    "seqjax chunk 256": {"chunk": 256},
}

# Why a rival is left out, by its name and what it lacks: a cell or, after a space, what the cell's name ends with.
LACKS = {
    ("equinox", "elman"): "Equinox has no Elman cell",
    ("equinox", STACKED): "Equinox has no bidirectional layer",
    ("haiku", "elman"): "Haiku's Elman cell has a ReLU, not tanh",
    ("haiku", "gru"): "Haiku's GRU resets before the product, which is another cell",
    ("haiku", STACKED): "Haiku has no bidirectional layer",
}


@dataclass(frozen=True)
class Case:
    """One thing that is measured for every subject.

    Attributes:
      suite: One of ``SUITES``.
      cell: A cell, perhaps with what else names the case: "lstm 2x bidirectional", "lstm greedy", "forecast_demand".
      mode: "inference" or "training", the latter with gradients.
      shape: B, T, input width, H.
      dtype: Type of weights and inputs, "float32" or "bfloat16".
    """

    suite: str
    cell: str
    mode: str
    shape: tuple[int, int, int, int]
    dtype: str = "float32"

    @property
    def kind(self) -> str:
        """The cell alone: "elman", "gru", "lstm" or, in the suite "parallel", "linear", "mingru", "minlstm"."""
        return self.cell.split()[0]

    @property
    def is_stacked(self) -> bool:
        """Whether two layers stand above each other, both bidirectional."""
        return self.cell.endswith(STACKED)

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from all others."""
        return self.suite, self.cell, self.mode, self.shape, self.dtype

    def __str__(self) -> str:
        return f"{self.suite}: {self.title}"

    @property
    def title(self) -> str:
        """What names it among those of its suite."""
        return f"{self.cell}, {self.mode}, {'x'.join(map(str, self.shape))}, {self.dtype}"

    def lacks(self, subject: str) -> str:
        """Why a subject cannot be measured in this case, or nothing if it can."""
        missing = LACKS.get((subject, self.kind), "")
        return missing or (LACKS.get((subject, STACKED), "") if self.is_stacked else "")


def module_of(subject: str) -> str:
    """The module in ``rivals`` that builds a subject: "seqjax" for its variants and for both ways to scan."""
    return subject if subject in RIVALS else SEQJAX
