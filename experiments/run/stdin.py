"""The lines of standard input, and the flags of whatever answers each of them by chance."""

import sys
from collections.abc import Iterator
from itertools import islice

from absl import flags

from seqjax.errors import InputError

LINES = 1024  # Lines that are answered at once; no result depends on it.

NBEST = flags.DEFINE_integer("nbest", 1, "Answers to each line.", lower_bound=1, upper_bound=100)
SAMPLE = flags.DEFINE_float("sample", None, "Temperature of random draws.")
SEED = flags.DEFINE_integer("seed", 0, "Of random draws.", lower_bound=0, upper_bound=2**31 - 1)
MAX_LENGTH = flags.DEFINE_integer(
    "max_length", None, "Tokens or frames of an answer at most.", lower_bound=1, upper_bound=100_000
)


def read_lines() -> Iterator[list[str]]:
    """The lines of standard input; bytes that are no UTF-8 become signs that no vocabulary has."""
    count = 1 if sys.stdin.isatty() else LINES
    while lines := list(islice(sys.stdin.buffer, count)):
        yield [line.rstrip(b"\r\n").decode("utf-8", errors="replace") for line in lines]


def temperature(default: float) -> float:
    """What ``--sample`` says, or the default.

    Raises:
      InputError: For what no draw can be made with.
    """
    value = default if SAMPLE.value is None else SAMPLE.value
    if not 0.01 <= value <= 100:
        raise InputError(f"--sample is {value}, but a temperature lies between 0.01 and 100")
    return value
