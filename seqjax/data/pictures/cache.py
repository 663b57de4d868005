"""A cache of pictures that take long to draw; see :mod:`seqjax.data.cache`."""

from functools import partial

import numpy as np

from seqjax.data import cache

KIND = "pictures"
LARGEST = 2**28  # bytes

cache_folder = partial(cache.cache_folder, KIND)


def load_pictures(name: str) -> np.ndarray | None:
    """The pictures that were stored under a name, ``uint8 [N, S, S, 3]``; None if there are none, or are damaged."""
    pictures = cache.load_arrays(KIND, name).get("pictures")
    return pictures if pictures is not None and pictures.dtype == np.uint8 and pictures.ndim == 4 else None


def store_pictures(name: str, pictures: np.ndarray, largest: int = LARGEST) -> None:
    """Stores pictures ``uint8 [N, S, S, 3]`` under a name; all together may take ``largest`` bytes."""
    cache.store_arrays(KIND, name, largest, pictures=pictures)
