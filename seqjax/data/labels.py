"""Labels of examples: their classes in order, and the check that they are classes."""

from collections.abc import Sequence

from seqjax.errors import InputError


def ordered_classes(labels: Sequence[str], name: str, examples: str) -> tuple[str, ...]:
    """The distinct labels in order: whole numbers by value, then other labels alphabetically.

    Args:
      labels: The label of each example.
      name: Name of their source, for messages.
      examples: A word for many of them, such as "texts".

    Raises:
      InputError: For fewer than two.
    """
    classes = sorted(set(labels), key=lambda label: (not label.isdecimal(), len(label) * label.isdecimal(), label))
    if len(classes) < 2:
        count = f"one class, {classes[0]!r}" if classes else f"no {examples.removesuffix('s')}"
        raise InputError(f"{name} has {count}; a classifier needs {examples} of two classes or more")
    return tuple(classes)


def require_shared(labels: Sequence[str], name: str, examples: str) -> None:
    """Checks that labels are classes, not numbers to predict or names of examples.

    Raises:
      InputError: If there are more than half as many labels as examples.
    """
    count = len(set(labels))
    if count > 2 and 2 * count > len(labels):
        raise InputError(
            f"{name} has {count:,} distinct labels, such as {labels[0]!r}, for {len(labels):,} {examples}; "
            f"name a column of classes that several {examples} share: data.label_column"
        )
