"""A cache of sounds that take long to make, in the user's cache folder. Its size is bounded."""

import contextlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

LARGEST = 2**30  # bytes of all files; the ones that were used longest ago are removed


def cache_folder() -> Path:
    """The folder: ``seqjax/sounds`` in the user's cache folder, which XDG_CACHE_HOME names, else ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seqjax" / "sounds"


def load_sounds(name: str) -> list[np.ndarray] | None:
    """The sounds that were stored under a name, ``int16 [N]`` each; None if there are none, or they are damaged."""
    path = cache_folder() / f"{name}.npz"
    try:
        with path.open("rb") as file, np.load(file) as stored:
            samples, lengths = stored["samples"], stored["lengths"]
        if samples.dtype != np.int16 or lengths.sum() != len(samples):
            return None
        path.touch()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return np.split(samples, np.cumsum(lengths)[:-1])


def store_sounds(name: str, sounds: Sequence[np.ndarray], largest: int = LARGEST) -> None:
    """Stores sounds ``int16 [N]`` under a name, and removes the oldest until all take at most ``largest`` bytes.

    A folder that cannot be written is no error: the sounds are then made again the next time.
    """
    folder = cache_folder()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
            np.savez(file, samples=np.concatenate(sounds), lengths=np.array([len(each) for each in sounds]))
        Path(file.name).replace(folder / f"{name}.npz")
        files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > largest:
                path.unlink()
