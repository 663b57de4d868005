"""Lines of standard input as they come, and flags of tasks that answer them by random draws or with several answers."""

import codecs
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress

from absl import flags

from seqjax.errors import InputError

LINES = 1024  # lines that are answered at once; no result depends on it
CHUNK = 1 << 20  # bytes that are read at once

NBEST = flags.DEFINE_integer("nbest", 1, "Answers to each line.", lower_bound=1, upper_bound=100)
SAMPLE = flags.DEFINE_float("sample", None, "Temperature of random draws.")
TOP_K = flags.DEFINE_integer("top_k", None, "Sample from the K most probable tokens.", lower_bound=1)
TOP_P = flags.DEFINE_float("top_p", None, "Sample from the fewest tokens whose probabilities sum to P.")
SEED = flags.DEFINE_integer("seed", 0, "Seed of random draws.", lower_bound=0, upper_bound=2**31 - 1)
MAX_LENGTH = flags.DEFINE_integer(
    "max_length", None, "Largest number of tokens or frames of an answer.", lower_bound=1, upper_bound=100_000
)


def read_lines(invitation: str) -> Iterator[dict[int, str]]:
    """Yields the lines of standard input by their number, as soon as they are there.

    Lines that came together are yielded together, at most 1,024 at once. A line ends at a line feed, a carriage return
    or both. What follows the last end is a line when the input ends. A byte order mark at the head is no part of the
    first line. Invalid UTF-8 becomes U+FFFD, with a remark.

    Args:
      invitation: The sentence that is printed on standard error if standard input is a terminal.

    Raises:
      InputError: If standard input is closed or cannot be read, or is UTF-16 or UTF-32.
    """
    number = 0
    if standard_input().isatty():
        print(f"{invitation}; Ctrl-D ends.", file=sys.stderr)
    for ended in _ended_lines():
        for start in range(0, len(ended), LINES):
            lines = dict(enumerate(ended[start : start + LINES], number + 1))
            number += len(lines)
            yield {place: _decoded(line, place) for place, line in lines.items()}


def read_bytes() -> bytes:
    """The whole of standard input.

    Raises:
      InputError: If standard input is closed or cannot be read.
    """
    return b"".join(_chunks())


def read_text() -> io.StringIO:
    """The whole of standard input, without a byte order mark; line ends are left as they are.

    Raises:
      InputError: If standard input is closed, cannot be read, or is no UTF-8 text.
    """
    content = read_bytes()
    _refuse_utf_16(content.partition(b"\n")[0], 1)
    try:
        return io.StringIO(content.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"standard input is no UTF-8 text (line {line}); save it in UTF-8") from None


def standard_input() -> io.BufferedReader:
    """Standard input as bytes.

    Raises:
      InputError: If it is closed.
    """
    if sys.stdin is None:
        raise InputError("standard input is closed; give it a file or a pipe, as in < FILE")
    stream: io.BufferedReader = sys.stdin.buffer  # type: ignore[assignment]
    return stream


def remark(number: int, text: str) -> None:
    """Prints a remark about a line on standard error."""
    print(f"line {number} {text}", file=sys.stderr)


def temperature(default: float) -> float:
    """The temperature that ``--sample`` gives, or the default.

    Raises:
      InputError: Unless it is from 0.01 to 100.
    """
    value = default if SAMPLE.value is None else SAMPLE.value
    if not 0.01 <= value <= 100:
        raise InputError(f"--sample is {value}, but a temperature lies between 0.01 and 100")
    return value


def check_top_p() -> None:
    """Raises ``InputError`` unless ``--top_p`` is a probability above 0, or not given."""
    if TOP_P.value is not None and not 0 < TOP_P.value <= 1:
        raise InputError(f"--top_p is {TOP_P.value}, but must be above 0 and at most 1")


def _chunks() -> Iterator[bytes]:
    """Yields what standard input holds, and waits for more only when it holds nothing."""
    stream = standard_input()
    with suppress(OSError):  # it has no descriptor
        os.set_blocking(stream.fileno(), True)  # Otherwise no input yet would look like the end.
    try:
        while chunk := stream.read1(CHUNK):
            yield chunk
    except OSError as error:
        raise InputError(f"standard input cannot be read ({error.strerror or error}); give it another file") from None


def _ended_lines() -> Iterator[list[bytes]]:
    """Yields the lines that each chunk ends, with their ends; the last one may have none."""
    begun: list[bytes] = []  # parts of a line without an end
    returned, ends = b"", set[str]()
    for chunk in _chunks():
        if len(ends) < 2:
            ends |= {"return"} if re.search(rb"\r[^\n]", returned + chunk) else set()
            ends |= {"feed"} if b"\n" in chunk else set()
            if len(ends) == 2:
                print("some lines end in a carriage return, others in a line feed; both end a line", file=sys.stderr)
        rest = chunk.removeprefix(b"\n") if returned else chunk  # the second half of an end
        returned = chunk[-1:] if chunk.endswith(b"\r") else b""
        parts = rest.splitlines(keepends=True)
        last = parts[-1:] if parts and not parts[-1].endswith((b"\r", b"\n")) else []
        ended = parts[: len(parts) - len(last)]
        if ended:
            ended[0] = b"".join([*begun, ended[0]])
            begun = []
            yield ended
        begun += last
    if begun:
        yield [b"".join(begun)]


def _decoded(line: bytes, number: int) -> str:
    """A line as text, without its end; remarks on what is no text in it."""
    _refuse_utf_16(line, number)
    line = line.rstrip(b"\r\n")
    if number == 1:
        line = line.removeprefix(codecs.BOM_UTF8)
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        remark(number, f"is no UTF-8 text at byte {error.start + 1}; such bytes are read as \N{REPLACEMENT CHARACTER}")
        text = line.decode(errors="replace")
    if "\0" in text:
        remark(number, "holds zero bytes")
    return text


def _refuse_utf_16(line: bytes, number: int) -> None:
    """Raises ``InputError`` if the first lines are UTF-16 or UTF-32: these begin with a mark, or hold zero bytes."""
    marked = number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or (number <= 2 and b"\0" in line):
        what = "UTF-16 or UTF-32" if marked else f"no UTF-8 text (line {number} holds zero bytes, as UTF-16 does)"
        raise InputError(f"standard input is {what}; save it in UTF-8")
