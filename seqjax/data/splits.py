"""Random splits that depend on the contents of the data and a seed, not on their order."""

import hashlib
from collections.abc import Sequence

import numpy as np


def random_split(keys: Sequence[str], shares: Sequence[float], seed: int) -> tuple[np.ndarray, ...]:
    """Divides examples randomly into parts whose sizes are about in the ratio of ``shares``.

    The part of an example depends on its key and the seed alone: equal keys are in one part, and an example keeps its
    part when others are added or removed.

    Args:
      keys: A string for each of N examples, such as its text.
      shares: Relative sizes of the P parts, above 0.
      seed: Source of randomness.

    Returns:
      For each part the indices of its examples, in ascending order.

    Raises:
      ValueError: If a share is not positive.
    """
    if min(shares) <= 0:
        raise ValueError(f"shares must be positive, not {tuple(shares)}")
    bounds = np.cumsum(shares)[:-1] / sum(shares)
    part = np.searchsorted(bounds, [uniform_hash(key, seed) for key in keys], side="right")
    return tuple(np.flatnonzero(part == index) for index in range(len(shares)))


def uniform_hash(key: str, seed: int) -> float:
    """A number in [0, 1), uniformly distributed over keys, that depends on the key and the seed alone."""
    digest = hashlib.blake2b(f"{seed}\n{key}".encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
