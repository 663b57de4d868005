"""Splits: random ones by contents, and the rows of every configured split, by their hashes."""

import hashlib
import importlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from seqjax.data.splits import is_counts, random_split, split_record, uniform_hash

KEYS = [f"text {number}" for number in range(2000)]


def test_is_counts_tells_numbers_of_examples_from_shares():
    assert [is_counts(sizes) for sizes in [(0.8, 0.1, 0.1), (80, 10, 10), (80.0, 1, 1), (1, 1, 1)]] == [0, 1, 1, 1]
    for sizes in [(0.6, 20, 20), (1.0, 0.0), (0.5, -0.5), (1.5, 2, 3), (np.nan, 0.5), (np.inf, 1, 1), (1, 0, 0)]:
        with pytest.raises(ValueError, match="shares between 0 and 1, or whole numbers of at least 1"):
            is_counts(sizes)


def test_random_split_has_parts_of_the_shares_that_hold_everything_once():
    parts = random_split(KEYS, (0.6, 0.3, 0.1), seed=0)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(2000))
    assert [len(part) for part in parts] == [1200, 600, 200]
    assert all((np.diff(part) > 0).all() for part in parts)
    assert [len(part) for part in random_split(KEYS, (0.6, 0.3), seed=0)] == [1333, 667]


def test_random_split_by_counts_has_these_counts():
    assert [len(part) for part in random_split(KEYS, (80, 10, 10), seed=0)] == [80, 10, 10]
    assert [len(part) for part in random_split(KEYS, (1998, 1, 1), seed=0)] == [1998, 1, 1]
    with pytest.raises(ValueError, match="are more than the 2000 there are"):
        random_split(KEYS, (1998, 2, 1), seed=0)


def test_random_split_orders_keys_by_their_hash_not_by_their_place():
    """Almost all keys are in the part in whose share their hash lies."""
    parts = random_split(KEYS, (0.6, 0.3, 0.1), seed=0)
    hashes = np.array([uniform_hash(key, 0) for key in KEYS])
    by_hash = np.searchsorted([0.6, 0.9], hashes, side="right")
    for index, rows in enumerate(parts):
        assert np.mean(by_hash[rows] == index) > 0.9
    order = np.random.default_rng(0).permutation(2000)
    moved = random_split([KEYS[row] for row in order], (0.6, 0.3, 0.1), seed=0)
    for rows, others in zip(parts, moved, strict=True):
        np.testing.assert_array_equal(rows, np.sort(order[others]))
    other = random_split(KEYS, (0.6, 0.3, 0.1), seed=1)
    assert 600 < len(set(parts[0]) & set(other[0])) < 840


def test_random_split_keeps_equal_keys_together():
    keys = [f"text {number % 300}" for number in range(1000)]
    parts = [{keys[row] for row in rows} for rows in random_split(keys, (0.8, 0.1, 0.1), seed=0)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 300


@pytest.mark.parametrize(
    ("classes", "texts", "sizes", "totals", "by_class"),
    [
        (100, 30, (0.8, 0.1, 0.1), [2400, 300, 300], {(24, 3, 3)}),
        (28, 20, (0.8, 0.1, 0.1), [448, 56, 56], {(16, 2, 2)}),
        (28, 50, (0.85, 0.05, 0.1), [1190, 70, 140], {(42, 3, 5), (43, 2, 5)}),
        (100, 3, (0.8, 0.1, 0.1), [240, 30, 30], {(3, 0, 0), (2, 1, 0), (2, 0, 1)}),
        (100, 2, (0.34, 0.33, 0.33), [100, 50, 50], {(1, 1, 0), (1, 0, 1)}),
        (2, 2, (0.8, 0.1, 0.1), [2, 1, 1], {(1, 1, 0), (1, 0, 1)}),
        (10, 100, (600, 50, 50), [600, 50, 50], {(60, 5, 5)}),
    ],
)
def test_random_split_divides_each_stratum_in_the_same_ratio(classes, texts, sizes, totals, by_class):
    keys = [f"text {row}" for row in range(classes * texts)]
    parts = random_split(keys, sizes, 0, strata=[f"class {row % classes}" for row in range(len(keys))])
    counts = np.array([np.bincount(rows % classes, minlength=classes) for rows in parts])
    assert counts.sum(axis=1).tolist() == totals
    assert {*map(tuple, counts.T.tolist())} == by_class


def test_random_split_puts_rare_strata_into_the_first_part():
    for rare in (1, 2):
        strata = ["rare"] * rare + ["common"] * (1000 - rare)
        parts = random_split(KEYS[:1000], (0.8, 0.1, 0.1), 0, strata=strata)
        assert [len(part) for part in parts] == [800, 100, 100]
        assert parts[0][0] == 0
    strata = [f"class {row}" for row in range(100)] + ["common"] * 900
    parts = random_split(KEYS[:1000], (0.8, 0.1, 0.1), 0, strata=strata)
    assert set(range(100)) <= set(parts[0])
    assert [len(part) for part in parts] == [800, 100, 100]


def test_random_split_counts_equal_keys_to_their_most_frequent_stratum():
    keys = [f"both {row // 3}" for row in range(30)] + KEYS[:40]
    for seed in range(5):
        parts = random_split(keys, (0.5, 0.5), seed, strata=[*"aab" * 10, *"b" * 40])
        assert [int(np.sum(rows < 30)) for rows in parts] == [15, 15]
    # A stratum that is never the most frequent one is in the first part all the same.
    for seed in range(20):
        first, *_ = random_split(["x", "x", "x", *KEYS[:10]], (0.8, 0.1, 0.1), seed, strata=[*"aab", *"a" * 10])
        assert 2 in first


def test_random_split_leaves_no_part_empty_if_there_are_enough_keys():
    assert [len(part) for part in random_split(KEYS[:10], (0.98, 0.01, 0.01), 0)] == [8, 1, 1]
    assert [len(part) for part in random_split(KEYS[:3], (0.98, 0.01, 0.01), 0)] == [1, 1, 1]
    assert [len(part) for part in random_split(KEYS[:2], (0.98, 0.01, 0.01), 0)] == [1, 0, 1]
    assert [len(part) for part in random_split([*"aaaaaaaabc"], (0.1, 0.1, 0.8), 0)] == [1, 1, 8]
    assert [len(part) for part in random_split(KEYS[:4], (0.8, 0.1, 0.1), 0, strata=[*"abcd"])] == [4, 0, 0]
    assert [len(part) for part in random_split([], (0.8, 0.1, 0.1), 0)] == [0, 0, 0]


@pytest.mark.parametrize("sizes", [(0.6, 0.2, 0.2), (60, 20, 20), (0.6, 0.2)])
def test_random_split_with_a_record_keeps_known_keys_in_their_part(sizes):
    keys = KEYS[:200]
    parts = random_split(keys, sizes, 0)
    record = json.loads(json.dumps(split_record([[keys[row] for row in rows] for rows in parts])))
    for again, rows in zip(random_split(keys, sizes, 1, record=record), parts, strict=True):
        np.testing.assert_array_equal(again, rows)
    more = [f"new {row}" for row in range(50)] + keys[:150]
    now = random_split(more, sizes, 0, record=record)
    for again, rows in zip(now, parts, strict=True):
        assert {more[row] for row in again if row >= 50} == {keys[row] for row in rows if row < 150}
    new = [int(np.sum(rows < 50)) for rows in now]
    assert new == [0 if sizes[0] > 1 else 50, *[0] * (len(sizes) - 1)]


def test_random_split_with_a_record_divides_keys_that_are_all_new():
    record = split_record([KEYS[:80], KEYS[80:90], KEYS[90:100]])
    new = KEYS[100:200]
    for rows, others in zip(
        random_split(new, (0.8, 0.1, 0.1), 0, record=record), random_split(new, (0.8, 0.1, 0.1), 0), strict=True
    ):
        np.testing.assert_array_equal(rows, others)
    # One training text is known, so all others are training texts too.
    sizes = [len(rows) for rows in random_split([*new, KEYS[0]], (0.8, 0.1, 0.1), 0, record=record)]
    assert sizes == [101, 0, 0]


def test_uniform_hash_is_a_fixed_number_in_0_to_1():
    assert uniform_hash("a", 0) == 0.5765799980744207
    assert uniform_hash("\ud800", 0) != uniform_hash("a", 1)


# Size and hash of each part; the numbers of a config hold for these rows alone.
SPLITS = {
    ("classification", "mr", ""): [
        (6824, "81c52e4d6fee5ccf"),
        (853, "7c981dbd18f1f1bd"),
        (853, "ddca75950c878da9"),
    ],
    ("classification", "mr", "quick"): [
        (320, "b37eb903c293aa11"),
        (40, "b149aa55e545ce29"),
        (40, "d168d5397f2f10fc"),
    ],
    ("classification", "imdb", ""): [
        (21250, "f5e89b8f2cc6fc2c"),
        (1250, "e52e2d543ba3b6b4"),
        (2500, "4ddf6a379e838270"),
    ],
    ("classification", "imdb", "quick"): [
        (340, "b8354c1a754d8a0f"),
        (20, "f7fbc3a4b0524e05"),
        (40, "dce46310e8263960"),
    ],
    ("translation", "dates", ""): [
        (17999, "3423796538320cef"),
        (997, "828b27cc580d1a42"),
        (1004, "90f0f45b98427aa3"),
    ],
    ("translation", "dates", "quick"): [
        (360, "c529cc99f20a6289"),
        (20, "027e8879eca35c1e"),
        (20, "204fbed3ae597b3b"),
    ],
    ("translation", "cmudict", ""): [
        (114630, "4eeeafd828134a60"),
        (6743, "e47f852222815531"),
        (13487, "e0eb0645578fecb8"),
    ],
    ("translation", "cmudict", "quick"): [
        (340, "7668ef56ab23b25c"),
        (20, "f1632bef28bc942c"),
        (40, "fc330bce731dbc4a"),
    ],
    ("language_modeling", "names", ""): [
        (761, "2a4cfa17fb06604b"),
        (95, "973879910de42f9e"),
        (95, "05653a4b4b0ce424"),
    ],
    ("language_modeling", "names", "quick"): [
        (320, "3e236d3c2a1f11e0"),
        (40, "f6e6a539a64e5b24"),
        (40, "c623285beb86c066"),
    ],
    ("language_modeling", "reviews", ""): [
        (3920, "024cb9a0445a0c10"),
        (40, "398be681fa093054"),
        (40, "e0261719542c2c54"),
    ],
    ("language_modeling", "reviews", "quick"): [
        (320, "3e236d3c2a1f11e0"),
        (40, "f6e6a539a64e5b24"),
        (40, "c623285beb86c066"),
    ],
    ("music", "bach", ""): [
        (253, "c7409dac04debf3c"),
        (54, "b28ecd2921e14ed7"),
        (55, "80a80d255dda8875"),
    ],
    ("music", "bach", "quick"): [
        (42, "eaf508788a4cd6a8"),
        (9, "40e75bcec92cc079"),
        (9, "8bd9a78914dce79f"),
    ],
}
SLOW = {
    ("classification", "imdb", ""),
    ("translation", "cmudict", ""),
    ("translation", "dates", ""),
    ("music", "bach", ""),
}

# Ends of the parts in rows.
SERIES_SPLITS = {
    ("demand", ""): (39456, 42086, 52608),
    ("demand", "quick"): (4320, 4608, 5760),
    ("ett", "quick"): (3456, 4608, 5760),
}


def data_config(task: str, name: str, variant: str) -> Any:
    """The group ``data`` of a config as the task reads it."""
    config = importlib.import_module(f"configs.{task}.{name}").get_config(variant)
    return importlib.import_module(f"experiments.tasks.{task}.data").DataConfig(**config.data)


def contents(part: Any) -> Iterator[bytes]:
    """The examples of a part of any kind, in order."""
    fields = ("texts", "labels", "sources", "targets", "pieces")
    for example in zip(*(getattr(part, field) for field in fields if hasattr(part, field)), strict=True):
        if isinstance(example[0], np.ndarray):
            yield example[0].tobytes()
        else:
            yield "\x1f".join(example).encode(errors="surrogatepass")


def digest(part: Any) -> str:
    total = hashlib.blake2b(digest_size=8)
    for example in contents(part):
        total.update(example + b"\0")
    return total.hexdigest()


@pytest.mark.parametrize(
    "key", [pytest.param(key, marks=pytest.mark.slow) if key in SLOW else key for key in SPLITS], ids="-".join
)
def test_configured_split_has_the_rows_that_its_numbers_were_measured_on(key):
    pytest.importorskip({"bach": "music21", "dates": "babel", "names": "babel"}.get(key[1], "numpy"))
    parts = data_config(*key).read()
    assert [(len(part), digest(part)) for part in parts] == SPLITS[key]


@pytest.mark.parametrize(
    "key",
    [pytest.param(key, marks=pytest.mark.slow) if key == ("demand", "") else key for key in SERIES_SPLITS],
    ids="-".join,
)
def test_configured_series_split_has_the_rows_that_its_numbers_were_measured_on(key):
    data = data_config("forecasting", *key)
    assert data.part_ends(data.read()) == SERIES_SPLITS[key]
