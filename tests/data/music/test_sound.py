"""The synthesiser: pitch and timing of a note, and the WAV file."""

import wave

import numpy as np

from seqjax.data.music.piano_rolls import chord_roll
from seqjax.data.music.sound import RATE, synthesise, write_wav


def test_synthesise_gives_a_note_its_pitch_and_time():
    roll = np.concatenate([np.zeros((2, 88), np.uint8), chord_roll([69]), np.zeros((2, 88), np.uint8)])
    samples = synthesise(roll, 0.5)
    assert np.abs(samples).max() == 1
    assert not samples[:RATE].any()
    assert not samples[int(1.7 * RATE) :].any()
    note = samples[RATE : RATE + RATE // 2]
    spectrum = np.abs(np.fft.rfft(note * np.hanning(len(note))))
    assert np.argmax(spectrum) * RATE / len(note) == 440


def test_synthesise_takes_the_duration_of_each_frame():
    roll = np.concatenate([np.zeros((2, 88), np.uint8), chord_roll([69]), np.zeros((2, 88), np.uint8)])
    np.testing.assert_array_equal(synthesise(roll, np.full(5, 0.5)), synthesise(roll, 0.5))
    samples = synthesise(roll, np.array([0.25, 0.5, 0.25, 1, 1]))
    assert len(samples) / RATE >= 3
    assert not samples[: int(0.75 * RATE)].any()
    assert samples[int(0.76 * RATE) : int(0.99 * RATE)].any()
    assert not samples[int(1.2 * RATE) :].any()


def test_write_wav_writes_16_bit_mono(tmp_path):
    write_wav(tmp_path / "a.wav", chord_roll([21, 108]), 0.25)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() / RATE >= 0.25
        assert np.frombuffer(file.readframes(file.getnframes()), "<i2").any()
    assert not synthesise(np.zeros((3, 88), np.uint8), 0.1).any()
