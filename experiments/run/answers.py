"""Answers on standard output: lines of text or of JSON, in UTF-8 whatever the locale."""

import io
import json
import math
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from experiments.run.stdin import standard_input

FORMAT = flags.DEFINE_enum(
    "format", "text", ["text", "jsonl"], "Answers as plain text, or as a JSON object a line with input and scores."
)

LINE_SEPARATORS = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"})


def open_streams() -> None:
    """Prepares the standard streams of a command that answers.

    Output is UTF-8, whatever the locale. When the reader of the output leaves, as ``head`` does, the command ends like
    other tools: by the signal SIGPIPE, without a message.

    Raises:
      InputError: If standard input is closed.
    """
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    standard_input()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def is_json() -> bool:
    """True if ``--format`` asks for JSON."""
    return bool(FORMAT.value == "jsonl")


def print_json(record: Mapping[str, Any]) -> None:
    """Prints a record as one line of strict JSON; a number that is not finite becomes null."""
    text = json.dumps(_finite(record), ensure_ascii=False, allow_nan=False)
    print(text.translate(LINE_SEPARATORS))  # Some readers take these characters for line ends.


def print_answer(line: str, answer: Any, score: float | None, remark: str = "", **more: Any) -> None:
    """Prints the answer to a line as JSON.

    Args:
      line: The line.
      answer: The answer; None if there is none.
      score: Its log-probability in nats.
      remark: What the user should know about the line; "" for nothing.
      **more: Further keys.
    """
    record = {"input": line, "answer": answer, "score": score, **more}
    print_json(record | {"remark": remark} if remark else record)


def print_texts(line: str, answers: Sequence[tuple[str, float]], remark: str = "", **more: Any) -> None:
    """Prints the answers to a line as JSON: texts with their log-probabilities in nats, the best or first one first."""
    best, score = answers[0] if answers else (None, None)
    n_best = [{"answer": answer, "score": each} for answer, each in answers]
    print_answer(line, best, score, remark, n_best=n_best, **more)


def _finite(value: Any) -> Any:
    """A value with None for every number that is not finite."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
