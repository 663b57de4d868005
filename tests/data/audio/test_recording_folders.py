"""Folders of recordings: tables, Sphinx's layout and the names of spoken digits; a bad file does not stop a folder."""

import numpy as np
import pytest
import soundfile

from seqjax.data.audio.folders import (
    digit_index,
    read_digits,
    read_sphinx,
    read_sphinx_features,
    read_table,
    word_list,
)
from seqjax.data.audio.recordings import join_words, remark, split_by_speaker
from seqjax.errors import InputError

RATE = 8000


def wav(path, seconds=0.1):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE)), RATE)


def mfc(path, frames):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(np.array(frames.size, ">i4").tobytes() + frames.astype(">f4").tobytes())


def test_table_names_paths_texts_and_speakers(tmp_path, capsys):
    wav(tmp_path / "a.wav")
    wav(tmp_path / "more" / "b.wav", 0.2)
    (tmp_path / "bad.wav").write_text("no sound")
    rows = ["path,text,speaker", "a.wav,Hello there,ann", 'more/b.wav,"Stop, now",ben', "bad.wav,x,ben", "no.wav,y,c"]
    (tmp_path / "transcripts.csv").write_text("\n".join(rows))
    recordings = read_table(tmp_path, RATE)
    assert recordings.names == ("a.wav", "more/b.wav")
    assert recordings.texts == ("Hello there", "Stop, now")
    assert recordings.speakers == ("ann", "ben")
    assert [len(sound) for sound in recordings.sounds] == [800, 1600]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("recordings that cannot be read and are not used, of")
    assert "bad.wav" in line
    assert "no.wav" in line
    with pytest.raises(InputError, match=r"bad.wav is no sound file .*; data.strict=False passes over"):
        read_table(tmp_path, RATE, strict=True)


def test_table_without_speakers_takes_each_file_as_one(tmp_path):
    wav(tmp_path / "a.wav")
    (tmp_path / "transcripts.tsv").write_text('path\ttext\na.wav\tthe "x"\n')
    recordings = read_table(tmp_path, RATE)
    assert recordings.speakers == ("a.wav",)
    assert recordings.texts == ('the "x"',)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("path,text\na.wav,\n", "line 2, column 'text' is empty"),
        ("path,text\n,hello\n", "line 2, column 'path' is empty"),
        ("file,text\na.wav,hello\n", "has no column 'path'"),
        ("path,text\nno.wav,hello\n", "no recording can be read; there is no file"),
        ("path,text\n", "no recording can be read"),
    ],
)
def test_bad_table_is_named_in_one_sentence(tmp_path, table, message):
    (tmp_path / "transcripts.csv").write_text(table)
    with pytest.raises(InputError, match=message) as error:
        read_table(tmp_path, RATE)
    assert "transcripts.csv" in str(error.value)


def test_row_without_a_text_or_path_is_left_out_and_named(tmp_path, capsys):
    wav(tmp_path / "a.wav")
    (tmp_path / "transcripts.csv").write_text("path,text\na.wav,hello\na.wav,  \n,there\n")
    assert read_table(tmp_path, RATE).texts == ("hello",)
    (line,) = capsys.readouterr().err.splitlines()
    assert "no path or no text and are not used" in line
    assert "2 (line 3, column 'text' is empty, line 4, column 'path' is empty)" in line
    with pytest.raises(InputError, match=r"transcripts.csv: line 3, column 'text' is empty; fill it in"):
        read_table(tmp_path, RATE, strict=True)


def test_digits_are_read_by_their_names(tmp_path):
    for name in ("7_jackson_32.wav", "0_ann_4.wav", "readme.wav"):
        wav(tmp_path / name)
    recordings = read_digits(tmp_path, RATE)
    assert recordings.names == ("0_ann_4.wav", "7_jackson_32.wav")
    assert recordings.texts == ("zero", "seven")
    assert recordings.speakers == ("ann", "jackson")
    assert [digit_index(name) for name in recordings.names] == [4, 32]


def corpus(folder):
    (folder / "etc").mkdir()
    (folder / "etc" / "x_train.fileids").write_text("set/ann/one\nset/ben/two\n")
    (folder / "etc" / "x_train.transcription").write_text("<s> HELLO THERE </s> (one)\nSTOP (two)\n")
    frames = np.arange(26.0).reshape(2, 13)
    mfc(folder / "feat" / "set" / "ann" / "one.mfc", frames)
    mfc(folder / "feat" / "set" / "ben" / "two.mfc", -frames)
    return frames


def test_sphinx_corpus_is_read(tmp_path):
    frames = corpus(tmp_path)
    recordings = read_sphinx(tmp_path, "train", 13)
    assert recordings.texts == ("HELLO THERE", "STOP")
    assert recordings.speakers == ("ann", "ben")
    np.testing.assert_array_equal(recordings.sounds[0], frames)
    np.testing.assert_array_equal(recordings.sounds[1], -frames)


def test_sphinx_corpus_whose_lists_disagree_is_refused(tmp_path):
    corpus(tmp_path)
    with pytest.raises(InputError, match=r"has no file \*_test.fileids"):
        read_sphinx(tmp_path, "test", 13)
    lists = tmp_path / "etc" / "x_train.transcription"
    lists.write_text("HELLO (two)\nSTOP (one)\n")
    with pytest.raises(InputError, match=r"line 1 does not end with \(one\)"):
        read_sphinx(tmp_path, "train", 13)
    lists.write_text("HELLO (one)\n")
    with pytest.raises(InputError, match=r"has 1 lines, but .* has 2"):
        read_sphinx(tmp_path, "train", 13)


def test_damaged_features_are_refused(tmp_path):
    path = tmp_path / "a.mfc"
    mfc(path, np.ones((2, 13)))
    with pytest.raises(InputError, match="26 features, no multiple of 12"):
        read_sphinx_features(path, 12)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match="damaged"):
        read_sphinx_features(path, 13)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="damaged"):
        read_sphinx_features(path, 13)
    mfc(path, np.full((1, 13), np.nan))
    with pytest.raises(InputError, match="no finite numbers"):
        read_sphinx_features(path, 13)
    with pytest.raises(InputError, match="cannot be read"):
        read_sphinx_features(tmp_path / "b.mfc", 13)


def test_word_list_is_that_of_the_unigrams(tmp_path):
    (tmp_path / "etc").mkdir()
    with pytest.raises(InputError, match="has no word list"):
        word_list(tmp_path)
    lines = [
        "\\1-grams:",
        "p_1 wd_1 bo_wt_1",
        "\\2-grams:",
        "\\data\\",
        "\\1-grams:",
        "-2.0 <UNK> 0.0",
        "-2.0\tA\t0.0",
        "-2.0\tAND\t0.0",
        "",
        "\\2-grams:",
        "-1 A B",
    ]
    (tmp_path / "etc" / "x.ug.lm").write_text("\n".join(lines))
    assert word_list(tmp_path) == ["A", "AND"]


def test_a_speaker_is_in_one_part(tmp_path):
    for index in range(40):
        wav(tmp_path / f"{index % 10}_{'abcdefgh'[index % 8]}_{index}.wav", 0.05)
    recordings = read_digits(tmp_path, RATE)
    parts = split_by_speaker(recordings, (0.5, 0.25, 0.25), 0)
    assert sum(map(len, parts)) == 40
    speakers = [set(part.speakers) for part in parts]
    assert not speakers[0] & speakers[1]
    assert not speakers[0] & speakers[2]


def test_strings_are_of_one_speaker_with_pauses(tmp_path):
    for index in range(12):
        wav(tmp_path / f"{index % 10}_{'ab'[index % 2]}_{index}.wav", 0.05)
    recordings = read_digits(tmp_path, RATE)
    strings = join_words(recordings, 30, 4, RATE, np.random.default_rng(0))
    lengths = dict(zip(recordings.names, map(len, recordings.sounds), strict=True))
    numbers = set()
    for name, sound, text, speaker in zip(strings.names, strings.sounds, strings.texts, strings.speakers, strict=True):
        words = name.split("+")
        numbers.add(len(words))
        assert all(f"_{speaker}_" in word for word in words)
        assert text == " ".join(recordings.texts[recordings.names.index(word)] for word in words)
        pauses = len(sound) - sum(lengths[word] for word in words)
        assert 0 <= pauses <= (len(words) - 1) * RATE // 5
    assert numbers == {1, 2, 3, 4}


def test_remark_names_the_first(capsys):
    remark([], "never")
    remark(["a", "b", "c", "d"], "are odd")
    assert capsys.readouterr().err == "recordings that are odd: 4 (a, b, c, ...)\n"
