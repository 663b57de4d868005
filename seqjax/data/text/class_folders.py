"""Files of folders by class, and of tar and zip archives of such folders."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import NamedTuple

from seqjax.data.files import is_hidden
from seqjax.errors import InputError

UNLABELLED = "unsup"  # the folder of aclImdb with unlabelled reviews
DAMAGE = (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, lzma.LZMAError, zlib.error, NotImplementedError)


class ClassFile(NamedTuple):
    """A file in the folder of a class.

    Attributes:
      label: Name of the folder.
      path: Path of the file, for messages.
      content: Its bytes.
      fault: Why it could not be read; empty if it was.
    """

    label: str
    path: str
    content: bytes
    fault: str = ""


def read_folder(folder: Path, warn: Callable[[str], None]) -> list[ClassFile]:
    """Reads the ``.txt`` files in the folders of a folder, sorted by path. Hidden ones are not read.

    Args:
      folder: The folder; a folder in it is a class unless it holds further folders.
      warn: Called with a sentence on a folder that is no class.

    Raises:
      InputError: If the folder cannot be listed.
    """
    files = []
    for label in _visible(folder):
        if not label.is_dir() or label.name == UNLABELLED:
            continue
        inside = _visible(label)
        texts = [file for file in inside if file.suffix.lower() == ".txt" and not file.is_dir()]
        folders = [each for each in inside if each.is_dir()]
        if folders:  # It is a part, such as train, not a class.
            warn(f"{label} holds folders, such as {folders[0].name}, and is not read as a class")
        elif not texts:
            warn(f"{label} holds no .txt file, and is not read as a class")
        else:
            files += [_read(label.name, file) for file in texts]
    return files


def archive_of(path: Path) -> Path | None:
    """The tar or zip archive that a path names, or names a folder in."""
    file = next((each for each in (path, *path.parents) if each.is_file()), None)
    try:
        is_archive = file is not None and (tarfile.is_tarfile(file) or zipfile.is_zipfile(file))
    except DAMAGE:
        return None
    return file if is_archive else None


def read_archive(archive: Path, part: str) -> list[ClassFile]:
    """Reads the ``.txt`` files of an archive's folder ``part``, sorted by path; "." stands for its only folder.

    Raises:
      InputError: If the archive is damaged, or holds several such folders and ``part`` does not name one.
    """
    parts: dict[str, list[ClassFile]] = {}
    try:
        for path, content in _members(archive):
            if path.suffix.lower() != ".txt" or len(path.parts) < 2 or is_hidden(path):
                continue
            folder, label = path.parent.parent, path.parent.name
            if label != UNLABELLED and part in (".", folder.name, folder.as_posix()):
                file = ClassFile(label, f"{archive}/{path}", content())
                parts.setdefault(folder.as_posix(), []).append(file)
    except DAMAGE as error:
        raise InputError(f"{archive} is damaged ({error}); download it again") from None
    except RuntimeError as error:  # of zipfile, for a file that needs a password
        raise InputError(f"{archive} cannot be read ({error}); unpack it and name the folder") from None
    # A folder that holds classes is a part, such as train, not a class.
    parts = {
        name: [file for file in files if PurePosixPath(name, file.label).as_posix() not in parts]
        for name, files in parts.items()
    }
    parts = {name: files for name, files in parts.items() if files}
    if len(parts) > 1:
        raise InputError(f"{archive} holds {', '.join(map(repr, sorted(parts)))}; name one: {archive}/{min(parts)}")
    return sorted(next(iter(parts.values()), []), key=lambda file: file.path)


def _members(archive: Path) -> Iterator[tuple[PurePosixPath, Callable[[], bytes]]]:
    """Paths of an archive's files, and functions that read them."""
    if tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield PurePosixPath(member.name), file.read
    else:
        with zipfile.ZipFile(archive) as packed:
            for entry in packed.infolist():
                if not entry.is_dir():
                    yield PurePosixPath(entry.filename), lambda entry=entry: packed.read(entry)  # type: ignore[misc]


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if not is_hidden(PurePath(each.name)))
    except OSError as error:
        raise InputError(f"{folder} cannot be listed ({error.strerror}); change its permissions") from None


def _read(label: str, file: Path) -> ClassFile:
    try:
        return ClassFile(label, str(file), file.read_bytes())
    except OSError as error:
        return ClassFile(label, str(file), b"", error.strerror or "it cannot be read")
