"""Standard input and output of predict: lines as they come, encodings, and streams that are closed or broken."""

import codecs
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import pytest

from experiments.run import stdin
from experiments.run.answers import print_answer, print_json, print_texts
from experiments.run.stdin import read_lines, read_text
from seqjax.errors import InputError
from tests.experiments.commands import ROOT, trained


class Pieces(io.BytesIO):
    """Input that comes in pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self.pieces = iter(pieces)

    def read1(self, size: int = -1) -> bytes:
        return next(self.pieces, b"")


Lines = Callable[..., list[str]]


@pytest.fixture
def lines(monkeypatch) -> Lines:
    """A function that returns the lines of input that comes in pieces."""

    def lines(*pieces: bytes) -> list[str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Pieces(pieces)))
        found = [pair for batch in read_lines("") for pair in batch.items()]
        assert [number for number, _ in found] == [*range(1, len(found) + 1)]
        return [line for _, line in found]

    return lines


@pytest.fixture
def _deadline():
    """Fails a test that waits for input for 20 seconds."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("no line came"))
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_deadline")
@pytest.mark.parametrize("blocking", [True, False])
def test_read_lines_yields_a_line_as_soon_as_it_has_ended(monkeypatch, blocking):
    reader, writer = os.pipe()
    os.set_blocking(reader, blocking)
    with os.fdopen(reader, "rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        batches = read_lines("")
        threading.Timer(0.1, os.write, (writer, b"a\n")).start()
        assert next(batches) == {1: "a"}
        os.write(writer, b"b\r\nc\nd")
        assert next(batches) == {2: "b", 3: "c"}
        os.write(writer, b"e\n\nf")
        assert next(batches) == {4: "de", 5: ""}
        os.close(writer)
        assert next(batches) == {6: "f"}
        assert [*batches] == []


def test_read_lines_yields_many_lines_together(monkeypatch):
    monkeypatch.setattr(stdin, "LINES", 3)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Pieces([b"a\nb\nc\nd\ne\nf\ng\nh"])))
    assert [len(batch) for batch in read_lines("")] == [3, 3, 1, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a\nb\r\n\r\nc\n\n", ["a", "b", "", "c", ""]),
        (b"a\rb\r\rc", ["a", "b", "", "c"]),
        (b"\n", [""]),
        (b"\r\n\r\n", ["", ""]),
        (b"", []),
        ("\ufeffaé\n\ufeffb\n".encode(), ["aé", "\ufeffb"]),
        ("a\x0b\x0c\x1c\x85\u2028b\nc".encode(), ["a\x0b\x0c\x1c\x85\u2028b", "c"]),
        ("é很🎬\n".encode() * 3, ["é很🎬"] * 3),
    ],
)
def test_lines_do_not_depend_on_the_pieces_that_they_come_in(lines, capsys, text, expected):
    rng = np.random.default_rng(0)
    for _ in range(20):
        cuts = [0, *sorted(rng.integers(0, len(text) + 1, 4).tolist()), len(text)]
        assert lines(*filter(None, (text[start:end] for start, end in pairwise(cuts)))) == expected
    assert lines(*(text[n : n + 1] for n in range(len(text)))) == expected
    assert capsys.readouterr().err == ""


def test_a_long_line_in_many_pieces_is_one_line(lines):
    (line,) = lines(*[b"x" * 1000] * 20_000)
    assert len(line) == 20_000_000


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", ["one\ntwo\n", "很好看\n很\n", "\n"])
def test_other_unicode_encodings_are_refused(lines, monkeypatch, encoding, text):
    with pytest.raises(InputError, match=r"standard input is .*UTF-16.*; save it in UTF-8") as error:
        lines(text.encode(encoding))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_read_text_refuses_other_encodings(monkeypatch, encoding):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Pieces(["time,größe\n1,2\n".encode(encoding)])))
    with pytest.raises(InputError, match=r"standard input is .*; save it in UTF-8"):
        read_text()


def test_read_text_strips_a_byte_order_mark(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Pieces([codecs.BOM_UTF8 + b"time,y\r\n1,", b"2\r\n"])))
    assert [*read_text()] == ["time,y\r\n", "1,2\r\n"]


def test_read_lines_remarks_on_what_is_no_text(lines, capsys):
    assert lines(b"caf\xe9\nok\n", b"a\0b\n\xff") == ["caf\ufffd", "ok", "a\0b", "\ufffd"]
    assert capsys.readouterr().err.splitlines() == [
        "line 1 is no UTF-8 text at byte 4; such bytes are read as \ufffd",
        "line 3 holds zero bytes",
        "line 4 is no UTF-8 text at byte 1; such bytes are read as \ufffd",
    ]


@pytest.mark.parametrize("pieces", [[b"a\rb\nc"], [b"a\r", b"b\n", b"c"], [b"a\nb\r", b"c\n"], [b"a\nb\rc"]])
def test_read_lines_remarks_once_on_two_kinds_of_line_ends(lines, capsys, pieces):
    assert lines(*pieces) == ["a", "b", "c"]
    assert lines(*pieces, b"\rd\re\n")[:3] == ["a", "b", "c"]
    assert capsys.readouterr().err.count("some lines end in a carriage return, others in a line feed") == 2


@pytest.mark.parametrize(("number", "written"), [(1.5, 1.5), (float("nan"), None), (-float("inf"), None)])
def test_print_json_is_strict(capsys, number, written):
    print_json({"a": [number, {"b": number}], "c": 'x\ny\x85\u2028\u2029é"\\'})
    line = capsys.readouterr().out
    assert len(line.splitlines()) == 1
    assert json.loads(line, parse_constant=pytest.fail) == {
        "a": [written, {"b": written}],
        "c": 'x\ny\x85\u2028\u2029é"\\',
    }


def test_print_answer_and_print_texts_have_the_same_first_keys(capsys):
    print_answer("in", "out", -1.0, probabilities={"a": 1.0})
    print_texts("in", [("one", -1.0), ("two", -2.0)], "odd")
    print_texts("", [])
    answer, texts, none = map(json.loads, capsys.readouterr().out.splitlines())
    assert answer == {"input": "in", "answer": "out", "score": -1.0, "probabilities": {"a": 1.0}}
    assert [*texts] == ["input", "answer", "score", "n_best", "remark"]
    assert texts["n_best"] == [{"answer": "one", "score": -1.0}, {"answer": "two", "score": -2.0}]
    assert none == {"input": "", "answer": None, "score": None, "n_best": []}


# Answers each line with itself, as a task does, and counts the batches.
ECHO = """
import sys
from experiments.run.flags import run
from experiments.run.stdin import read_lines, remark
from experiments.run.answers import open_streams
def main():
    open_streams()
    for lines in read_lines("Type"):
        for number, line in lines.items():
            if "!" in line:
                remark(number, "is loud \\xe9")
            print(line + "\\ud800")
        sys.stdout.flush()
run(main, required=(), needs_output=True)
"""


def echo(shell: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Runs a shell command in which ``echo_lines`` answers lines."""
    function = 'echo_lines() { "$PYTHON" -c "$ECHO"; }; '
    every = os.environ | {"PYTHON": sys.executable, "ECHO": ECHO, "PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(["bash", "-c", function + shell], capture_output=True, env=every, timeout=60)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_streams_are_utf_8_whatever_the_locale(environment):
    done = echo("printf 'é很!\\n' | echo_lines", **environment)
    assert (done.returncode, done.stdout.decode()) == (0, "é很!\\ud800\n")
    assert done.stderr.decode() == "line 1 is loud é\n"


@pytest.mark.parametrize(
    ("shell", "code", "out", "err"),
    [
        ("yes hello | head -100000 | echo_lines | head -1; exit ${PIPESTATUS[2]}", 128 + signal.SIGPIPE, "hello", ""),
        ("echo a | echo_lines | true; exit ${PIPESTATUS[1]}", None, "", ""),
        ("echo_lines <&-", 2, "", "error: standard input is closed; give it a file or a pipe, as in < FILE\n"),
        (
            "echo a | echo_lines >&-",
            2,
            "",
            "error: standard output is closed; give it a file or a pipe, as in > FILE\n",
        ),
        ("echo 'a!' | echo_lines 2>&-", 0, "a!", ""),
        ("echo_lines 0>/dev/null", 2, "", "error: standard input cannot be read (Bad file descriptor)"),
        ("echo a | echo_lines > /dev/full", 2, "", "error: the disk is full"),
        ("echo_lines < /dev/null", 0, "", ""),
        ("printf '\\n\\n' | echo_lines", 0, "", ""),
        ("printf 'a' | echo_lines", 0, "a", ""),
    ],
)
def test_streams_that_are_closed_or_broken(shell, code, out, err):
    done = echo(shell)
    assert done.returncode == code or (code is None and done.returncode in (0, 128 + signal.SIGPIPE))
    assert done.stdout.decode().replace("\\ud800", "").strip() == out
    assert done.stderr.decode().startswith(err)
    assert err or not done.stderr


# Predicts, and heeds Ctrl-C also where pytest runs in the background, which ignores it.
PREDICT = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("experiments.predict", run_name="__main__", alter_sys=True)
"""
OTHERS = ("classification/mr", "language_modeling/names", "music/bach")


@pytest.mark.parametrize("config", ["translation/dates", *(pytest.param(e, marks=pytest.mark.slow) for e in OTHERS)])
def test_predict_answers_while_its_input_stays_open(tmp_path, config):
    line = b"C4 E4\n" if config == "music/bach" else b"de: 3 weeks\n"
    flags = [f"--workdir={trained(config)}", "--format=jsonl"]
    flags += [] if config.startswith("classification") else ["--max_length=4"]
    flags += [f"--out={tmp_path}"] if config == "music/bach" else []
    command = [sys.executable, "-c", PREDICT, *flags]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for _ in range(2):
            process.stdin.write(line)
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["input"] == line.decode().strip()
            assert answer["score"] <= 0
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.stdout.read() == b""
