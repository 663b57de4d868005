"""Documents, their parts, and streams of tokens."""

import numpy as np
import pytest

from seqjax.data.text.documents import (
    ChunkedStreams,
    Documents,
    parallel_streams,
    read_documents,
    split_documents,
    stream,
)
from seqjax.data.text.names import names
from seqjax.errors import InputError
from seqjax.tokens import BOS, EOS, PAD


def test_files_folders_and_lines(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "two.txt").write_bytes("\ufeffone\r\ntwo\n".encode())
    (tmp_path / "b.txt").write_text("three\n\n \nfour")
    (tmp_path / "empty.txt").write_text("\n")
    assert read_documents(tmp_path).texts == ("one\ntwo\n", "three\n\n \nfour")
    assert read_documents(tmp_path / "b.txt", lines=True).texts == ("three", "four")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no file"),
        (b"", "is empty; there is nothing to learn from"),
        (b"abc\xff", "is no UTF-8 text (invalid start byte at byte 3)"),
        (b"abc\x00d", "is no text; it holds zero bytes"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, content, sentence):
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_documents(file)
    assert sentence in str(raised.value)
    assert str(file) in str(raised.value)


def test_a_folder_without_texts_is_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no \.txt file"):
        read_documents(tmp_path)


def test_one_text_is_cut_by_position_and_several_by_chance():
    parts = split_documents(Documents("one", ("abcdefghij",)), (0.8, 0.1, 0.1), 0)
    assert [part.texts for part in parts] == [("abcdefgh",), ("i",), ("j",)]
    assert not any(part.whole for part in parts)
    many = Documents("many", tuple(f"text {number}" for number in range(200)))
    parts = split_documents(many, (0.5, 0.25, 0.25), 0)
    assert sorted(text for part in parts for text in part.texts) == sorted(many.texts)
    assert [len(part) for part in parts] == pytest.approx([100, 50, 50], abs=20)
    fewer = split_documents(Documents("fewer", many.texts[:50]), (0.5, 0.25, 0.25), 0)
    assert all(set(small.texts) <= set(large.texts) for small, large in zip(fewer, parts, strict=True))
    with pytest.raises(ValueError, match="positive"):
        split_documents(many, (1.0, 0.0), 0)


DOCUMENTS = [np.array(each, np.int32) for each in ([4, 5, 6], [7], [], [8, 9])]


def test_every_token_is_a_target_once():
    tokens = stream(DOCUMENTS, whole=True)
    assert tokens.targets[0].tolist() == [4, 5, 6, EOS, 7, EOS, EOS, 8, 9, EOS]
    assert tokens.inputs[0].tolist() == [BOS, 4, 5, 6, BOS, 7, BOS, BOS, 8, 9]
    assert np.flatnonzero(tokens.starts[0]).tolist() == [0, 4, 6, 7]
    cut = stream(DOCUMENTS, whole=False)
    assert cut.targets[0].tolist() == [4, 5, 6, 7, 8, 9]
    assert cut.inputs[0].tolist() == [BOS, 4, 5, BOS, BOS, 8]


def test_streams_beside_each_other_hold_whole_documents():
    tokens = parallel_streams(DOCUMENTS, 2, whole=True)
    assert tokens.targets.shape == (2, 5)
    found = tokens.targets[tokens.targets != PAD]
    assert sorted(found.tolist()) == sorted(stream(DOCUMENTS, whole=True).targets[0].tolist())
    assert tokens.starts.sum() == 4
    assert parallel_streams(DOCUMENTS[:1], 9, whole=False).targets.tolist() == [[4, 5, 6]]


def test_chunks_go_on_where_the_last_one_ended():
    text = stream([np.arange(4, 104)], whole=False)
    order = ChunkedStreams(text, 3, 5, seed=0)
    assert order.steps_per_epoch == 6
    first = [order[step] for step in range(6)]
    rows = np.concatenate([chunk.targets for chunk in first], axis=1)
    assert np.all(np.diff(rows) % 100 == 1)  # Every row goes on without a gap, but from the end to the beginning.
    assert len(np.unique(rows)) == 90
    starts = np.concatenate([chunk.starts for chunk in first], axis=1)
    assert starts[:, 0].all()
    joined = np.argwhere(starts[:, 1:])
    assert all(rows[row, column + 1] == 4 for row, column in joined)  # Where the text begins, and nowhere else.
    assert not np.array_equal(order[6].targets, first[0].targets)  # The next epoch begins elsewhere,
    np.testing.assert_array_equal(order[2].targets, first[2].targets)  # and a step is what it was.
    with pytest.raises(ValueError, match="100 tokens are too few for 3 rows of 34"):
        ChunkedStreams(text, 3, 34, seed=0)


def test_the_names_are_many_and_each_stands_once():
    found = names()
    assert len(found) == len(set(found)) > 800
    assert {"French", "France", "Zulu"} <= {*found}
    assert list(found) == sorted(found)
