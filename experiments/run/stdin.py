"""Lines of standard input, and the flags of tasks that answer each line by random draws or with several answers."""

import sys
from collections.abc import Iterator
from itertools import islice

from absl import flags

from seqjax.errors import InputError

LINES = 1024  # lines that are answered at once; no result depends on it

NBEST = flags.DEFINE_integer("nbest", 1, "Answers to each line.", lower_bound=1, upper_bound=100)
SAMPLE = flags.DEFINE_float("sample", None, "Temperature of random draws.")
SEED = flags.DEFINE_integer("seed", 0, "Seed of random draws.", lower_bound=0, upper_bound=2**31 - 1)
MAX_LENGTH = flags.DEFINE_integer(
    "max_length", None, "Largest number of tokens or frames of an answer.", lower_bound=1, upper_bound=100_000
)


def read_lines() -> Iterator[list[str]]:
    """The lines of standard input, many at once, or one by one at a terminal. Invalid UTF-8 becomes U+FFFD."""
    count = 1 if sys.stdin.isatty() else LINES
    while lines := list(islice(sys.stdin.buffer, count)):
        yield [line.rstrip(b"\r\n").decode("utf-8", errors="replace") for line in lines]


def temperature(default: float) -> float:
    """The temperature that ``--sample`` gives, or the default.

    Raises:
      InputError: Unless it is from 0.01 to 100.
    """
    value = default if SAMPLE.value is None else SAMPLE.value
    if not 0.01 <= value <= 100:
        raise InputError(f"--sample is {value}, but a temperature lies between 0.01 and 100")
    return value
