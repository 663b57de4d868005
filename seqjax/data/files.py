"""Files of the user and files of the system, and the content of compressed ones."""

import bz2
import gzip
import importlib.util
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePath, PurePosixPath

from seqjax.errors import InputError

SYSTEM = ("__macosx", "thumbs.db", "desktop.ini")  # files and folders that operating systems add
ZSTANDARD = b"\x28\xb5\x2f\xfd"
UNPACK: dict[bytes, Callable[[bytes], bytes]] = {  # by the first bytes of a file
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ\x00": lzma.decompress,
}
COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst")


def is_hidden(path: PurePath) -> bool:
    """True for a relative path that no user wrote: hidden (``.DS_Store``), of the system, or in such a folder."""
    return any(part.startswith(".") or part.lower() in SYSTEM for part in path.parts if part not in (".", ".."))


def read_content(path: Path) -> bytes:
    """Reads a file, and unpacks it if it is compressed; see :func:`unpacked`.

    Raises:
      InputError: For a file that is missing or damaged.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; name a file in it") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its name and permissions") from None
    read = unpacked(content, str(path))
    suffix = path.suffix.lower()
    if read is content and suffix in COMPRESSED:
        raise InputError(f"{path} is damaged (it is no {suffix[1:]} file); download it again")
    return read


def unpacked(content: bytes, name: str) -> bytes:
    """Unpacks what gzip, bzip2, xz or zstandard packed, or a zip archive of one file; returns other content as it is.

    In an archive hidden files, those of the system and names that begin with "_" do not count.

    Args:
      content: The bytes of a file.
      name: Its name, for messages.

    Raises:
      InputError: If it is damaged, an archive of several files or a workbook, or a library is not installed.
    """
    try:
        return _unpacked(content, name)
    except InputError:
        raise
    except (zipfile.BadZipFile, lzma.LZMAError, zlib.error, OSError, ValueError, EOFError) as error:
        raise InputError(f"{name} is damaged ({error}); download it again") from None
    except (RuntimeError, NotImplementedError) as error:  # a password, or an unusual compression
        raise InputError(f"{name} cannot be unpacked ({error}); unpack it and name the text file") from None


def _unpacked(content: bytes, name: str) -> bytes:
    for start, unpack in UNPACK.items():
        if content.startswith(start):
            return unpack(content)
    if content.startswith(ZSTANDARD):
        return _unpack_zstandard(content, name)
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "[Content_Types].xml" in archive.namelist():
                raise InputError(f"{name} is a workbook of Excel; save the sheet as CSV in UTF-8 and name that")
            names = [each for each in archive.namelist() if each[-1] != "/" and not is_hidden(PurePosixPath(each))]
            names = [each for each in names if not PurePosixPath(each).name.startswith("_")]
            if len(names) != 1:
                raise InputError(f"{name} must hold one text file, not {names}; unpack it and name one")
            return archive.read(names[0])
    return content


def _unpack_zstandard(content: bytes, name: str) -> bytes:
    if importlib.util.find_spec("pyarrow") is None:
        raise InputError(f"{name} is packed by zstandard, which needs pyarrow; install seqjax with its extra 'tables'")
    import pyarrow

    with pyarrow.CompressedInputStream(pyarrow.BufferReader(content), "zstd") as stream:
        text: bytes = stream.read()
    return text
