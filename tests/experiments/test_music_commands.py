"""The commands on the music task: flags of other tasks, and runs from training to evaluation."""

import json

import pytest

from configs.music import bach
from tests.experiments.commands import ROOT, run_each, trained

CONFIG = f"--config={ROOT}/configs/music/bach.py:quick"


def test_predict_refuses_flags_of_other_tasks(tmp_path):
    config = {"config": bach.get_config("quick").to_dict()}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (done,) = run_each([("predict", [f"--workdir={tmp_path}", "--beam=5"], b"")], tmp_path)
    assert done.returncode == 2
    assert "--beam does not go with the task 'music', which knows --bars" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_train_ends_with_measures_pictures_and_a_piece():
    workdir = trained("music/bach")
    measures = json.loads((workdir / "test.json").read_text())
    assert {"nll", "accuracy", "nll_to_4", "persistence_nll", "key_frequency_accuracy"} <= measures.keys()
    written = {path.name for path in workdir.glob("*.*")}
    assert written >= {"piano_rolls.png", "nll_by_distance.png", "loss.png", "composed.mid", "composed.wav"}


@pytest.mark.slow
def test_evaluate_repeats_the_test_and_train_names_a_bad_file(tmp_path):
    flags = [CONFIG, "--config.train.steps=2", "--config.data.batch_size=4", "--workdir=run"]
    (tmp_path / "bad.mat").write_bytes(b"\x00" * 300)
    bad = ["--workdir=other", "--config.data.path=bad.mat"]
    done, failed, tested = run_each(
        [("train", flags, ""), ("train", [CONFIG, *bad], ""), ("evaluate", ["--workdir=run"], "")], tmp_path
    )
    assert done.returncode == tested.returncode == 0, done.stderr + tested.stderr
    measures = json.loads((tmp_path / "run" / "test.json").read_text())
    assert json.loads(tested.stdout.splitlines()[-1]) == measures
    assert (failed.returncode, len(failed.stderr.splitlines())) == (2, 1)
    assert failed.stderr.startswith("error: bad.mat is not a MATLAB file")
