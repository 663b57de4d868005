"""Counts in the text of a compiled program."""

import re
from typing import NamedTuple

COLLECTIVES = "all-reduce|all-gather|all-to-all|collective-permute|collective-broadcast|reduce-scatter"
BYTES = {"pred": 1, "s8": 1, "u8": 1, "bf16": 2, "f16": 2, "s32": 4, "u32": 4, "f32": 4, "s64": 8, "u64": 8, "f64": 8}


class Counted(NamedTuple):
    """What a program holds.

    Attributes:
      collectives: Kind, bytes of the result, and whether it is inside a loop, for each collective.
      shapes: The shapes of all arrays.
    """

    collectives: list[tuple[str, int, bool]]
    shapes: set[tuple[int, ...]]


def count(text: str) -> Counted:
    """Reads the text of a compiled program, ``compiled.as_text()``."""
    computations = _computations(text)
    in_loops = _called_from_loops(text, computations)
    collectives = []
    for name, lines in computations.items():
        for line in lines:
            if found := re.search(rf"= (.*?) ({COLLECTIVES})(?:-start)?\(", line):
                size = sum(BYTES[kind] * _size(shape) for kind, shape in _arrays(found[1]))
                collectives.append((found[2], size, name in in_loops))
    return Counted(collectives, {shape for _, shape in _arrays(text)})


def _computations(text: str) -> dict[str, list[str]]:
    computations: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if start := re.match(r"(?:ENTRY )?%?([\w.\-]+) \(.*\{$", line):
            lines = computations.setdefault(start[1], [])
        else:
            lines.append(line)
    return computations


def _called_from_loops(text: str, computations: dict[str, list[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = re.findall(r"(?:body|condition)=%?([\w.\-]+)", text)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for line in computations.get(name, []):
            waiting += re.findall(r"(?:calls|to_apply|body|condition|computation)=%?([\w.\-]+)", line)
            for branches in re.findall(r"branch_computations=\{([^}]*)\}", line):
                waiting += re.findall(r"%?([\w.\-]+)", branches)
    return seen


def _arrays(text: str) -> list[tuple[str, tuple[int, ...]]]:
    found = re.findall(rf"\b({'|'.join(BYTES)})\[([\d,]*)\]", text)
    return [(kind, tuple(int(size) for size in sizes.split(",") if size)) for kind, sizes in found]


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size
