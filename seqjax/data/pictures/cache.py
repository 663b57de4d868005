"""A cache of pictures that take long to draw, in the user's cache folder. Its size is bounded."""

import contextlib
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

LARGEST = 2**28  # bytes of all files; the ones that were used longest ago are removed


def cache_folder() -> Path:
    """The folder: ``seqjax/pictures`` in the user's cache folder, which XDG_CACHE_HOME names, else ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqjax" / "pictures"


def load_pictures(name: str) -> np.ndarray | None:
    """The pictures that were stored under a name, ``uint8 [N, S, S, 3]``; None if there are none, or are damaged."""
    path = cache_folder() / f"{name}.npz"
    try:
        with path.open("rb") as file, np.load(file) as stored:
            pictures = stored["pictures"]
        path.touch()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return pictures if pictures.dtype == np.uint8 and pictures.ndim == 4 else None


def store_pictures(name: str, pictures: np.ndarray, largest: int = LARGEST) -> None:
    """Stores ``uint8 [N, S, S, 3]`` under a name, and removes the oldest until all take at most ``largest`` bytes.

    A folder that cannot be written is no error: the pictures are then drawn again the next time.
    """
    folder = cache_folder()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            np.savez_compressed(file, pictures=pictures)
        Path(file.name).replace(folder / f"{name}.npz")
        files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > largest:
                path.unlink()
