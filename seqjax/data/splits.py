"""Random splits into parts that depend on the contents of the data and a seed, not on their order."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

Record = Sequence[Sequence[str]]


def is_counts(sizes: Sequence[float | int]) -> bool:
    """True if the sizes of parts are numbers of examples, False if they are shares.

    Args:
      sizes: Whole numbers of at least 1, or shares above 0 and below 1.

    Raises:
      ValueError: For anything else.
    """
    if all(0 < size < 1 for size in sizes):
        return False
    if all(size >= 1 and size % 1 == 0 for size in sizes):
        return True
    raise ValueError(f"parts must be shares between 0 and 1, or whole numbers of at least 1, not {tuple(sizes)}")


def random_split(
    keys: Sequence[str],
    sizes: Sequence[float | int],
    seed: int,
    *,
    strata: Sequence[str] | None = None,
    record: Record | None = None,
) -> tuple[np.ndarray, ...]:
    """Divides examples randomly into parts, each stratum in the same ratio.

    Equal keys are in one part. Within a stratum, keys are ordered by a hash and divided by number of examples. The
    first part, for training, has examples of every stratum; others may lack rare ones. No part is empty unless there
    are too few distinct keys. The parts together have the sizes asked for, as far as groups of equal keys allow.

    The split depends on all keys: when examples come or go, others may change parts. With the record of an earlier
    split each known key keeps its part. New keys are then in the first part if the sizes are shares, else in none. Keys
    that are all new are divided as without a record.

    Args:
      keys: A string for each of N examples, such as its text.
      sizes: Sizes of the P parts: shares, of which only the ratio counts, or numbers of examples (:func:`is_counts`).
      seed: Source of randomness.
      strata: A stratum for each example, such as its class; None for a single one. Equal keys with several count as
        the most frequent one.
      record: The result of :func:`split_record` for an earlier split.

    Returns:
      For each part the indices of its examples, in ascending order. With numbers of examples, the rest is in no part.

    Raises:
      ValueError: If the sizes are neither shares nor counts, or the counts exceed N.
    """
    used, are_counts = len(sizes), is_counts(sizes)
    part_of = {digest: index for index, digests in enumerate(record or ()) for digest in digests}
    recorded = [part_of.get(_digest(key).hex()) for key in keys]
    if any(index is not None for index in recorded):
        place = np.array([(-1 if are_counts else 0) if index is None else index for index in recorded])
        return tuple(np.flatnonzero(place == index) for index in range(used))
    if are_counts:
        if sum(sizes) > len(keys):
            raise ValueError(f"parts of {tuple(sizes)} examples are more than the {len(keys)} there are")
        sizes = [*sizes, len(keys) - sum(sizes)]
    groups: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    rest = _stratified(groups, strata, seed)
    weights = {key: len(rows) for key, rows in groups.items()}
    parts: list[list[list[str]]] = []
    for index, size in enumerate(sizes):
        total = sum(sizes[index:])
        part, rest = _divide(rest, size / total if total else 1.0, weights, at_least=int(index == 0))
        parts.append(part)
    _fill(parts, used)
    rows = ([row for stratum in part for key in stratum for row in groups[key]] for part in parts[:used])
    return tuple(np.array(sorted(each), int) for each in rows)


def split_record(parts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Records a split as JSON values: short hashes of the keys of each part, sorted, for :func:`random_split`."""
    return [sorted({_digest(key).hex() for key in part}) for part in parts]


def uniform_hash(key: str, seed: int) -> float:
    """A number in [0, 1), uniformly distributed over keys, that depends on the key and the seed alone."""
    return int.from_bytes(_digest(f"{seed}\n{key}"), "big") / 2**64


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest()


def _stratified(groups: Mapping[str, Sequence[int]], strata: Sequence[str] | None, seed: int) -> list[list[str]]:
    """The keys of each stratum in the order of their hashes; strata with few keys first."""
    order = sorted(groups, key=lambda key: (uniform_hash(key, seed), key))
    if strata is None:
        return [order]
    labels = {key: Counter(strata[row] for row in groups[key]) for key in order}
    chosen = {key: min(counts, key=lambda label: (-counts[label], label)) for key, counts in labels.items()}
    for label in sorted(set(strata) - set(chosen.values())):  # Its only key is then in the first part.
        chosen[next(key for key in order if label in labels[key])] = label
    members: dict[str, list[str]] = {}
    for key in order:
        members.setdefault(chosen[key], []).append(key)
    names = sorted(members, key=lambda name: (len(members[name]), uniform_hash(name, seed), name))
    return [members[name] for name in names]


def _divide(
    strata: Sequence[list[str]], share: float, weights: Mapping[str, int], at_least: int
) -> tuple[list[list[str]], list[list[str]]]:
    """Divides each stratum in two, so that the first parts of the strata so far come closest to the share of them.

    Args:
      strata: Keys by stratum, in order.
      share: Share of the first part.
      weights: Examples with each key.
      at_least: Keys that the first part has of each stratum.
    """
    first, second = [], []
    seen = taken = 0
    for keys in strata:
        ends = np.cumsum([0, *(weights[key] for key in keys)])
        seen += int(ends[-1])
        cut = int(np.argmin(np.abs(ends + taken - share * seen)))
        cut = min(max(cut, at_least), len(keys))
        taken += int(ends[cut])
        first.append(keys[:cut])
        second.append(keys[cut:])
    return first, second


def _fill(parts: Sequence[list[list[str]]], used: int) -> None:
    """Moves a key into each of the first ``used`` parts that is empty, if another part can spare one."""
    for target in reversed(range(used)):
        if any(parts[target]):
            continue
        spare = []
        for index, part in enumerate(parts):
            total = sum(map(len, part))
            for stratum, keys in enumerate(part):
                left = len(keys) if index == 0 else total if index < used else total + 1
                if keys and left > 1:
                    spare.append((total, len(keys), index, stratum))
        if spare:
            *_, index, stratum = max(spare)
            parts[target][stratum].append(parts[index][stratum].pop())
