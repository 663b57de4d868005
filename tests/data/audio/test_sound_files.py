"""Sound files: every format gives the same samples, at any rate, and a bad file one sentence."""

import errno
import os
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import soundfile

from seqjax.data.audio.files import as_float, is_silent, read_sound, resample
from seqjax.errors import InputError

RATE = 16000
TIME = np.arange(RATE) / RATE
WAVE = (0.4 * np.sin(2 * np.pi * 440 * TIME)).astype(np.float32)


@pytest.mark.parametrize(
    ("ending", "subtype", "tolerance"),
    [
        ("wav", "PCM_U8", 1 / 100),
        ("wav", "PCM_16", 1e-4),
        ("wav", "PCM_24", 1e-6),
        ("wav", "PCM_32", 1e-6),
        ("wav", "FLOAT", 0),
        ("wav", "DOUBLE", 0),
        ("flac", "PCM_16", 1e-4),
        ("flac", "PCM_24", 1e-6),
        ("ogg", "VORBIS", 0.05),
    ],
)
def test_formats_hold_the_same_samples(tmp_path, ending, subtype, tolerance):
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, WAVE, RATE, subtype=subtype)
    samples = read_sound(path, RATE)
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, WAVE, atol=tolerance)


def test_channels_are_averaged(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack([WAVE, np.zeros_like(WAVE)], axis=1), RATE, subtype="FLOAT")
    np.testing.assert_allclose(read_sound(tmp_path / "a.wav", RATE), WAVE / 2, atol=1e-7)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 15999])
def test_resampling_keeps_a_tone(tmp_path, rate):
    tone = (0.4 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", tone, rate, subtype="FLOAT")
    samples = read_sound(tmp_path / "a.wav", RATE)
    assert len(samples) == RATE
    np.testing.assert_allclose(samples[500:-500], WAVE[500:-500], atol=2e-3)


def test_resampling_removes_what_the_new_rate_cannot_hold():
    tone = np.sin(2 * np.pi * 7000 * TIME).astype(np.float32)
    assert np.abs(resample(tone, RATE, 8000)[100:-100]).max() < 0.01


def test_bad_file_is_named_in_one_sentence(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), RATE, subtype="FLOAT")
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "nothing.wav").write_bytes(b"")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (tmp_path / "bare.raw").write_bytes(bytes(100))
    soundfile.write(tmp_path / "whole.wav", WAVE, RATE)
    (tmp_path / "head.wav").write_bytes((tmp_path / "whole.wav").read_bytes()[:20])
    cases = {
        "empty.wav": "holds no samples",
        "nan.wav": "no finite numbers",
        "text.wav": "no sound file",
        "nothing.wav": "is empty",
        "picture.png": "no sound file",
        "bare.raw": "no sound file",
        "head.wav": "is cut off",
        "absent.wav": "there is no file",
        ".": "is a folder",
    }
    for name, message in cases.items():
        with pytest.raises(InputError, match=message) as error:
            read_sound(tmp_path / name, RATE)
        assert str(tmp_path / name) in str(error.value)
        assert "\n" not in str(error.value)


def test_file_that_was_cut_off_is_refused_but_not_one_from_a_pipe(tmp_path):
    soundfile.write(tmp_path / "a.wav", WAVE, RATE, subtype="PCM_16")
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(content[: len(content) // 2 + 1])
    with pytest.raises(InputError, match=r"a.wav is cut off: its header says [\d,]+ bytes, and it has [\d,]+; copy it"):
        read_sound(tmp_path / "a.wav", RATE)
    (tmp_path / "a.wav").write_bytes(content[:4] + b"\xff" * 4 + content[8:])  # ffmpeg cannot know the length
    np.testing.assert_allclose(read_sound(tmp_path / "a.wav", RATE), WAVE, atol=1e-4)


def test_file_that_may_not_be_read_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    monkeypatch.setattr(Path, "open", mock.Mock(side_effect=denied))
    with pytest.raises(InputError, match=r"a.wav cannot be read \(Permission denied\); check its permissions"):
        read_sound(tmp_path / "a.wav", RATE)


def test_integers_are_scaled_and_silence_is_known():
    np.testing.assert_array_equal(as_float(np.array([-32768, 0, 16384], np.int16)), [-1, 0, 0.5])
    assert is_silent(np.full(100, 0.25, np.float32))
    assert not is_silent(WAVE)
