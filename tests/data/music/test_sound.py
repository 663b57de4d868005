"""The synthesiser: the pitch that was asked for, for as long, and a file that others can read."""

import wave

import numpy as np

from seqjax.data.music.piano_rolls import chord_roll
from seqjax.data.music.sound import RATE, synthesise, write_wav


def test_a_note_has_its_pitch_and_its_place():
    roll = np.concatenate([np.zeros((2, 88), np.uint8), chord_roll([69]), np.zeros((2, 88), np.uint8)])
    samples = synthesise(roll, 0.5)
    assert np.abs(samples).max() == 1
    assert not samples[:RATE].any()
    assert not samples[int(1.7 * RATE) :].any()
    heard = samples[RATE : RATE + RATE // 2]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * RATE / len(heard) == 440


def test_the_file_is_a_wav_file(tmp_path):
    write_wav(tmp_path / "a.wav", chord_roll([21, 108]), 0.25)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() / RATE >= 0.25
        assert np.frombuffer(file.readframes(file.getnframes()), "<i2").any()
    assert not synthesise(np.zeros((3, 88), np.uint8), 0.1).any()
