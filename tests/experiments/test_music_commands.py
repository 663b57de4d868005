"""Composing from lines of one's own, as a user meets it: chords, files, odd lines, and a run from start to end."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from configs import music_bach
from experiments.registry import build_task
from seqjax.data.music.midi import read_midi, write_midi
from seqjax.data.music.piano_rolls import chord_roll
from tests.experiments.commands import ROOT, run_each, save_untrained

CONFIG = f"--config={ROOT}/configs/music_bach.py:quick"


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose model still is as it was at the start."""
    config = music_bach.get_config("quick")
    return save_untrained(build_task(config), config, tmp_path_factory.mktemp("run"))


def test_every_line_is_answered_by_one_line(untrained, tmp_path):
    scale = np.concatenate([chord_roll([60 + n]) for n in range(40)])
    write_midi(tmp_path / "scale.mid", scale, 2, tempo=100.0)
    (tmp_path / "damaged.mid").write_bytes(b"MThd\x00\x00")
    lines = [b"C4 E4 G4 C5", b"", b"H9 C4", b"\xff\xfe\x00 \xe2\x80\xa8", b"scale.mid", b"damaged.mid", b"absent.mid"]
    lines += ["很 🎬".encode(), b"x" * 100_000, b"C4 E4 G4 C5\r", b"A" * 9000 + b".mid"]  # The last line has no end.
    flags = [f"--workdir={untrained}", "--max_length=5", "--out=pieces"]
    cases = [("predict", [*flags, "--bars=3"], b"\n".join(lines))]
    faults = {
        "--sample=0": "--sample is 0.0, but a temperature lies between",
        "--out=scale.mid/x": "cannot be made",
        "--beam=5": "--beam does not go with the task 'music', which knows --bars",
    }
    done, *failed = run_each(cases + [("predict", [*flags, flag], b"") for flag in faults], tmp_path)

    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("\n")
    written = [row for row, answer in enumerate(answers) if answer]
    assert len(answers) == len(lines) + 1
    assert written == [0, 4, 9]
    told = [int(line.split(":")[0].removeprefix("line ")) for line in done.stderr.splitlines()]
    assert told == [3, 4, 6, 7, 8, 9, 11]
    assert "line 3: 'H9' is no note; notes are written like C4, F#3 or Bb4\n" in done.stderr
    assert "Traceback" not in done.stderr

    for row in written:
        names = answers[row].split("\t")
        assert names == [f"pieces/piece{row + 1}.{ending}" for ending in ("mid", "wav", "png")]
        with wave.open(str(tmp_path / names[1])) as file:
            assert file.getnframes() > 0
        assert (tmp_path / names[2]).read_bytes().startswith(b"\x89PNG")
    piece = read_midi(tmp_path / "pieces" / "piece5.mid", 2).roll
    assert len(piece) == 24 + 5, "three bars of four quarter notes of two frames, and what was added"
    np.testing.assert_array_equal(piece[:24], scale[:24])
    first, last = ((tmp_path / "pieces" / f"piece{n}.mid").read_bytes() for n in (1, 10))
    assert first != last, "equal lines are drawn for apart"

    for each, sentence in zip(failed, faults.values(), strict=True):
        assert each.returncode == 2
        assert sentence in each.stderr
        assert len(each.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_run_ends_with_measures_and_a_piece(tmp_path):
    flags = [CONFIG, "--config.train.steps=2", "--config.data.batch_size=4", "--workdir=run"]
    (tmp_path / "bad.mat").write_bytes(b"\x00" * 300)
    bad = ["--workdir=other", "--config.data.path=bad.mat"]
    done, failed, tested = run_each(
        [("train", flags, ""), ("train", [CONFIG, *bad], ""), ("evaluate", ["--workdir=run"], "")], tmp_path
    )
    assert done.returncode == tested.returncode == 0, done.stderr + tested.stderr
    measures = json.loads((tmp_path / "run" / "test.json").read_text())
    assert json.loads(tested.stdout.splitlines()[-1]) == measures
    assert {"nll", "accuracy", "nll_to_4", "repeat_nll", "key_frequencies_accuracy"} <= measures.keys()
    drawn = {path.name for path in (tmp_path / "run").glob("*.*")}
    assert drawn >= {"piano_rolls.png", "nll_by_distance.png", "loss.png", "composed.mid", "composed.wav"}
    assert (failed.returncode, len(failed.stderr.splitlines())) == (2, 1)
    assert failed.stderr.startswith("error: bad.mat is no MATLAB file")
