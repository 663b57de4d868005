"""Documents: what is read from files, how bad files are reported, and how documents are split."""

import gzip
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


def test_read_documents_takes_texts_of_any_ending_and_no_hidden_files(tmp_path):
    for name in ("C.TXT", "sub/B.Txt", "d.txt.gz", ".hidden.txt", ".git/x.txt", "__MACOSX/._a.txt", "._a.txt", "e.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(gzip.compress(b"packed") if name.endswith("gz") else name.encode())
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "C-checkpoint.txt").write_text("old")
    assert read_documents(tmp_path).texts == ("C.TXT", "packed", "sub/B.Txt")
    hidden = tmp_path / ".git"
    assert read_documents(hidden).texts == (".git/x.txt",)  # It was named.


def test_read_documents_skips_bad_files_of_a_folder_unless_strict(tmp_path):
    for name, content in {"a": b"good", "b": b"\xff\xff", "c": b"a\0", "d": b"fine"}.items():
        (tmp_path / f"{name}.txt").write_bytes(content)
    documents = read_documents(tmp_path, strict=False)
    assert documents.texts == ("good", "fine")
    assert [sentence.partition(".txt ")[2][:11] for sentence in documents.skipped] == ["is not UTF-", "is not text"]
    with pytest.raises(InputError, match=r"b\.txt is not UTF-8 text"):
        read_documents(tmp_path, strict=True)
    for name in ("a", "d"):
        (tmp_path / f"{name}.txt").unlink()
    with pytest.raises(InputError, match=r"no \.txt file of .* can be read; .*b\.txt is not UTF-8 text"):
        read_documents(tmp_path, strict=False)
    with pytest.raises(InputError, match=r"c\.txt is not text"):
        read_documents(tmp_path / "c.txt", strict=False)


def test_read_documents_ends_a_line_at_line_feeds_only(tmp_path):
    (tmp_path / "a.txt").write_text("one\u2028two\x0cthree\nfour\n", encoding="utf-8")
    assert read_documents(tmp_path / "a.txt", lines=True).texts == ("one\u2028two\x0cthree", "four")


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
