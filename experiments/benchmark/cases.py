"""Names of suites, subjects and cases, shared by the command and the processes that it starts."""

from dataclasses import dataclass
from typing import Any

SEQJAX = "seqjax"
# The rivals in the order of the tables, and the module that each needs.
RIVALS = {
    "torch": "torch",
    "flax_nnx": "flax",
    "flax_linen": "flax",
    "keras": "keras",
    "equinox": "equinox",
    "haiku": "haiku",
}
CELLS = ("elman", "gru", "lstm")
SUITES = ("layers", "memory", "latency", "decode", "training", "compile", "associative")
DTYPES = ("float32", "bfloat16")
STACKED = " 2x bidirectional"  # suffix of a cell's name for two bidirectional layers

# Plans of seqjax's layers in the suite "memory", by the subject's name.
VARIANTS: dict[str, dict[str, Any]] = {
    "seqjax": {},
    "seqjax autodiff": {"backend": "autodiff"},
    "seqjax carry": {"residuals": "carry"},
    "seqjax output": {"residuals": "output"},
    "seqjax chunk 256": {"chunk": 256},
}

# Reasons to skip a rival, by its name and the cell, or the suffix of a cell's name, that it lacks.
LACKS = {
    ("equinox", "elman"): "Equinox has no Elman cell",
    ("equinox", STACKED): "Equinox has no bidirectional layer",
    ("haiku", "elman"): "Haiku's Elman cell has a ReLU, not tanh",
    ("haiku", "gru"): "Haiku's GRU resets before the product, which is another cell",
    ("haiku", STACKED): "Haiku has no bidirectional layer",
}


@dataclass(frozen=True)
class Case:
    """One measurement, made for every subject.

    Attributes:
      suite: One of ``SUITES``.
      cell: A cell, perhaps with a suffix, or a config: "lstm 2x bidirectional", "lstm greedy", "forecasting/demand".
      mode: "inference" or "training", the latter with gradients.
      shape: B, T, D, H.
      dtype: Type of weights and inputs, "float32" or "bfloat16".
    """

    suite: str
    cell: str
    mode: str
    shape: tuple[int, int, int, int]
    dtype: str = "float32"

    @property
    def kind(self) -> str:
        """The cell without a suffix: "elman", "gru" or "lstm"; or "linear", "mingru" or "minlstm"."""
        return self.cell.split()[0]

    @property
    def is_stacked(self) -> bool:
        """Whether there are two bidirectional layers."""
        return self.cell.endswith(STACKED)

    @property
    def key(self) -> tuple[Any, ...]:
        """A key that no other case has."""
        return self.suite, self.cell, self.mode, self.shape, self.dtype

    def __str__(self) -> str:
        """The suite and the title."""
        return f"{self.suite}: {self.title}"

    @property
    def title(self) -> str:
        """A name that is unique in the suite."""
        return f"{self.cell}, {self.mode}, {'x'.join(map(str, self.shape))}, {self.dtype}"

    def lacks(self, subject: str) -> str:
        """The reason why a subject lacks this case; an empty string if it has it."""
        missing = LACKS.get((subject, self.kind), "")
        return missing or (LACKS.get((subject, STACKED), "") if self.is_stacked else "")


def module_of(subject: str) -> str:
    """The module in ``rivals`` that builds a subject: "seqjax" for its variants and for both kinds of scan."""
    return subject if subject in RIVALS else SEQJAX
