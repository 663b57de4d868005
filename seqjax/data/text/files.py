"""Text files as people have them: plain or compressed, with any line ends, in UTF-8, or in UTF-16 with its mark."""

import codecs
from pathlib import Path

from seqjax.data.files import read_content
from seqjax.errors import InputError


def read_text(path: Path | str) -> str:
    r"""Reads a text file; lines end in ``\n``.

    The file may be compressed by gzip, bzip2 or xz, or be a zip archive of one text file. In an archive hidden files,
    those of the system and names that begin with "_" do not count. A byte order mark is dropped. ``\r`` ends a line in
    files without ``\n`` only.

    Raises:
      InputError: For a file that is missing, damaged, or no text in UTF-8.
    """
    path = Path(path).expanduser()
    content = read_content(path)
    text = _decoded(content, path).replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _decoded(content: bytes, path: Path) -> str:
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        form = "UTF-16" if is_utf16 else "UTF-8"
        raise InputError(
            f"{path} is not {form} text ({error.reason} at byte {error.start}); save it in UTF-8"
        ) from None
    if "\0" in text:
        raise InputError(f"{path} is not text; it has zero bytes")
    return text
