"""The commands: what they write, how they resume, and one sentence for every mistake."""

import json
import math
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from experiments.run.workdir import FORMAT
from seqjax.training.writer import read_metrics
from tests.experiments.commands import ROOT, command, run, run_each, stopped, trained

CONFIGS = [str(path.relative_to(ROOT / "configs").with_suffix("")) for path in sorted(ROOT.glob("configs/*/*.py"))]
ADDING = f"--config={ROOT}/configs/long_range/adding.py:quick"
DEMAND = f"--config={ROOT}/configs/forecasting/demand.py:quick"


@pytest.mark.parametrize("config", CONFIGS)
def test_every_config_has_a_quick_run_that_needs_no_data(config):
    workdir = trained(config)
    test = json.loads((workdir / "test.json").read_text())
    assert all(math.isfinite(value) for value in test.values() if isinstance(value, int | float))
    output, errors = (Path(f"{workdir}.{stream}").read_text() for stream in ("out", "err"))
    names = output.splitlines()[-1].removeprefix(f"{workdir}: test.json, ").split(", ")
    assert "loss.png" in names
    starts = {".html": b"<!doctype html>", ".mid": b"MThd", ".png": b"\x89PNG", ".tsv": b"", ".wav": b"RIFF"}
    for name in map(Path, names):
        assert (workdir / name).read_bytes().startswith(starts[name.suffix]), name
    about = json.loads((workdir / "config.json").read_text())
    assert about["versions"]["jax"]
    assert about["commit"]
    assert about["arguments"][0].endswith(f"configs/{config}.py:quick")
    assert about["parameters"] > 0
    assert about["machine"]["cores"] > 0
    assert "│ model" in output
    assert "Traceback" not in errors


def test_evaluate_prints_the_measures_of_the_training_command():
    workdir = trained("long_range/adding")
    done = run("evaluate", f"--workdir={workdir}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == json.loads((workdir / "test.json").read_text())


def test_finished_run_is_tested_again_without_training(tmp_path):
    workdir = shutil.copytree(trained("long_range/adding"), tmp_path / "run")
    before = [(workdir / name).read_text() for name in ("metrics.jsonl", "test.json", "config.json", "learned.json")]
    (workdir / "test.json").unlink()
    done = run("train", ADDING, f"--workdir={workdir}")
    assert done.returncode == 0, done.stderr
    after = [(workdir / name).read_text() for name in ("metrics.jsonl", "test.json", "config.json", "learned.json")]
    assert after == before


def test_resumed_run_reads_what_it_learned_instead_of_learning_it_again(tmp_path):
    workdir = shutil.copytree(trained("long_range/adding"), tmp_path / "run")
    (workdir / "learned.json").write_text("{")
    done = run("train", ADDING, f"--workdir={workdir}")
    assert_one_sentence(done, f"{workdir}/learned.json is damaged")


@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_learned_file_of_another_run_is_refused(tmp_path, name):
    workdir = shutil.copytree(trained("long_range/adding"), tmp_path / "run")
    (workdir / "learned.json").write_text('{"vocabulary": ["a"]}')
    done = run(name, *([ADDING] if name == "train" else []), f"--workdir={workdir}")
    assert_one_sentence(done, f"{workdir}/learned.json is not as the run wrote it")


def test_another_config_on_the_same_folder_is_refused_with_the_keys_that_differ():
    workdir = trained("long_range/adding")
    done = run("train", ADDING, f"--workdir={workdir}", "--config.optimizer.learning_rate=1", "--config.seed=7")
    assert_one_sentence(done, "seed was 0 and is 7")
    assert "optimizer.learning_rate was" in done.stderr


def test_mistake_is_one_sentence_and_makes_no_folder(tmp_path):
    """Mistakes that are found without JAX are in test_start_up.py."""
    start = [ADDING, f"--workdir={tmp_path / 'run'}"]
    cases = [
        (
            [*start, "--config.hidden_features=8"],
            "no config key 'hidden_features'; did you mean 'model.hidden_features'?",
        ),
        ([*start, "--config.optimizer.learning_rate=x"], "'optimizer.learning_rate' is 'x', but must be a number"),
        ([*start, "--config.model.kind=recurent"], "must be one of 'mlp', 'recurrent'; did you mean 'recurrent'?"),
        (
            [ADDING.replace("long_range/adding", "forecasting/demand"), start[1], "--config.data.path=/nowhere.csv"],
            "there is no file /nowhere.csv",
        ),
        ([*start, "seed=1"], "'seed=1' is no flag"),
        ([ADDING], "flag --workdir is missing"),
        ([ADDING, "--workdir="], "flag --workdir is missing"),
        ([f"--workdir={tmp_path}"], "flag --config is missing"),
        (["--config.seed=1", f"--workdir={tmp_path}"], "flag --config is missing beside its keys"),
        (["--config.seed=x", *start], "config key 'seed' is 'x', but must be a whole number"),
        ([*start, "--config", "other.py"], "--config is given twice"),
        ([*start, "--config.seed=1", "--config.seed", "2"], "--config.seed is given twice, as '1' and as '2'"),
        ([DEMAND, start[1], "--config.data.seasons=(7.5,)"], "'data.seasons' is (7.5,), but must be a tuple of whole"),
        ([DEMAND, start[1], "--config.data.path=~/absent.csv"], "there is no file /"),
        ([ADDING.replace("quick", "quik"), f"--workdir={tmp_path}"], "no variant 'quik'"),
        ([ADDING, f"--workdir={tmp_path}/0.in/run"], "cannot be written (Not a directory)"),
    ]
    done = run_each([("train", flags, "") for flags, _ in cases], tmp_path)
    for each, (_, sentence) in zip(done, cases, strict=True):
        assert_one_sentence(each, sentence)
    assert not (tmp_path / "run").exists()


def test_folder_with_files_of_another_program_is_refused_and_left_as_it_is(tmp_path):
    files = {"config.json": '{"name": "mine"}', "metrics.jsonl": '{"loss": 1}', "test.json": "[]"}
    cases = []
    for name, text in files.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(text)
        cases.append(("train", [ADDING, f"--workdir={tmp_path / name}"], ""))
    (tmp_path / "file").write_text("text")
    cases.append(("train", [ADDING, f"--workdir={tmp_path / 'file'}"], ""))
    streams = tmp_path / "streams"
    streams.mkdir()
    sentences = [
        "holds a run that was made by",
        "metrics.jsonl is there, but no run",
        "test.json is there, but no",
        "written",
    ]
    for done, sentence in zip(run_each(cases, streams), sentences, strict=True):
        assert_one_sentence(done, sentence)
    for name, text in files.items():
        assert [each.read_text() for each in (tmp_path / name).iterdir()] == [text]


def test_training_is_not_lost_when_nobody_reads_its_output(tmp_path):
    """The folder is given by a tilde, which the shell does not expand after an equals sign."""
    train = command("train", ADDING, "--workdir=~/run", "--config.train.log_every=1")
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "env": os.environ | {"HOME": str(tmp_path)}}
    with subprocess.Popen(train, cwd=ROOT, **options) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
    assert process.returncode == 0
    assert (tmp_path / "run" / "test.json").exists()
    assert read_metrics(tmp_path / "run")[-1]["step"] == 20
    assert not (ROOT / "~").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_signal_to_a_sweep_saves_the_run_that_it_is_training(tmp_path, number):
    sweep = command("sweep", ADDING, f"--workdir={tmp_path}", "--config.train.steps=10000000")
    last = stopped(sweep, number)
    step = int(last.split("stopped after step ")[1].split(";")[0])
    assert (tmp_path / "mlp" / "seed0" / "checkpoints" / "latest" / str(step)).is_dir()


def test_task_without_predictions_is_named():
    done = run("predict", f"--workdir={trained('long_range/adding')}")
    assert_one_sentence(done, "is a run of the task 'long_range', which has nothing to predict")


def test_folder_without_a_run_is_named(tmp_path):
    for done in run_each([(name, [f"--workdir={tmp_path}"], "") for name in ("evaluate", "predict")], tmp_path):
        assert_one_sentence(done, "holds no run (no config.json)")
    (tmp_path / "config.json").write_text(json.dumps({"format": FORMAT, "config": {"task": "forecasting"}}))
    for done in run_each([(name, [f"--workdir={tmp_path}"], "") for name in ("evaluate", "predict")], tmp_path):
        assert_one_sentence(done, "config.json is damaged, its config lacks a group")


def assert_one_sentence(done, sentence: str) -> None:
    """Asserts that a command ended with exit code 2 and one line on standard error, which holds a sentence."""
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")


@pytest.mark.parametrize("size", ["8k", pytest.param("1500k", marks=pytest.mark.slow)])
def test_full_disk_is_one_sentence_and_loses_nothing_saved(tmp_path, size):
    """At these sizes it is full before and after the first checkpoint."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root can make a disk that is full")
    command = ("train", ADDING, f"--workdir={tmp_path / 'run'}", "--config.model.hidden_features=128")
    try:
        done = run(*command)
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("error: the disk is full")
        assert "Traceback" not in done.stderr
        if list(tmp_path.glob("run/checkpoints/latest/[0-9]*")):
            subprocess.run(["mount", "-o", "remount,size=100m", tmp_path], check=True)
            again = run(*command)
            assert again.returncode == 0, again.stderr
            assert "step 5/20" not in again.stderr, "it went on from its checkpoint"
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)
