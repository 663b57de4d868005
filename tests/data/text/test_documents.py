"""Documents: what is read from files, how bad files are reported, and how documents are split."""

import pytest

from seqjax.data.text.documents import Documents, read_documents, split_documents
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


def test_split_documents_assigns_each_document_by_its_text_alone():
    many = Documents("many", tuple(f"text {number}" for number in range(200)))
    parts = split_documents(many, (0.5, 0.25, 0.25), 0)
    assert sorted(text for part in parts for text in part.texts) == sorted(many.texts)
    assert [len(part) for part in parts] == pytest.approx([100, 50, 50], abs=20)
    assert all(part.whole for part in parts)
    fewer = split_documents(Documents("fewer", many.texts[:50]), (0.5, 0.25, 0.25), 0)
    assert all(set(small.texts) <= set(large.texts) for small, large in zip(fewer, parts, strict=True))
    with pytest.raises(ValueError, match="positive"):
        split_documents(many, (1.0, 0.0), 0)
