"""Arrays that take long to make, kept in the user's cache folder. The size of each kind is bounded."""

import contextlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np


def cache_folder(kind: str) -> Path:
    """The folder ``seqjax/KIND`` in the user's cache folder, which XDG_CACHE_HOME names, else ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqjax" / kind


def load_arrays(kind: str, name: str) -> dict[str, np.ndarray]:
    """The arrays that were stored under a name; empty if there are none, or they are damaged."""
    path = cache_folder(kind) / f"{name}.npz"
    try:
        with path.open("rb") as file, np.load(file) as stored:
            arrays = dict(stored)
        path.touch()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}
    return arrays


def store_arrays(kind: str, name: str, largest: int, **arrays: np.ndarray) -> None:
    """Stores arrays under a name, and removes those of the kind that were used longest ago.

    A folder that cannot be written is no error: the arrays are then made again the next time.

    Args:
      kind: Name of the folder.
      name: Name of the file.
      largest: Bytes that all files of the kind may take.
      **arrays: The arrays.
    """
    folder = cache_folder(kind)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False)  # noqa: SIM115, closed below
        try:
            with file:
                np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
            Path(file.name).replace(folder / f"{name}.npz")
        finally:
            Path(file.name).unlink(missing_ok=True)  # where the disk is full
        total = 0
        for path in sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True):
            total += path.stat().st_size
            if total > largest:
                path.unlink()
