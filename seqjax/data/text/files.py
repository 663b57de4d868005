"""Text files as people have them: plain or compressed, with any line ends, in UTF-8, or in UTF-16 with its mark."""

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from seqjax.data.files import is_hidden
from seqjax.errors import InputError

UNPACK: dict[bytes, Callable[[bytes], bytes]] = {  # by the first bytes of a file
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ\x00": lzma.decompress,
}
COMPRESSED = (".gz", ".bz2", ".xz", ".zip")


def read_text(path: Path | str) -> str:
    r"""Reads a text file; lines end in ``\n``.

    The file may be compressed by gzip, bzip2 or xz, or be a zip archive of one text file. In an archive hidden files,
    those of the system and names that begin with "_" do not count. A byte order mark is dropped. ``\r`` ends a line in
    files without ``\n`` only.

    Raises:
      InputError: For a file that is missing, damaged, or no text in UTF-8.
    """
    path = Path(path).expanduser()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name a file in it") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its name and permissions") from None
    try:
        content = _unpacked(content, path)
    except InputError:
        raise
    except (zipfile.BadZipFile, lzma.LZMAError, zlib.error, OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} is damaged ({error}); download it again") from None
    except (RuntimeError, NotImplementedError) as error:  # a password, or an unusual compression
        raise InputError(f"{path} cannot be unpacked ({error}); unpack it and name the text file") from None
    text = _decoded(content, path).replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _unpacked(content: bytes, path: Path) -> bytes:
    for start, unpack in UNPACK.items():
        if content.startswith(start):
            return unpack(content)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if name[-1] != "/" and not is_hidden(PurePosixPath(name))]
            names = [name for name in names if not PurePosixPath(name).name.startswith("_")]
            if len(names) != 1:
                raise InputError(f"{path} must hold one text file, not {names}; unpack it and name one")
            return archive.read(names[0])
    if path.suffix.lower() in COMPRESSED:
        raise ValueError(f"it is no {path.suffix.lower()[1:]} file")
    return content


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
