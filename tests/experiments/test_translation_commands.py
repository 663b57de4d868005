"""Translating lines of one's own, as a user meets it: odd lines, flags, and the one sentence for what is wrong."""

from pathlib import Path

import pytest
from ml_collections import ConfigDict

from experiments.registry import build_task
from tests.experiments.commands import ROOT, run_each, save_untrained
from tests.test_config import load

LINES = [
    b"de: 3 weeks",
    b"",
    b"   ",
    b"fr: March 3, 2021\r",
    b"\xff\xfe\x00 \xe2\x80\xa8 \t",
    "很好看的电影 \u202e 🎬 $x$".encode(),
    b"x" * 200_000,
    b"de: 3 weeks",  # This one has no end.
]


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose model still is as it was at the start."""
    config = ConfigDict(load(ROOT / "configs" / "translation/dates.py").get_config("quick").to_dict())
    config.data.pairs, config.data.widths = 80, (40,)
    return save_untrained(build_task(config), config, tmp_path_factory.mktemp("run"))


def test_every_line_is_answered_by_one_line_and_flags_that_do_not_fit_by_one_sentence(untrained, tmp_path):
    faults = [
        (["--nbest=2"], "--nbest=2 needs a beam of as many, not 1; give --beam too"),
        (["--sample=1", "--beam=2"], "--sample draws at random, and has no use for --beam"),
        (["--sample=nan"], "--sample is nan, but a temperature lies between 0.01 and 100"),
        (["--beam=0"], "--beam"),
        (["--max_length=x"], "--max_length"),
        (["--attention=nowhere/a.png"], "--attention=nowhere/a.png names a folder that is not there"),
    ]
    flags = ["--sample=1", "--nbest=2", "--max_length=5", "--attention=a.png"]
    cases = [("predict", [f"--workdir={untrained}", *flags], b"\n".join(LINES))]
    cases += [("predict", [f"--workdir={untrained}", *more], LINES[0]) for more, _ in faults]
    done, *failed = run_each(cases, tmp_path)

    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("\n")
    assert len(answers) == len(LINES) + 1, "the last line has an end"
    assert done.stderr == "line 7 has 200000 tokens, but the model was made for 40: the rest is not read\n"
    assert [answer.count("\t") for answer in answers] == [bool(line.strip()) for line in LINES] + [0]
    draws = [*answers[0].split("\t"), *answers[-2].split("\t")]
    assert len(set(draws)) == 4, "equal lines are drawn for apart"
    assert all(len(each) <= 5 for each in draws)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")

    for each, (_, sentence) in zip(failed, faults, strict=True):
        assert each.returncode == 2, each.stderr
        assert sentence in each.stderr
        assert len(each.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_sweep_draws_the_three_conditionings_beside_each_other(tmp_path):
    flags = ["--config=configs/translation/dates.py:quick", "--config.train.steps=2", f"--workdir={tmp_path / 'sweep'}"]
    (done,) = run_each([("sweep", flags, "")], tmp_path, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    drawn = {path.name for path in (tmp_path / "sweep").glob("*.*")}
    assert drawn == {"sweep.json", "sweep.png", "score_by_length.png"}
