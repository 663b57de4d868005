"""Synthetic speech: voices of parts, the cache, and the library in its own process."""

import errno
import os

import numpy as np
import pytest

from seqjax.data.audio import synthesis
from seqjax.data.audio.cache import cache_folder, load_sounds, store_sounds
from seqjax.data.audio.synthesis import ACCENTS, VARIANTS, Utterance, spoken, synthesise
from seqjax.data.audio.texts import LONGEST_STRING, spoken_texts
from seqjax.data.audio.tones import WORDS, tones
from seqjax.errors import InputError

RATE = 8000


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache of its own for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_no_accent_and_no_timbre_is_in_two_parts():
    for voices in (ACCENTS, VARIANTS):
        each = [voice for part in voices.values() for voice in part]
        assert len(each) == len(set(each))
        assert list(voices) == ["training", "validation", "test"]


def test_speech_is_made_once_and_then_read(monkeypatch):
    utterances = [Utterance("one two", "en-us+f3"), Utterance("one two", "en-us+m1", speed=120)]
    first = synthesise(utterances, RATE)
    assert [sound.dtype for sound in first] == [np.int16] * 2
    assert 0.3 < len(first[0]) / RATE < 2
    assert len(first[1]) > 1.2 * len(first[0]), "at 120 words a minute it takes longer than at 175"
    assert all(np.abs(sound.astype(int)).max() > 3000 for sound in first)
    (path,) = cache_folder().glob("*")

    monkeypatch.setattr(synthesis, "_speak", None)  # it would fail
    for one, two in zip(first, synthesise(utterances, RATE), strict=True):
        np.testing.assert_array_equal(one, two)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(TypeError):  # A damaged file is not used.
        synthesise(utterances, RATE)


def test_speech_depends_on_text_voice_and_pitch_and_is_made_equally_again(monkeypatch):
    same = Utterance("turn left", "en-us+m1")
    others = [Utterance("turn right", "en-us+m1"), Utterance("turn left", "en-us+f1"), Utterance("turn left", "en+m1")]
    others += [Utterance("turn left", "en-us+m1", pitch=80)]
    first, *rest = sounds = synthesise([same, *others], RATE)
    assert all(not np.array_equal(first, other) for other in rest)
    monkeypatch.setattr(synthesis, "load_sounds", lambda name: None)
    for one, two in zip(sounds, synthesise([same, *others], RATE), strict=True):
        np.testing.assert_array_equal(one, two)


def test_unknown_voice_is_named_in_one_sentence():
    with pytest.raises(InputError, match="no voice 'en-moon'") as error:
        synthesise([Utterance("hello", "en-moon")], RATE)
    assert "\n" not in str(error.value)


def test_parts_are_spoken_by_their_voices():
    part = spoken("test", 6, RATE, 0)
    accents, variants = zip(*(voice.split("+") for voice in part.speakers), strict=True)
    assert set(accents) <= set(ACCENTS["test"])
    assert set(variants) <= set(VARIANTS["test"])
    assert len(part) == 6


def test_cache_forgets_the_oldest_and_survives_a_folder_that_cannot_be_written(folder, monkeypatch):
    sounds = [np.arange(1000, dtype=np.int16), np.zeros(0, np.int16)]
    for number, name in enumerate("abc"):
        store_sounds(name, sounds)
        os.utime(cache_folder() / f"{name}.npz", (number, number))
    size = (cache_folder() / "a.npz").stat().st_size
    store_sounds("d", sounds, largest=2 * size)
    assert sorted(path.name for path in cache_folder().iterdir()) == ["c.npz", "d.npz"]
    loaded = load_sounds("d")
    assert loaded is not None
    for one, two in zip(sounds, loaded, strict=True):
        np.testing.assert_array_equal(one, two)
    assert load_sounds("a") is None
    (folder / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "file"))
    store_sounds("e", sounds)
    assert load_sounds("e") is None


def test_cache_on_a_full_disk_leaves_nothing(folder, monkeypatch):
    def fill(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", fill)
    store_sounds("a", [np.arange(9, dtype=np.int16)])
    assert list(cache_folder().iterdir()) == []
    assert load_sounds("a") is None


def test_texts_are_strings_of_digits_and_commands():
    texts = spoken_texts(np.random.default_rng(0), 400)
    assert texts == spoken_texts(np.random.default_rng(0), 400)
    assert "stop" in texts
    assert max(len(text.split()) for text in texts) == LONGEST_STRING
    assert all(text == " ".join(text.split()) for text in texts)


def test_tones_spell_their_texts():
    recordings = tones(20, RATE, 0)
    for text, sound in zip(recordings.texts, recordings.sounds, strict=True):
        assert set(text.split()) <= set(WORDS)
        letters = sum(letter != " " for letter in text)
        seconds = 0.04 + 0.06 * letters + 0.05 * text.count(" ")
        assert len(sound) / RATE == pytest.approx(seconds, abs=1e-9)
    again = tones(20, RATE, 0)
    np.testing.assert_array_equal(recordings.sounds[3], again.sounds[3])
    assert tones(20, RATE, 1).texts != recordings.texts
