"""Labelled sounds: FSDD's names and official test part, tables, and files that cannot be read."""

import numpy as np
import pytest

from seqjax.data.audio.features import Features
from seqjax.data.audio.labelled import generated_sounds, read_labelled_sounds
from seqjax.errors import InputError

soundfile = pytest.importorskip("soundfile")
FEATURES = Features("log_mel", 12, 8000)


def save(path, seed: int, samples: int = 900) -> np.ndarray:
    """Writes noise, and returns its frames."""
    noise = 0.1 * np.random.default_rng(seed).standard_normal(samples)
    soundfile.write(path, noise, 8000, subtype="FLOAT")
    return FEATURES(noise.astype(np.float32))


def test_read_labelled_sounds_takes_labels_and_the_test_part_from_the_names(tmp_path, capsys):
    names = [f"{digit}_{speaker}_{index}.wav" for digit in (0, 7) for speaker in ("ann", "bob") for index in (4, 5, 12)]
    frames = {name: save(tmp_path / name, seed, 700 + 90 * seed) for seed, name in enumerate(names)}
    (tmp_path / "7_bob_1.wav").write_text("no sound")
    rest, test = read_labelled_sounds(tmp_path, "text", FEATURES)
    assert test is not None
    assert "7_bob_1.wav" in capsys.readouterr().err
    assert set(rest.ids) == {name for name in names if "_4" not in name}
    assert set(test.ids) == {name for name in names if "_4" in name}
    for part in (rest, test):
        for name, each, label in zip(part.ids, part.frames, part.labels, strict=True):
            np.testing.assert_allclose(each, frames[name], atol=1e-5)
            assert label == {"0": "zero", "7": "seven"}[name[0]]
    speakers, _ = read_labelled_sounds(tmp_path, "speaker", FEATURES)
    assert [name.split("_")[1] for name in speakers.ids] == [*speakers.labels]
    with pytest.raises(InputError, match=r"7_bob_1\.wav is no sound"):
        read_labelled_sounds(tmp_path, "text", FEATURES, strict=True)


def test_read_labelled_sounds_reads_a_table_which_has_no_test_part(tmp_path):
    expected = save(tmp_path / "a.wav", 0)
    (tmp_path / "transcripts.csv").write_text("path,text,speaker\na.wav,yes,ann\n")
    rest, test = read_labelled_sounds(tmp_path, "text", FEATURES)
    assert (rest.labels, rest.columns[:2], test) == (("yes",), ("log_mel0", "log_mel1"), None)
    np.testing.assert_allclose(rest.frames[0], expected, atol=1e-5)


def test_read_labelled_sounds_names_a_folder_that_is_none(tmp_path):
    with pytest.raises(InputError, match="absent is no folder; name a folder of recordings"):
        read_labelled_sounds(tmp_path / "absent", "text", FEATURES)
    with pytest.raises(InputError, match="no recording can be read"):
        read_labelled_sounds(tmp_path, "text", FEATURES)


def test_generated_sounds_are_labelled_by_their_first_word_or_speaker():
    words, speakers = (generated_sounds(30, label, FEATURES) for label in ("text", "speaker"))
    assert set(words.labels) <= {"do", "re", "mi", "fa", "sol", "la", "si"}
    assert set(speakers.labels) <= {f"speaker{number}" for number in range(4)}
    assert words.frames[0].shape[1] == 12
