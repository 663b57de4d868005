"""The music task: its losses and measures, its errors, and its predictions."""

import io
import json
import re
import sys
import wave
from math import log
from pathlib import Path

import jax
import mido
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from ml_collections import ConfigDict

from configs.music import bach
from experiments.registry import build_task
from experiments.tasks.music import predict
from experiments.tasks.music.task import Music
from seqjax.data.music.midi import Piece, read_midi, write_midi
from seqjax.data.music.piano_rolls import chord_roll
from seqjax.data.music.pitches import KEYS
from seqjax.data.music.sound import RELEASE
from seqjax.data.music.timing import Timing
from seqjax.data.synthetic import progressions
from seqjax.errors import InputError
from seqjax.metrics.music import frame_measures
from tests.experiments.commands import save_untrained


def quick_config(keys: dict[str, object] | None = None) -> ConfigDict:
    """The quick config with an Elman network, and other values of some keys."""
    config = bach.get_config("quick")
    config.update_from_flattened_dict({"model.cell": "elman", **(keys or {})})
    return config


def build(keys: dict[str, object] | None = None) -> Music:
    """The task of a quick config."""
    return build_task(quick_config(keys))


@pytest.fixture(scope="module")
def music() -> Music:
    return build()


def test_loss_of_a_model_without_knowledge_is_88_bits_per_frame(music):
    params, batch = jax.tree.map(np.zeros_like, music.initial_params), music.train_batch(0)
    assert music.validate(params)["loss"] == pytest.approx(KEYS * log(2), rel=1e-5)
    summed, count, _ = jax.jit(lambda params, batch: music.loss_sums(params, None, batch, None))(params, batch)
    assert int(count) == batch.lengths.sum()
    assert summed / count == pytest.approx(KEYS * log(2), rel=1e-5)


def test_validate_is_the_mean_over_all_frames(music):
    pieces = music.parts[1].pieces
    log_odds = np.concatenate(music.composer.log_odds(music.initial_params, pieces))
    nll = frame_measures(log_odds, np.concatenate([piece[1:] for piece in pieces]))["nll"]
    assert music.validate(music.initial_params)["loss"] == pytest.approx(nll, rel=1e-5)


def test_train_batch_transposes_randomly_and_is_a_function_of_the_step(music):
    batch = music.train_batch(3)
    jax.tree.map(np.testing.assert_array_equal, build().train_batch(3), batch)
    fixed = build({"data.transpose": (0, 0)}).train_batch(3)
    assert not np.array_equal(batch.frames, fixed.frames)
    np.testing.assert_array_equal(batch.frames.sum(axis=2), fixed.frames.sum(axis=2))
    np.testing.assert_array_equal(batch.lengths, fixed.lengths)


def test_test_measures_the_model_and_its_baselines(music, tmp_path):
    result = music.test(music.initial_params)
    assert list(result.table) == ["model", "key frequency", "persistence", "Markov per key"]
    assert result.table["Markov per key"]["nll"] < result.table["key frequency"]["nll"] < result.table["model"]["nll"]
    assert list(result.extra)[:3] == ["nll_to_4", "nll_to_8", "nll_to_16"]
    frames = sum(len(piece) - 1 for piece in music.parts[2].pieces)
    assert result.title == f"Test, {len(music.parts[2])} pieces, {frames} frames"
    result.plots["composed.mid"](tmp_path / "composed.mid")
    composed, real = read_midi(tmp_path / "composed.mid", 2).roll, music.parts[2].pieces[0]
    np.testing.assert_array_equal(composed[0], real[0])  # It continues the first frame of a test piece.
    assert 1 < len(composed) <= len(real)


def test_a_bad_key_is_named_in_one_sentence(tmp_path):
    write_midi(tmp_path / "a.mid", np.eye(88, dtype=np.uint8), 2, Timing().at_tempo(100.0))
    (tmp_path / "b.txt").write_text("no music")
    for name in ("songs.ZIP", "songs.tar.gz"):
        (tmp_path / name).write_bytes(b"")
    cases = [
        ({"data.path": ""}, "'data.path' is empty; name a .mat file or a folder of MIDI files"),
        ({"data.path": str(tmp_path / "absent")}, "does not exist; name a .mat file or a folder of MIDI files"),
        ({"data.path": str(tmp_path / "b.txt")}, "is neither a .mat file nor a folder of MIDI files"),
        ({"data.path": str(tmp_path / "absent.mat")}, "there is no file"),
        ({"data.path": str(tmp_path)}, "has no pieces; give more, or change data.split"),
        ({"data.path": str(tmp_path / "a.mid")}, "is a single piece; name a folder of MIDI files"),
        ({"data.path": str(tmp_path / "songs.tar.gz")}, "is an archive; unpack it, and name the folder"),
        ({"data.path": str(tmp_path / "songs.ZIP")}, "is an archive; unpack it, and name the folder"),
        ({"data.split": (0.5, 0.5)}, "'data.split' is (0.5, 0.5), but must be three shares"),
        ({"data.transpose": (1, 2)}, "'data.transpose' is (1, 2), but must be two numbers of semitones"),
        ({"data.frames_per_quarter": 0}, "'data.frames_per_quarter' is 0, but must be at least 1"),
        ({"data.frames_per_quarter": 49}, "'data.frames_per_quarter' is 49, but must be at most 48"),
        ({"data.num_buckets": 0}, "'data.num_buckets' is 0"),
        ({"data.batch_size": 0}, "'data.batch_size' is 0"),
        ({"model.cell": "lstmm"}, "did you mean 'lstm'"),
        ({"model.hidden_features": 0}, "'model.hidden_features' is 0"),
        ({"model.frame_dropout": 1.0}, "'model.frame_dropout' is 1.0, but must be in [0, 1)"),
        ({"seed": -1}, "'seed' is -1, but must be at least 0"),
    ]
    for keys, message in cases:
        with pytest.raises(InputError) as error:
            build(keys)
        assert message in str(error.value)
        assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def workdir(music, tmp_path_factory):
    """The folder of a run that has not trained."""
    return save_untrained(music, quick_config(), tmp_path_factory.mktemp("run"))


@pytest.fixture
def answer(workdir, tmp_path, monkeypatch, capsys):
    """A function that answers lines with some flags in an empty folder, and returns standard output and error."""
    monkeypatch.chdir(tmp_path)

    def answer(lines: bytes, *arguments: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
        capsys.readouterr()
        with flagsaver.flagsaver():
            flags.FLAGS(["predict", *arguments])
            predict.answer(quick_config(), workdir)
        return capsys.readouterr()

    return answer


def test_answer_writes_a_piece_for_each_good_line(answer, tmp_path):
    scale = np.concatenate([chord_roll([60 + n]) for n in range(40)])
    write_midi(tmp_path / "scale.mid", scale, 2, Timing().at_tempo(100.0))
    (tmp_path / "damaged.mid").write_bytes(b"MThd\x00\x00")
    lines = [b"C4 E4 G4 C5", b"", b"H9 C4", b"\xff\xfe\x00 \xe2\x80\xa8", b"scale.mid", b"damaged.mid", b"absent.mid"]
    lines += ["很 🎬".encode(), b"x" * 100_000, b"C4 E4 G4 C5\r", b"A" * 9000 + b".mid"]  # The last line has no end.
    out, err = answer(b"\n".join(lines), "--max_length=5", "--out=pieces", "--bars=3")

    answers = out.split("\n")
    written = [row for row, line in enumerate(answers) if line]
    assert len(answers) == len(lines) + 1
    assert written == [0, 4, 9]
    assert [int(line.split()[1].rstrip(":")) for line in err.splitlines()] == [4, 4, 3, 4, 6, 7, 8, 9, 11]
    assert err.startswith("line 4 is no UTF-8 text at byte 1")
    assert "line 3: 'H9' is not a note; write notes like C4, F#3 or Bb4, or a chord like Cmaj7\n" in err

    for row in written:
        paths = answers[row].split("\t")
        assert paths == [f"pieces/piece{row + 1}.{ending}" for ending in ("mid", "wav", "png")]
        with wave.open(str(tmp_path / paths[1])) as file:
            assert file.getnframes() > 0
        assert (tmp_path / paths[2]).read_bytes().startswith(b"\x89PNG")
    piece = read_midi(tmp_path / "pieces" / "piece5.mid", 2).roll
    assert len(piece) == 24 + 5, "three bars of four quarter notes of two frames, and the added frames"
    np.testing.assert_array_equal(piece[:24], scale[:24])
    first, tenth = ((tmp_path / "pieces" / f"piece{n}.mid").read_bytes() for n in (1, 10))
    assert first != tenth, "equal lines have different random frames"


@pytest.mark.parametrize(
    ("flag", "message"),
    [("--sample=0.0", "--sample is 0.0, but a temperature lies between"), ("--out=file/x", "cannot be made")],
)
def test_answer_names_a_bad_flag_in_one_sentence(answer, tmp_path, flag, message):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=message) as error:
        answer(b"", flag)
    assert "\n" not in str(error.value)


def prompt_file(path, quarters: int = 24) -> np.ndarray:
    """Writes a scale in 3/4 at 100 quarter notes per minute, from the sixth on at 50 and in 6/8; returns its roll."""
    scale = np.concatenate([chord_roll([60 + n]) for n in range(2 * quarters)])
    write_midi(path, scale, 2, Timing(((0.0, 100.0), (6.0, 50.0)), ((0.0, 3, 4), (6.0, 6, 8))))
    return scale


def seconds_of(path) -> float:
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


@pytest.mark.parametrize(
    ("arguments", "quarters", "tempi", "metres"),
    [
        (["--bars=2"], 6 + 4, ((0.0, 100.0),), ((0.0, 3, 4),)),
        (["--bars=4"], 12 + 4, ((0.0, 100.0), (6.0, 50.0)), ((0.0, 3, 4), (6.0, 6, 8))),
        (["--bars=4", "--tempo=96"], 12 + 4, ((0.0, 96.0),), ((0.0, 3, 4), (6.0, 6, 8))),
        (["--bars=4", "--keep_prompt=false"], 4, ((0.0, 50.0),), ((0.0, 6, 8),)),
    ],
)
def write_piece(line: str, folder: Path, *arguments: str) -> tuple[np.ndarray, Piece, Path]:
    """The roll and the MIDI file of a piece that goes on from a line with four quarter notes, and its WAV file."""
    with flagsaver.flagsaver():
        flags.FLAGS(["predict", *arguments])
        prompt = predict._prompt(line, 2)
        roll = np.concatenate([prompt.roll, np.repeat(chord_roll([40]), 8, axis=0)])
        midi, sound, _ = predict._write(folder / "piece", roll, prompt, 2)
    return roll, read_midi(midi, 2), Path(sound)


@pytest.mark.parametrize(
    ("arguments", "quarters", "tempi", "metres"),
    [
        (["--bars=2"], 6 + 4, ((0.0, 100.0),), ((0.0, 3, 4),)),
        (["--bars=4"], 12 + 4, ((0.0, 100.0), (6.0, 50.0)), ((0.0, 3, 4), (6.0, 6, 8))),
        (["--bars=4", "--tempo=96"], 12 + 4, ((0.0, 96.0),), ((0.0, 3, 4), (6.0, 6, 8))),
        (["--bars=4", "--keep_prompt=false"], 4, ((0.0, 50.0),), ((0.0, 6, 8),)),
        (["--bars=99"], 24 + 4, ((0.0, 100.0), (6.0, 50.0)), ((0.0, 3, 4), (6.0, 6, 8))),
    ],
)
def test_a_piece_goes_on_in_the_tempo_and_metre_of_its_prompt(tmp_path, arguments, quarters, tempi, metres):
    scale = prompt_file(tmp_path / "Scale.KAR")
    roll, piece, sound = write_piece(f"{tmp_path}/Scale.KAR", tmp_path, *arguments)
    timing = Timing(tempi, metres)
    assert piece.timing == timing
    expected = timing.seconds(np.array([float(quarters)]))[0]
    assert mido.MidiFile(tmp_path / "piece.mid").length == pytest.approx(expected)
    assert seconds_of(sound) == pytest.approx(expected + RELEASE, abs=1e-3)
    np.testing.assert_array_equal(roll[:-8], scale[: len(roll) - 8])
    np.testing.assert_array_equal(piece.roll, roll[-2 * quarters :])


def test_a_chord_is_continued_at_80_quarter_notes_per_minute(tmp_path):
    roll, piece, _ = write_piece("60 64 67", tmp_path)
    np.testing.assert_array_equal(piece.roll, roll)
    assert piece.timing == Timing().at_tempo(80.0)
    assert write_piece("Cmaj7", tmp_path, "--tempo=200")[1].timing == Timing().at_tempo(200.0)
    _, rest, _ = write_piece("Cmaj7", tmp_path, "--keep_prompt=false")
    assert rest.timing == Timing().at_tempo(80.0)
    np.testing.assert_array_equal(rest.roll, np.repeat(chord_roll([40]), 8, axis=0))


def test_answer_writes_json(answer, music, workdir, tmp_path):
    out, _ = answer(b"C4 E4\n\nH9", "--max_length=5", "--out=pieces", "--format=jsonl")
    piece, blank, bad = map(json.loads, out.splitlines())
    assert piece["input"] == "C4 E4"
    assert piece["answer"] == [f"pieces/piece1.{ending}" for ending in ("mid", "wav", "png")]
    roll = read_midi(tmp_path / "pieces" / "piece1.mid", 2).roll
    roll = np.pad(roll, ((0, 6 - len(roll)), (0, 0)))  # A file ends where its last note does.
    (odds,) = music.composer.log_odds(music.initial_params, [roll])
    probabilities = 1 / (1 + np.exp(-odds.astype(np.float64)))
    expected = np.log(np.where(roll[1:], probabilities, 1 - probabilities)).sum()
    assert piece["score"] == pytest.approx(expected, rel=1e-5)
    assert blank == {"input": "", "answer": None, "score": None}
    assert bad["answer"] is None
    assert bad["remark"].startswith("'H9' is not a note")


def test_data_summary_says_what_was_read_and_what_is_not_heard(tmp_path):
    for number, piece in enumerate(progressions(12).pieces):
        write_midi(tmp_path / f"{number:02}.mid", piece, 8, Timing())
    (tmp_path / "bad.mid").write_bytes(b"")
    summary = build({"data.path": str(tmp_path), "data.split_seed": 1}).data_summary
    assert re.fullmatch(
        rf"{tmp_path}: \d pieces \(\d+ frames\) for training, \d pieces .* for validation, \d pieces .* for test",
        summary[0],
    )
    assert re.fullmatch(
        r"\d+ of \d+ notes lie between frames and are not heard at data\.frames_per_quarter=2", summary[1]
    )
    assert summary[2] == "1 of 13 files are passed over (data.strict=True refuses them):"
    assert "bad.mid' cannot be read as a MIDI file" in summary[3]
    assert len(summary) == 4
    with pytest.raises(InputError, match=r"bad\.mid.*data\.strict=False passes over"):
        build({"data.path": str(tmp_path), "data.strict": True})
    assert len(build().data_summary) == 1
