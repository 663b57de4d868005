"""The commands as a user meets them: what they write, and the one sentence for what is wrong."""

import csv
import io
import json
import math
import subprocess
from pathlib import Path

import pytest

from configs import forecast_demand
from experiments.registry import build_task
from seqjax.errors import InputError
from tests.experiments.commands import ROOT, run, run_each

DEMAND = f"--config={ROOT}/configs/forecast_demand.py:quick"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a quick run."""
    workdir = tmp_path_factory.mktemp("run")
    done = run("train", DEMAND, f"--workdir={workdir}")
    assert done.returncode == 0, done.stderr
    return workdir


def history(rows: int, holidays: bool = True, future: int = 0) -> str:
    """A CSV file of half hours; the last ``future`` rows give the holiday alone."""
    lines = ["Time,Temperature,Demand" + ",Holiday" * holidays]
    for row in range(rows + future):
        stamp = f"2024-02-{1 + row // 48:02}T{row // 2 % 24:02}:{30 * (row % 2):02}:00Z"
        known = f"20,{4000 + 500 * math.sin(row / 7.64):.1f}" if row < rows else ","
        lines.append(f"{stamp},{known}" + ",TRUE" * (holidays and row >= rows) + ",FALSE" * (holidays and row < rows))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("config", sorted(path.name for path in (ROOT / "configs").glob("*.py")))
def test_every_config_has_a_quick_run_that_needs_no_data(config, tmp_path):
    workdir = tmp_path / "run"
    done = run("train", f"--config={ROOT}/configs/{config}:quick", f"--workdir={workdir}")
    assert done.returncode == 0, done.stderr
    test = json.loads((workdir / "test.json").read_text())
    assert all(math.isfinite(value) for value in test.values())
    pictures = done.stdout.splitlines()[-1].removeprefix(f"{workdir}: test.json, ").split(", ")
    assert pictures
    starts = {".html": b"<!doctype html>", ".mid": b"MThd", ".png": b"\x89PNG", ".wav": b"RIFF"}
    for picture in map(Path, pictures):
        assert (workdir / picture).read_bytes().startswith(starts[picture.suffix]), picture
    record = json.loads((workdir / "config.json").read_text())
    assert record["versions"]["jax"]
    assert record["commit"]
    assert "│ model" in done.stdout
    assert "Traceback" not in done.stderr


def test_evaluate_prints_what_training_found(trained):
    done = run("evaluate", f"--workdir={trained}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == json.loads((trained / "test.json").read_text())


def test_a_finished_run_is_tested_again_without_training(trained):
    before = (trained / "metrics.jsonl").read_text(), (trained / "test.json").read_text()
    done = run("train", DEMAND, f"--workdir={trained}")
    assert done.returncode == 0, done.stderr
    assert ((trained / "metrics.jsonl").read_text(), (trained / "test.json").read_text()) == before


def test_another_config_on_the_same_folder_is_refused_with_the_keys_that_differ(trained):
    done = run("train", DEMAND, f"--workdir={trained}", "--config.optimizer.learning_rate=1", "--config.seed=7")
    assert done.returncode == 2
    assert "optimizer.learning_rate was 0.002 and is 1.0; seed was 0 and is 7" in done.stderr


def test_predict_continues_the_time_stamps_with_rising_quantiles(trained):
    done = run("predict", f"--workdir={trained}", stdin=history(400))
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == ["Time", "Demand p10", "Demand p50", "Demand p90"]
    assert len(rows) == 48
    assert rows[0]["Time"] == "2024-02-09T08:00:00Z"
    assert rows[-1]["Time"] == "2024-02-10T07:30:00Z"
    for row in rows:
        low, middle, high = (float(row[f"Demand {name}"]) for name in ("p10", "p50", "p90"))
        assert low < middle < high
    assert "Holiday is not given for 48 of the 48 rows to come; taken as 0" in done.stderr


@pytest.mark.slow
def test_predict_takes_the_known_future_and_passes_over_empty_lines(trained, tmp_path):
    histories = history(400, future=48), history(400, future=48).replace("\n", "\n\n"), history(400)
    flags = [f"--workdir={trained}"]
    plain, spaced, usual = run_each([("predict", flags, each) for each in histories], tmp_path)
    assert plain.stderr == ""
    assert plain.stdout == spaced.stdout
    assert plain.stdout != usual.stdout  # holidays are not like other days


@pytest.mark.slow
def test_a_history_that_cannot_be_used_is_one_sentence(trained, tmp_path):
    cases = [
        ("", "standard input is empty"),
        (history(100), "has a history of 100 rows, but the model looks back 336"),
        (history(400, holidays=False), "has no column 'Holiday'; it has 'Time', 'Temperature', 'Demand'"),
        ("\n".join(history(800).splitlines()[0::2]), "has a row every 1 hour"),
        (b"Time,Demand\n\xff\xfe", "standard input is no UTF-8 text"),
    ]
    for done, (_, sentence) in zip(
        run_each([("predict", [f"--workdir={trained}"], stdin) for stdin, _ in cases], tmp_path), cases, strict=True
    ):
        assert_one_sentence(done, sentence)
        assert done.stdout == ""


def test_a_mistyped_flag_is_one_sentence(tmp_path):
    start = [DEMAND, f"--workdir={tmp_path / 'run'}"]
    cases = [
        (
            [*start, "--config.model.hiden_features=8"],
            "no config key 'model.hiden_features'; did you mean 'model.hidden_feat",
        ),
        (
            [*start, "--config.hidden_features=8"],
            "no config key 'hidden_features'; did you mean 'model.hidden_features'?",
        ),
        (
            [*start, "--config.model.hidden_features=abc"],
            "key 'model.hidden_features' is 'abc', but must be a whole number",
        ),
        (
            [*start, "--config.optimizer.learning_rate=fast"],
            "'optimizer.learning_rate' is 'fast', but must be a number",
        ),
        (
            [*start, "--config.model.kind=recurent"],
            "must be one of 'mlp', 'recurrent', 'segment', 'seq2seq'; did you mean 'recurrent'?",
        ),
        ([*start, "--config.data.path=/nowhere.csv"], "there is no file /nowhere.csv"),
        ([*start, "--config.train.steps=0"], "'train.steps' is 0, but must be at least 1"),
        ([*start, "--confg.seed=1"], "confg.seed"),
        ([*start, "seed=1"], "'seed=1' is no flag"),
        ([DEMAND], "flag --workdir is missing"),
        ([f"--workdir={tmp_path}"], "flag --config is missing"),
        (["--config=configs/no.py", f"--workdir={tmp_path}"], "no config file 'configs/no.py'"),
        ([DEMAND.replace("quick", "quik"), f"--workdir={tmp_path}"], "no variant 'quik'"),
        ([DEMAND, f"--workdir={tmp_path}/0.in/run"], "cannot be written (Not a directory)"),
    ]
    for done, (_, sentence) in zip(
        run_each([("train", flags, "") for flags, _ in cases], tmp_path), cases, strict=True
    ):
        assert_one_sentence(done, sentence)
    assert not (tmp_path / "run").exists()


def test_a_value_that_does_not_fit_is_one_sentence():
    cases = [
        ("model.cell", "lstmm", "must be one of 'elman', 'gru', 'lstm'; did you mean 'lstm'?"),
        ("model.dropout", 1.5, "dropout must be"),
        ("model.block", 9, "'model.block' is 9, but must divide data.lookback"),
        ("model.seasons", (400,), "'model.seasons' has 400"),
        ("model.quantiles", (0.5, 0.1, 0.9), "'model.quantiles' is (0.5, 0.1, 0.9)"),
        ("model.loss", "absolute", "quantiles need 'pinball'"),
        ("data.lookback", 0, "'data.lookback' is 0, but must be at least 1"),
        ("data.split", (0.001, 0.001, 0.998), "is too short"),
        ("data.path", "", "'data.path' is empty"),
        ("data.missing", "skip", "data.missing is 'skip'"),
    ]
    for key, value, sentence in cases:
        config = forecast_demand.get_config("quick")
        config.update_from_flattened_dict({key: value})
        with pytest.raises(InputError) as error:
            build_task(config)
        assert sentence in str(error.value)
        assert "\n" not in str(error.value)


def test_a_folder_without_a_run_is_named(tmp_path):
    for done in run_each([(name, [f"--workdir={tmp_path}"], "") for name in ("evaluate", "predict")], tmp_path):
        assert_one_sentence(done, "holds no run (no config.json)")


def assert_one_sentence(done, sentence: str) -> None:
    """Whether a command ended with code 2 and, at most after a remark, one line on standard error."""
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    *remarks, last = done.stderr.splitlines()
    assert last.startswith("error: ")
    assert all(remark.startswith("Holiday is not given") for remark in remarks)


@pytest.mark.parametrize("size", ["8k", pytest.param("900k", marks=pytest.mark.slow)])
def test_a_full_disk_is_one_sentence_and_loses_nothing_saved(tmp_path, size):
    """At these sizes it is full before and after the first checkpoint."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root can make a disk that is full")
    try:
        done = run("train", DEMAND, f"--workdir={tmp_path / 'run'}")
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("error: the disk is full")
        assert "Traceback" not in done.stderr
        if list(tmp_path.glob("run/checkpoints/latest/[0-9]*")):
            subprocess.run(["mount", "-o", "remount,size=100m", tmp_path], check=True)
            again = run("train", DEMAND, f"--workdir={tmp_path / 'run'}")
            assert again.returncode == 0, again.stderr
            assert "step 5/30" not in again.stderr, "it went on from its checkpoint"
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)
