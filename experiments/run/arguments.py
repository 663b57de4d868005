"""From config keys to arguments, with errors that name the key."""

import difflib
import inspect
import math
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar, get_args, get_origin

from seqjax.data.splits import is_counts
from seqjax.errors import InputError

T = TypeVar("T")

LARGEST = 2**31 - 1  # JAX's whole numbers have 32 bits: a larger seed would be the same as a smaller one
TYPES: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
MANY: Mapping[Any, str] = {int: "whole numbers such as (1,2)", float: "numbers such as (0.5,2)", str: "texts"}


def parse(kind: Callable[..., T], group: str, keys: Mapping[str, Any], **more: Any) -> T:
    """Makes an object of the keys of a config group, as in ``parse(DataConfig, "data", config.data)``.

    The values must have the types that ``kind`` has. In the keys ``path`` and ``..._path``, ``~`` is the home folder.

    Args:
      kind: Takes the keys as keyword arguments: a dataclass, or any function.
      group: The name of the group, for errors.
      keys: Its keys and values.
      **more: Arguments that are not from the config.

    Raises:
      InputError: For a key that ``kind`` does not take, one that it misses, a value of another type, and one that it
        refuses with a ``ValueError``.
    """
    parameters = inspect.signature(kind).parameters
    for key in keys:
        if key not in parameters:
            raise InputError(f"there is no config key {group + '.' + key!r}{nearest(key, parameters)}")
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in keys and name not in more:
            raise InputError(f"config key {group + '.' + name!r} is missing")
    values = {key: fitted(f"{group}.{key}", value, parameters[key].annotation) for key, value in keys.items()}
    for key, value in values.items():
        if isinstance(value, str) and (key == "path" or key.endswith("_path")):
            values[key] = os.path.expanduser(value)  # noqa: PTH111 - "a/" and "" must stay as they are
    try:
        return kind(**values, **more)
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"config group {group!r}: {error}") from error


def fitted(key: str, value: Any, kind: Any) -> Any:
    """Returns a value of a config in the type ``kind``.

    Whole numbers are texts where texts are wanted in a tuple: columns may be called 0 and 1.

    Raises:
      InputError: It is of another type, not finite, or a whole number beyond 32 bits.
    """
    wrong = f"config key {key!r} is {value!r}, but must be"
    if get_origin(kind) is tuple:
        each, *others = get_args(kind)
        repeated = others == [Ellipsis]
        kinds = [each] * len(value) if repeated and isinstance(value, tuple) else get_args(kind)
        if each is str and isinstance(value, tuple):
            value = tuple(str(entry) if type(entry) is int else entry for entry in value)
        if not isinstance(value, tuple) or len(value) != len(kinds) or not all(map(_is_of, value, kinds)):
            count = "" if repeated else f"{len(kinds)} "
            raise InputError(f"{wrong} a tuple of {count}{MANY[each]}")
        for entry, of in zip(value, kinds, strict=True):
            fitted(key, entry, of)
        return value
    if kind in TYPES and not _is_of(value, kind):
        raise InputError(f"{wrong} {TYPES[kind]}")
    if kind is float and not math.isfinite(value):
        raise InputError(f"{wrong} a finite number")
    if kind is int and abs(value) > LARGEST:
        raise InputError(f"{wrong} {'at most ' if value > 0 else 'at least -'}{LARGEST}")
    return float(value) if kind is float else value


def _is_of(value: Any, kind: Any) -> bool:
    return isinstance(value, kind | int if kind is float else kind) and (kind is bool or not isinstance(value, bool))


def choice(key: str, value: str, choices: Collection[str]) -> str:
    """Returns ``value``; raises ``InputError`` unless it is one of ``choices``."""
    if value not in choices:
        known = ", ".join(map(repr, choices))
        raise InputError(f"config key {key!r} is {value!r}, but must be one of {known}{nearest(value, choices)}")
    return value


def at_least(least: float, group: str, **values: float) -> None:
    """Raises ``InputError`` naming the first of ``values``, keys of a config group or ("") of none, below ``least``."""
    for name, value in values.items():
        if not value >= least:
            key = f"{group}.{name}" if group else name
            raise InputError(f"config key {key!r} is {value}, but must be at least {least}")


def probability(key: str, value: float, *, below_one: bool = False) -> float:
    """Returns ``value``; raises ``InputError`` unless it is in [0, 1], or in [0, 1) with ``below_one``."""
    if not 0 <= value <= 1 or (below_one and value == 1):
        raise InputError(f"config key {key!r} is {value}, but must be in [0, 1{')' if below_one else ']'}")
    return value


def shares_or_counts(key: str, sizes: Sequence[float | int]) -> None:
    """Checks the sizes of the training, validation and test part.

    Three numbers that add up to 1 are shares of the data; three whole numbers of at least 1 are counts of examples.

    Raises:
      InputError: For anything else.
    """
    numbers = all(isinstance(size, int | float) and not isinstance(size, bool) for size in sizes)
    total = sum(sizes) if numbers else math.nan
    with suppress(ValueError):
        if len(sizes) == 3 and numbers and (is_counts(sizes) or abs(total - 1) <= 1e-6):
            return
    are_shares = len(sizes) == 3 and numbers and all(0 < size < 1 for size in sizes)
    advised = [round(size / total, 3) for size in sizes[:2]] if are_shares else [0.8, 0.1]
    raise InputError(
        f"config key {key!r} is {sizes}, but must be three shares that add up to 1, such as "
        f"({advised[0]:g},{advised[1]:g},{1 - sum(advised):g}), or three whole numbers of at least 1"
        + (f"; these add up to {total:g}" if len(sizes) == 3 and math.isfinite(total) else "")
    )


def counts_within(key: str, sizes: Sequence[float | int], available: int, examples: str) -> None:
    """Compares the sizes of parts with the number of examples there are; says how many counts leave unused.

    Args:
      key: The config key.
      sizes: Shares or counts; see :func:`shares_or_counts`.
      available: Number of examples.
      examples: Their name and source, such as "texts of my.csv".

    Raises:
      InputError: If the counts exceed the examples.
    """
    if not is_counts(sizes):
        return
    count = int(sum(sizes))
    if count > available:
        raise InputError(
            f"config key {key!r} asks for {count:,} of {available:,} {examples}; "
            "write smaller numbers, or three shares that add up to 1, such as (0.8,0.1,0.1)"
        )
    if count < available:
        print(f"{key} are counts: {count:,} of {available:,} {examples} are used; shares add up to 1", file=sys.stderr)


def rising(key: str, sizes: Sequence[int]) -> None:
    """Raises ``InputError`` unless ``sizes`` are one or more whole numbers of at least 1 that rise."""
    if min(sizes, default=0) < 1 or list(sizes) != sorted(set(sizes)):
        raise InputError(f"config key {key!r} is {sizes}, but must be rising numbers of at least 1, such as (10,20)")


def path_given(key: str, path: str, kind: str) -> str:
    """Returns ``path``; raises ``InputError`` if it is empty. ``kind`` says what to name, such as "a CSV file"."""
    if path == "":
        raise InputError(f"config key {key!r} is empty; name {kind}: --config.{key}=FILE")
    return path


def nearest(name: str, names: Collection[str]) -> str:
    """The advice "; did you mean ...?", or nothing if no name is near."""
    near = difflib.get_close_matches(str(name), list(names), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
