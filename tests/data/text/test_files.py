"""Text files of any kind are read, or refused in one sentence."""

import bz2
import gzip
import lzma
import zipfile

import pytest

from seqjax.data.text.files import read_text
from seqjax.errors import InputError

TEXT = "Größe\nzwei\n"
CONTENT = TEXT.encode()
FILES = {
    "plain.txt": CONTENT,
    "PLAIN.TXT": CONTENT,
    "mark.txt": b"\xef\xbb\xbf" + CONTENT,
    "windows.txt": CONTENT.replace(b"\n", b"\r\n"),
    "old_mac.txt": CONTENT.replace(b"\n", b"\r"),
    "utf16.txt": TEXT.encode("utf-16"),
    "powershell.txt": b"\xfe\xff" + TEXT.replace("\n", "\r\n").encode("utf-16-be"),
    "a.gz": gzip.compress(CONTENT),
    "A.GZ": gzip.compress(CONTENT[:5]) + gzip.compress(CONTENT[5:]),
    "a.bz2": bz2.compress(CONTENT),
    "a.txt.xz": lzma.compress(CONTENT),
    "without_ending": gzip.compress(b"\xef\xbb\xbf" + CONTENT),
}


@pytest.mark.parametrize("name", FILES)
def test_read_text_reads_every_form_of_a_text(tmp_path, name):
    (tmp_path / name).write_bytes(FILES[name])
    assert read_text(tmp_path / name) == TEXT


def test_read_text_keeps_a_carriage_return_inside_a_line(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a\rb\nc\n")
    assert read_text(tmp_path / "a.txt") == "a\rb\nc\n"


def test_read_text_finds_the_file_in_an_archive_of_a_mac(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.ZIP", "w") as archive:
        archive.writestr("fra/", "")
        archive.writestr("fra/fra.txt", TEXT)
        for name in ("__MACOSX/fra/._fra.txt", ".DS_Store", "fra/Thumbs.db", "_about.txt", ".git/x.txt"):
            archive.writestr(name, b"\x00\x05")
    assert read_text(tmp_path / "a.ZIP") == TEXT
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_text("~/a.ZIP") == TEXT


def damaged_zip() -> bytes:
    return b"PK\x03\x04 nothing"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.txt", None, "there is no file"),
        (
            "latin.txt",
            "café".encode("latin-1"),
            "is not UTF-8 text (unexpected end of data at byte 3); save",
        ),
        ("zero.txt", b"a\0b", "is not text; it has zero bytes"),
        ("utf16.txt", "a b".encode("utf-16-le"), "is not text; it has zero bytes"),
        ("odd.txt", b"\xff\xfea", "is not UTF-16 text"),
        ("a.gz", b"nothing", "is damaged (it is no gz file); download it again"),
        ("b.gz", gzip.compress(CONTENT, mtime=0)[:-6], "is damaged"),
        ("c.gz", gzip.compress(CONTENT, mtime=0)[:12] + b"nothing at all", "is damaged"),
        ("d.bz2", bz2.compress(CONTENT)[:-6], "is damaged"),
        ("e.xz", lzma.compress(CONTENT)[:-6], "is damaged"),
        ("f.zip", damaged_zip(), "is damaged"),
        ("g.zip", gzip.compress(b"a\0b", mtime=0), "is not text"),
    ],
)
def test_read_text_says_what_is_wrong_in_one_sentence(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_text(tmp_path / name)
    assert message in str(raised.value)
    assert str(tmp_path / name) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_read_text_refuses_archives_of_two_texts_and_folders(tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.txt", TEXT)
        archive.writestr("b.txt", TEXT)
    with pytest.raises(InputError, match=r"must hold one text file, not \['a.txt', 'b.txt'\]"):
        read_text(tmp_path / "two.zip")
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        read_text(tmp_path)
