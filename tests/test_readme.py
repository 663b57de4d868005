"""The README's commands run as they stand there, on a small series in place of the real one."""

import json
import re
import shlex
import tempfile
from pathlib import Path

import pytest

from seqjax.data.synthetic import opinions
from seqjax.data.text.dates import dates
from tests.experiments.commands import ROOT, run_each

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"<!-- test: (\w+) -->\n```\w+\n(.*?)```", README, re.DOTALL)


def blocks(kind: str) -> list[str]:
    return [text for label, text in BLOCKS if label == kind]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the commands need: the project's files, a history and a CSV file of one's own."""
    for name in ("experiments", "configs", "seqjax"):
        (tmp_path / name).symlink_to(ROOT / name)
    rows = [f"2024-{1 + day // 28:02}-{1 + day % 28:02}" for day in range(28)]
    stamps = [f"{day} {half // 2:02}:{30 * (half % 2):02}" for day in rows for half in range(48)]
    months = (f"{1949 + i // 12}-{1 + i % 12:02},{100 + i + 9 * (i % 12) + i % 7}\n" for i in range(144))
    (tmp_path / "my.csv").write_text("Month,Passengers\n" + "".join(months))
    history = (f"{stamp.replace(' ', 'T')}:00Z,{4000 + i % 48},20,FALSE\n" for i, stamp in enumerate(stamps[:400]))
    (tmp_path / "history.csv").write_text("Time,Demand,Temperature,Holiday\n" + "".join(history))
    return tmp_path


def execute(script: str, folder: Path) -> None:
    """Runs lines ``python -m experiments.NAME ... [< INPUT] [> OUTPUT]`` with the quick variant of each config.

    The lines stand below one that activates the environment.
    """
    script = re.sub(r"(--config=configs/[\w/]+\.py)(?=\s)", r"\1:quick", script)
    activate, *lines = script.replace("\\\n", " ").strip().splitlines()
    assert activate == ". .venv/bin/activate"
    for line in lines:
        python, option, module, *flags = shlex.split(line)
        assert (python, option) == ("python", "-m")
        files = {sign: flags[flags.index(sign) + 1] for sign in "<>" if sign in flags}
        flags = flags[: min(flags.index(sign) for sign in files)] if files else flags
        stdin = (folder / files["<"]).read_bytes() if "<" in files else b""
        with tempfile.TemporaryDirectory() as streams:
            (done,) = run_each([(module.removeprefix("experiments."), flags, stdin)], Path(streams), cwd=folder)
        assert done.returncode == 0, done.stderr
        if ">" in files:
            (folder / files[">"]).write_text(done.stdout)


def test_commands_run(folder):
    (script,) = blocks("run")
    execute(script, folder)
    assert len((folder / "forecast.csv").read_text().splitlines()) == 49
    rows = json.loads((folder / "runs" / "sweep" / "sweep.json").read_text())
    rules = ["last value", "same time yesterday", "same time last week", "linear regression"]
    assert list(rows) == ["mlp", "lstm", *rules]
    assert len({row["mae"] for row in rows.values()}) == 6
    assert (folder / "runs" / "sweep" / "sweep.png").exists()


def test_ones_own_file_is_read(folder):
    """144 months, as monthly airline passengers: path, time column and target are enough."""
    (script,) = blocks("file")
    execute(script, folder)
    assert (folder / "runs" / "mine" / "forecasts.png").exists()
    learned = json.loads((folder / "runs" / "mine" / "learned.json").read_text())
    assert learned["step"] == [1, "M"]
    assert learned["read"] == {"decimal": ".", "thousands": "", "time_format": "%Y-%m"}
    assert {key: learned["chosen"]["data"][key] for key in ("seasons", "horizon", "lookback")} == {
        "seasons": [12],
        "horizon": 12,
        "lookback": 24,
    }
    assert learned["chosen"]["model"] == {"block": 1, "linear_rows": 24, "seasons": [12]}
    header, *forecasts = (folder / "forecast.csv").read_text().splitlines()
    assert header == "Month,Passengers p10,Passengers p50,Passengers p90"
    assert [row.partition(",")[0] for row in forecasts] == [f"1961-{month:02}" for month in range(1, 13)]


def test_ones_own_texts_are_read(folder):
    reviews = opinions(400)  # the quick config's, which then need no program of their own here
    stars = {"neg": "1", "pos": "5"}
    rows = (f"{text}\t{stars[label]}\n" for text, label in zip(reviews.texts, reviews.labels, strict=True))
    (folder / "my.tsv").write_text("review\tstars\n" + "".join(rows))
    (folder / "lines.txt").write_text("grim\n\nbright")
    (script,) = blocks("texts")
    execute(script, folder)
    answers = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    assert [set(answer["probabilities"]) for answer in answers] == [{"1", "5"}] * 3


def test_ones_own_pairs_are_read_and_lines_translated(folder):
    pairs = dates(400)  # as many tokens as the quick configs', which then need no program of their own here
    rows = (f"{source}\t{target}\n" for source, target in zip(pairs.sources, pairs.targets, strict=True))
    (folder / "pairs.tsv").write_text("".join(rows))
    (folder / "sources.txt").write_text("3 hours\n\n12 hours\n")
    (script,) = blocks("pairs")
    execute(script, folder)
    assert len((folder / "targets.txt").read_text().splitlines()) == 3


def test_ones_own_text_is_gone_on_from(folder):
    (folder / "my.txt").write_text(" ".join(opinions(400).texts))  # the characters of the quick config's texts
    (folder / "prompts.txt").write_text("this\n\na film")
    (script,) = blocks("prompts")
    execute(script, folder)
    assert len((folder / "texts.txt").read_text().splitlines()) == 3


def test_every_command_has_its_environment():
    """Makefile's targets make ``.venv``; a block of other commands activates it, or makes it first."""
    assert "-m venv .venv" in (ROOT / "Makefile").read_text()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        assert block.startswith(("make ", ". .venv/bin/activate\n")), block
    for text in re.findall(r"`((?:python|pip)[^`]*)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL)):
        assert ". .venv/bin/activate" in text or "--help" in text, text


@pytest.mark.parametrize("text", blocks("python"))
def test_python_runs(text):
    exec(text, {})


def test_make_has_the_targets_named():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?:^|`)make (\w+)(?:$|`)", README, re.MULTILINE))
    assert {"train", "test", "classification", "translation", "language_modeling", "music"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
