"""The identity of the data that a run was made with: a hash of every file, and the versions of packages."""

import hashlib
import importlib.metadata
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqjax.data.files import is_hidden
from seqjax.errors import InputError


class Sources(NamedTuple):
    """The origin of data.

    Attributes:
      files: The files that are read.
      packages: Distributions that bring or generate data.
    """

    files: tuple[Path, ...] = ()
    packages: tuple[str, ...] = ()


def files_at(*paths: Path | str, endings: Sequence[str] = ()) -> tuple[Path, ...]:
    """The files that paths name: files, folders with all that is in them but hidden files, and parts of archives.

    Args:
      *paths: An empty one names no file; ``archive.tar/part`` names the archive.
      endings: Of a folder, the only endings that count, in small letters, such as ".txt"; empty for all.
    """
    files: list[Path] = []
    for path in (Path(each).expanduser() for each in paths if each):
        archive = next((parent for parent in path.parents if parent.is_file()), None)
        if path.is_dir():
            inside = (each for each in path.rglob("*") if each.is_file() and not is_hidden(each.relative_to(path)))
            files += [each for each in inside if not endings or each.name.lower().endswith(tuple(endings))]
        else:
            files.append(archive or path)
    return tuple(files)


def fingerprint(
    files: Iterable[Path], packages: Iterable[str], known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Identifies data by its bytes.

    Args:
      files: The files that were read.
      packages: Distributions that brought or generated data.
      known: An earlier fingerprint. A file whose size and time of change are those recorded there is not hashed again.

    Returns:
      ``files``: by path ``size``, ``changed`` (nanoseconds) and ``sha256``; ``packages``: versions by name.
    """
    before = (known or {}).get("files", {})
    return {
        "files": {str(path): _identify(path, before.get(str(path))) for path in sorted(set(files))},
        "packages": {name: _version(name) for name in sorted(set(packages))},
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The differences between two fingerprints, in words; files that are equal byte for byte count as unchanged.

    Files are compared in the order of their names, so that a folder may have moved, but files may not change places.
    """
    hashes = [{name: file["sha256"] for name, file in each.get("files", {}).items()} for each in (before, after)]
    if [*hashes[0].values()] != [*hashes[1].values()]:  # in the order of their names
        names = sorted(hashes[0].keys() | hashes[1].keys())
        found = [_change(name, hashes[0].get(name), hashes[1].get(name)) for name in names]
        files = [each for each in found if each]
    else:
        files = []
    versions = [each.get("packages", {}) for each in (before, after)]
    packages = [
        f"package {name} was {versions[0].get(name, 'absent')} and is {versions[1].get(name, 'absent')}"
        for name in sorted(versions[0].keys() | versions[1].keys())
        if versions[0].get(name) != versions[1].get(name)
    ]
    return files + packages


def _change(name: str, before: str | None, after: str | None) -> str:
    if before == after:
        return ""
    return f"{name} is {'new' if before is None else 'gone' if after is None else 'changed'}"


def _identify(path: Path, known: Mapping[str, Any] | None) -> dict[str, Any]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or device, which can be read once only"
            raise InputError(f"{path} is {kind}; name a file")
        size, changed = status.st_size, status.st_mtime_ns
        if known and (known["size"], known["changed"]) == (size, changed):
            return dict(known)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None
    return {"size": size, "changed": changed, "sha256": digest}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"
