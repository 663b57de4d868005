"""The parts of the data of a run, training, validation and test, and faults in them."""

from collections.abc import Sequence
from typing import Protocol

from seqjax.errors import InputError

PARTS = ("training", "validation", "test")
NAMED = 3  # faults that a remark names


class Part(Protocol):
    """Examples with a name."""

    @property
    def name(self) -> str:
        """Their origin, for messages."""
        ...

    def __len__(self) -> int:
        """The number of examples."""
        ...


def require_examples(
    parts: Sequence[Sequence[object] | Part],
    source: str,
    examples: str,
    *,
    recorded: bool,
    advice: str = "give more, or change data.split or data.split_seed",
) -> None:
    """Raises ``InputError`` if a part has no examples.

    Args:
      parts: The training part, perhaps with those for validation and test. One with a name is named in the sentence.
      source: The origin of the data.
      examples: Plural of an example, such as "texts".
      recorded: Whether the parts are those of an earlier run.
      advice: Ways to get examples into the part.
    """
    for name, part in zip(PARTS, parts, strict=False):
        if len(part):
            continue
        if recorded:
            raise InputError(f"{source} has none of the {name} examples of the run; train on another workdir")
        raise InputError(f"the {name} part of {getattr(part, 'name', source)} has no {examples}; {advice}")


def named(faults: Sequence[str]) -> str:
    """The first of some faults in the data, for a remark, with three dots where there are more."""
    return "; ".join(faults[:NAMED]) + ("; ..." if len(faults) > NAMED else "")
