"""A cache of sounds that take long to make; see :mod:`seqjax.data.cache`."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from seqjax.data import cache

KIND = "sounds"
LARGEST = 2**30  # bytes

cache_folder = partial(cache.cache_folder, KIND)


def load_sounds(name: str) -> list[np.ndarray] | None:
    """The sounds that were stored under a name, ``int16 [N]`` each; None if there are none, or they are damaged."""
    arrays = cache.load_arrays(KIND, name)
    if not {"samples", "lengths"} <= arrays.keys():
        return None
    samples, lengths = arrays["samples"], arrays["lengths"]
    if samples.dtype != np.int16 or lengths.sum() != len(samples):
        return None
    return np.split(samples, np.cumsum(lengths)[:-1])


def store_sounds(name: str, sounds: Sequence[np.ndarray], largest: int = LARGEST) -> None:
    """Stores sounds ``int16 [N]`` under a name; all together may take ``largest`` bytes."""
    lengths = np.array([len(each) for each in sounds])
    cache.store_arrays(KIND, name, largest, samples=np.concatenate(sounds), lengths=lengths)
