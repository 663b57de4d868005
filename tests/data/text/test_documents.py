"""Documents: what is read from files, how bad files are reported, and how documents are split."""

import json

import pytest

from seqjax.data.text.documents import Documents, documents_record, read_documents, split_documents
from seqjax.errors import InputError


def test_read_documents_from_folders_files_and_lines(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "two.txt").write_bytes("\ufeffone\r\ntwo\n".encode())
    (tmp_path / "b.txt").write_text("three\n\n \nfour")
    (tmp_path / "empty.txt").write_text("\n")
    assert read_documents(tmp_path).texts == ("one\ntwo\n", "three\n\n \nfour")
    assert read_documents(tmp_path / "b.txt", lines=True).texts == ("three", "four")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no file"),
        (b"", "is empty; a language model needs text to learn from"),
        (b"abc\xff", "is not UTF-8 text (invalid start byte at byte 3)"),
        (b"abc\x00d", "is not text; it has zero bytes"),
    ],
)
def test_read_documents_names_a_file_that_is_not_text(tmp_path, content, message):
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_documents(file)
    assert message in str(raised.value)
    assert str(file) in str(raised.value)


def test_read_documents_names_a_folder_without_texts(tmp_path):
    with pytest.raises(InputError, match=r"has no \.txt file"):
        read_documents(tmp_path)


def test_split_documents_divides_a_single_document_by_position():
    parts = split_documents(Documents("one", ("abcdefghij",)), (0.8, 0.1, 0.1), 0)
    assert [part.texts for part in parts] == [("abcdefgh",), ("i",), ("j",)]
    assert not any(part.whole for part in parts)


def test_split_documents_by_counts_of_characters_and_of_documents():
    parts = split_documents(Documents("one", ("abcdefghij",)), (4, 2, 1), 0)
    assert [part.texts for part in parts] == [("abcd",), ("ef",), ("g",)]
    many = Documents("many", tuple(f"text {number}" for number in range(20)))
    assert [len(part) for part in split_documents(many, (4, 2, 1), 0)] == [4, 2, 1]


def test_split_documents_divides_documents_in_the_ratio_of_the_shares():
    many = Documents("many", tuple(f"text {number}" for number in range(200)))
    parts = split_documents(many, (0.5, 0.25, 0.25), 0)
    assert sorted(text for part in parts for text in part.texts) == sorted(many.texts)
    assert [len(part) for part in parts] == [100, 50, 50]
    assert all(part.whole for part in parts)
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        split_documents(many, (1.0, 0.0), 0)


def test_split_documents_repeats_a_recorded_split():
    many = Documents("many", tuple(f"text {number}" for number in range(200)))
    parts = split_documents(many, (0.5, 0.25, 0.25), 0)
    record = json.loads(json.dumps(documents_record(parts)))
    more = Documents("more", ("new", *many.texts[:100]))
    now = split_documents(more, (0.5, 0.25, 0.25), 0, record)
    assert now[0].texts == ("new", *(text for text in parts[0].texts if text in many.texts[:100]))
    assert now[2].texts == tuple(text for text in parts[2].texts if text in many.texts[:100])


@pytest.mark.parametrize("sizes", [(0.6, 0.2, 0.2), (600, 200, 100)])
def test_split_documents_finds_the_sections_of_a_changed_text_again(sizes):
    text = " ".join(map(str, range(1000)))[:1000]
    parts = split_documents(Documents("one", (text,)), sizes, 0)
    record = json.loads(json.dumps(documents_record(parts)))
    sections = [part.texts[0] for part in parts]
    for before, after in (("", ""), ("new at the head. ", ""), ("", " new at the end"), ("x" * 500, "y" * 500)):
        changed = before + text + after
        now = [part.texts[0] for part in split_documents(Documents("one", (changed,)), sizes, 0, record)]
        assert now == [before + sections[0], sections[1], sections[2] + (after if sizes[0] < 1 else "")]
    shorter = [part.texts[0] for part in split_documents(Documents("one", (text[50:],)), sizes, 0, record)]
    assert shorter == [sections[0][50:], *sections[1:]]
    new = [part.texts[0] for part in split_documents(Documents("one", ("z" * 1000,)), sizes, 0, record)]
    assert list(map(len, new)) == list(map(len, sections)), "a new text is divided as if there were no record"
    with pytest.raises(InputError, match="one lacks the beginning of a part of the run; train on another workdir"):
        split_documents(Documents("one", (text[:700],)), sizes, 0, record)
    with pytest.raises(InputError, match="two holds 2 texts, but the run divided a single one"):
        split_documents(Documents("two", ("a", "b")), sizes, 0, record)


def test_split_documents_takes_the_nearest_of_equal_beginnings():
    text = "to be or not to be, " * 50
    parts = split_documents(Documents("one", (text,)), (0.6, 0.2, 0.2), 0)
    record = documents_record(parts)
    now = split_documents(Documents("one", (f"Oh: {text}",)), (0.6, 0.2, 0.2), 0, record)
    assert [len(part.texts[0]) for part in now] == [604, 200, 200]
