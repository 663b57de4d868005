"""Commands that are wrong on purpose: config values, flags, data files and lines of standard input, from a seed.

A case is wrong for certain (``refused``: a value of another type, a file that is no text), or perhaps right (a number
at its limit, a table with an odd column). Either way the command ends with exit code 0 or with 2 and one sentence.
"""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from experiments.run.flags import config_module, flatten

# One config a task. The keys make the data small, so that a command that is right after all ends soon.
CONFIGS: dict[str, tuple[str, ...]] = {
    "captioning/emoji": ("data.pictures=60",),
    "classification/mr": (),
    "dialogue/rnnlg": ("data.made_up_acts=30",),
    "dialogue/small_talk": ("data.made_up_conversations=30",),
    "forecasting/demand": ("data.lookback=48", "data.horizon=12", "data.seasons=(48,)"),
    "language_modeling/names": (),
    "long_range/adding": (),
    "music/jsb": (),
    "question_answering/stories": ("data.questions=39",),
    "speech/digits": ("data.utterances=20",),
    "summarization/docstrings": (),
    "translation/dates": ("data.pairs=60",),
}
DATA = {  # The keys that make a task read the file that a case writes.
    "classification/mr": ("data.split=(0.6,0.2,0.2)",),
    "dialogue/small_talk": ("data.split=(0.6,0.2,0.2)",),
    "forecasting/demand": (
        *("data.time_column=ds", "data.targets=y", "data.covariates=()", "data.known=()", "data.timezone="),
        *("data.calendar=()", "data.lookback=4", "data.horizon=2", "data.seasons=(7,)", "model.seasons=(7,)"),
        *("model.block=1", "model.linear_rows=0", "data.split=(0.6,0.2,0.2)"),
    ),
    "language_modeling/names": (),
    "question_answering/stories": ("data.split=(0.6,0.2,0.2)",),
    "summarization/docstrings": (
        *("data.train_packages=()", "data.valid_packages=()", "data.test_packages=()", "data.split=(0.6,0.2,0.2)"),
        *("data.source_column=text", "data.target_column=label"),
    ),
    "translation/dates": ("data.split=(0.6,0.2,0.2)",),
}
QUICK = "train.steps=1"
HUGE = "9223372036854775808"
WRONG: dict[type, tuple[str, ...]] = {  # values of another type, and numbers that are none
    int: ("1.5", "nan", "inf", "two", "(1,)", "None", "1e3x", "[]"),
    float: ("nan", "two", "(1.0,)", "None", "--", "1.0.0"),
    bool: ("maybe", "2", "None", "()"),
    tuple: ("((1,),)", "{}", "(1", "(nan,)", "(None,)"),
}
ODD: dict[type, tuple[str, ...]] = {  # values that a key may refuse
    int: ("-1", "0", "-7", HUGE, "100000000000"),
    float: ("-1.0", "0.0", "-1e-9", "inf", "1e308", "2.0"),
    str: ("", " ", "no such", "..", "/", "~", "é", "x" * 300, "None", "nan", "a,b", "\t"),
    tuple: ("()", "(0,)", "(-1,)", "(3,2,1)", "(0.5,0.2)", "(0.5,0.5,0.5)", "(1e30,1,1)", "(80,10,10)", "('',)"),
}
FLAGS = (
    *("--workdri=x", "--config.=1", "--config.data=1", "--config.model.kind", "--nbest=2", "--data_changed=maybe"),
    *("extra", "--", "-x", "--config.seed=", "--=", "--config.train.steps.more=1", "--config.new=1", "--format=xml"),
)


class Case(NamedTuple):
    """A command in a folder of its own.

    Attributes:
      name: What is wrong, for messages.
      command: "train", "evaluate", "predict" or "sweep".
      flags: Its flags; RUN stands for the folder of a trained run of ``config``.
      config: The config of the run that RUN stands for.
      files: Names and contents of files in the folder.
      stdin: Standard input.
      refused: True if the command must not succeed.
    """

    name: str
    command: str
    flags: tuple[str, ...]
    config: str = ""
    files: tuple[tuple[str, bytes], ...] = ()
    stdin: bytes = b""
    refused: bool = False


def cases(seed: int, count: int) -> list[Case]:
    """``count`` cases drawn with a seed: a third config values, a third files, the rest flags and lines."""
    rng = random.Random(seed)
    makers: list[Callable[[random.Random], Case]] = [_value, _value, _value, _file, _file, _flag, _lines]
    return [makers[number % len(makers)](rng) for number in range(count)]


def _train(config: str, *keys: str) -> tuple[str, ...]:
    overrides = (*CONFIGS[config], QUICK, *keys)
    return (f"--config=CONFIGS/{config}.py:quick", "--workdir=out", *(f"--config.{key}" for key in overrides))


def _value(rng: random.Random) -> Case:
    """One key of a config with another value."""
    config = rng.choice(list(CONFIGS))
    keys = flatten(_config(config))
    name = rng.choice(sorted(keys))
    kind = type(keys[name])
    wrong = rng.random() < 0.4 and kind in WRONG
    value = rng.choice(WRONG[kind] if wrong else ODD.get(kind, WRONG.get(kind, ("",))))
    return Case(f"{config} {name}={value[:40]!r}", "train", _train(config, f"{name}={value}"), refused=wrong)


def _config(name: str) -> Any:
    module, argument = config_module(f"{Path(__file__).parents[2]}/configs/{name}.py:quick")
    return module.get_config(argument)


def _flag(rng: random.Random) -> Case:
    """A flag too many, mistyped or without a value."""
    config = rng.choice(list(CONFIGS))
    command = rng.choice(("train", "evaluate", "predict", "sweep"))
    flags = [*_train(config)] if command in ("train", "sweep") else ["--workdir=RUN"]
    wrong = rng.choice(FLAGS)
    if rng.random() < 0.5:
        name = rng.choice(sorted(flatten(_config(config))))
        at = rng.randrange(len(name))
        wrong = f"--config.{name[:at]}{name[at + 1 :]}=1"
    flags.insert(rng.randint(0, len(flags)), wrong)
    refused = wrong not in ("--", "--config.new=1")
    return Case(f"{command} {config} {wrong}", command, tuple(flags), config=config, refused=refused)


def _file(rng: random.Random) -> Case:
    """A data file with a fault."""
    config = rng.choice(list(DATA))
    good = _good_file(config, rng)
    fault = rng.choice(list(FAULTS))
    name = "data.txt" if config.startswith("dialogue") else "data.csv"
    keys = _train(config, *DATA[config], f"data.path={name}")
    files = ((name, FAULTS[fault](good, rng)),)
    return Case(f"{config} file: {fault}", "train", keys, files=files, refused=fault in REFUSED)


def _good_file(config: str, rng: random.Random) -> str:
    words = ["alpha", "beta", "gamma", "delta", "epsilon"]
    texts = [" ".join(rng.choices(words, k=5)) + f" n{row}" for row in range(60)]
    if config.startswith("forecasting"):
        rows = [f"2024-{1 + row // 28:02}-{1 + row % 28:02}" for row in range(28)]
        hours = [f"{day}T{hour:02}:00" for day in rows[:5] for hour in range(24)]
        return "ds,y\n" + "".join(f"{hour},{rng.gauss(10, 2):.3f}\n" for hour in hours)
    if config.startswith("classification"):
        return "text,label\n" + "".join(f"{text},{rng.choice('ab')}\n" for text in texts)
    if config.startswith("summarization"):
        return "text,label\n" + "".join(f"{text},{text[:12]}\n" for text in texts)
    if config.startswith("question_answering"):
        asked = ({"story": [text], "question": "Which?", "answer": text.split()[0]} for text in texts)
        return "".join(json.dumps(each) + "\n" for each in asked)
    if config.startswith("translation"):
        return "".join(f"{text}\t{text.upper()}\n" for text in texts)
    if config.startswith("dialogue"):
        return "".join(f"{text}?\n{text[::-1]}\n\n" for text in texts)
    return "".join(f"{text}\n" for text in texts * 5)


def _cell(text: str, value: str, rng: random.Random) -> str:
    """The text with another value for the last cell of one line."""
    lines = text.splitlines()
    at = rng.randrange(1, len(lines))
    lines[at] = lines[at].replace("\t", ",").rpartition(",")[0] + "," + value
    return "\n".join(lines) + "\n"


def _line(text: str, change: Callable[[str], str], rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return "".join([*lines[:at], change(lines[at]), *lines[at + 1 :]])


FAULTS: dict[str, Callable[[str, random.Random], bytes]] = {
    "empty": lambda text, rng: b"",
    "blank": lambda text, rng: b"\n\n  \n",
    "first line only": lambda text, rng: text.splitlines(keepends=True)[0].encode(),
    "two lines": lambda text, rng: "".join(text.splitlines(keepends=True)[:2]).encode(),
    "UTF-16": lambda text, rng: text.encode("utf-16"),
    "UTF-16 without a mark": lambda text, rng: text.encode("utf-16-le"),
    "Latin-1": lambda text, rng: _line(text, lambda line: "café " + line, rng).encode("latin-1"),
    "byte order mark": lambda text, rng: text.encode("utf-8-sig"),
    "old line ends": lambda text, rng: text.replace("\n", "\r").encode(),
    "zero byte": lambda text, rng: _line(text, lambda line: "\0" + line, rng).encode(),
    "random bytes": lambda text, rng: rng.randbytes(500),
    "cut off": lambda text, rng: text[: rng.randrange(len(text))].encode(),
    "a line twice": lambda text, rng: _line(text, lambda line: line * 2, rng).encode(),
    "a line missing": lambda text, rng: _line(text, lambda line: "", rng).encode(),
    "an empty line": lambda text, rng: _line(text, lambda line: "\n" + line, rng).encode(),
    "lines reversed": lambda text, rng: "".join(text.splitlines(keepends=True)[::-1]).encode(),
    "semicolons": lambda text, rng: text.replace(",", ";").encode(),
    "a stray quote": lambda text, rng: _line(text, lambda line: '"' + line, rng).encode(),
    "a cell too many": lambda text, rng: _line(text, lambda line: "x,\t" + line, rng).encode(),
    "no header": lambda text, rng: "".join(text.splitlines(keepends=True)[1:]).encode(),
    "an empty cell": lambda text, rng: _cell(text, "", rng).encode(),
    "a word for a number": lambda text, rng: _cell(text, "word", rng).encode(),
    "infinity": lambda text, rng: _cell(text, "inf", rng).encode(),
    "not a number": lambda text, rng: _cell(text, "nan", rng).encode(),
    "a huge number": lambda text, rng: _cell(text, "1e300", rng).encode(),
    "a decimal comma": lambda text, rng: _cell(text, '"1,5"', rng).encode(),
    "control tokens": lambda text, rng: _line(text, lambda line: "<eos> <pad> <unk> " + line, rng).encode(),
    "a long line": lambda text, rng: _line(text, lambda line: "word " * 20_000 + line, rng).encode(),
    "one line over and over": lambda text, rng: text.encode() + text.splitlines(keepends=True)[-1].encode() * 50,
}
REFUSED = ("empty", "blank", "first line only", "Latin-1", "random bytes", "zero byte")

LINES = (
    *(b"", b"\n", b"   \n", b"\xff\xfe\x00\n", b"\0\n", b"a\tb\tc\n", b"word " * 3000, "é ü 漢字 👩‍👩‍👧 🇩🇪\n".encode()),
    *(
        b"<eos> <pad>\n",
        b"\xef\xbb\xbfwords\n",
        b"1 2 3\n",
        b"C4 E4 G4\n",
        b"H9\n",
        b"ds,y\n1,2\n",
        b"{}\n",
        b"Ann went home. Where is Ann?\n",
        b'{"story": [], "question": "Where is Ann?"}\n',
        b"inform(name='x';area=centre)\n",
        b"inform(area\n",
        b"/reset\n",
        b"a\r\nb\r\n",
    ),
    *(b"Time,Demand,Temperature,Holiday\n2024-01-01T00:00:00Z,1,2,0\n", "\u2028\u2029\x85\n".encode(), b"../x.mid\n"),
)
PREDICT_FLAGS = (
    *("--nbest=2", "--nbest=0", "--beam=2", "--beam=-1", "--sample=1", "--sample=nan", "--sample=0", "--seed=-1"),
    *("--max_length=0", "--max_length=3", "--stop=", "--attention=no/where.png", "--format=jsonl", "--format=JSONL"),
)


def _lines(rng: random.Random) -> Case:
    """Lines of standard input for a trained run, perhaps with a flag."""
    config = rng.choice([name for name in CONFIGS if not name.startswith("long_range")])
    stdin = b"".join(rng.choices(LINES, k=rng.randint(0, 3)))
    flags = ("--workdir=RUN", *rng.sample(PREDICT_FLAGS, k=rng.randint(0, 1)))
    return Case(f"predict {config} {stdin[:40]!r} {flags[1:]}", "predict", flags, config=config, stdin=stdin)


def groups(items: list[Case], count: int) -> Iterator[list[Case]]:
    """Divides cases into ``count`` lists of about one length."""
    return (items[start::count] for start in range(count))
