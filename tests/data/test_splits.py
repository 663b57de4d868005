"""Splits: random ones by contents, and the rows of every configured split, by their hashes."""

import hashlib
import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from seqjax.data.splits import random_split, uniform_hash

KEYS = [f"text {number}" for number in range(2000)]


def test_random_split_has_parts_of_about_the_shares_that_hold_everything_once():
    parts = random_split(KEYS, (6.0, 3.0, 1.0), seed=0)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(2000))
    for part, share in zip(parts, (0.6, 0.3, 0.1), strict=True):
        assert len(part) == pytest.approx(2000 * share, abs=4 * np.sqrt(2000 * share * (1 - share)))
        assert (np.diff(part) > 0).all()


def test_random_split_depends_on_the_key_and_the_seed_alone():
    part = {key: index for index, rows in enumerate(random_split(KEYS, (1.0, 1.0), 0)) for key in np.array(KEYS)[rows]}
    fewer = [*KEYS[999::-1], *KEYS[:10]]
    for index, rows in enumerate(random_split(fewer, (1.0, 1.0), 0)):
        assert all(part[fewer[row]] == index for row in rows)
    other = random_split(KEYS, (1.0, 1.0), 1)
    assert 800 < sum(part[KEYS[row]] == index for index, rows in enumerate(other) for row in rows) < 1200


def test_random_split_rejects_a_share_of_0():
    with pytest.raises(ValueError, match="shares must be positive"):
        random_split(KEYS, (1.0, 0.0), 0)


def test_uniform_hash_is_a_fixed_number_in_0_to_1():
    assert uniform_hash("a", 0) == 0.5765799980744207
    assert uniform_hash("\ud800", 0) != uniform_hash("a", 1)


# Size and hash of each part, as they were in the commits in which the numbers of the configs were measured.
SPLITS = {
    ("classification", "mr", ""): [
        (6811, "2ae2ff9610eb25f5"),
        (871, "6d09b06ac442d68f"),
        (848, "8afded88f8d35864"),
    ],
    ("classification", "mr", "quick"): [
        (316, "af3e5b704051ef35"),
        (44, "58cbeb13e71dfa73"),
        (40, "4c5e45591da1dec6"),
    ],
    ("classification", "imdb", ""): [
        (21243, "90b1fb1400df2a53"),
        (1217, "cf6107ada627685e"),
        (2540, "aaef77b475471515"),
    ],
    ("classification", "imdb", "quick"): [
        (336, "2cbc27b15e5d8afa"),
        (24, "bc1d337dbcb8b6ba"),
        (40, "4c5e45591da1dec6"),
    ],
    ("translation", "dates", ""): [
        (17803, "ad0730878d6af6c4"),
        (1182, "a45d89f5045a0f7b"),
        (1015, "7adc5147b66f2820"),
    ],
    ("translation", "dates", "quick"): [
        (358, "7a1c3b5853f04172"),
        (23, "aefbf51819d97d96"),
        (19, "d9722369da7aa1c5"),
    ],
    ("translation", "cmudict", ""): [
        (114641, "6822341371401a51"),
        (6638, "a204674571d43aad"),
        (13581, "6c3f1400697b9b22"),
    ],
    ("translation", "cmudict", "quick"): [
        (338, "33386b822668c54d"),
        (20, "28201f968ac2e161"),
        (42, "41a5c8610a36d1ff"),
    ],
    ("language_modeling", "names", ""): [
        (763, "f705683bedc66f78"),
        (101, "3a276e3a1039a6a0"),
        (87, "bb5ed078da068b76"),
    ],
    ("language_modeling", "names", "quick"): [
        (316, "d2177cf8ccb965bb"),
        (44, "6a36688e118d774d"),
        (40, "c623285beb86c066"),
    ],
    ("language_modeling", "reviews", ""): [
        (3897, "8e5fcbce8c097338"),
        (52, "d779cc599c0234fa"),
        (51, "13c2d59f416e8c11"),
    ],
    ("language_modeling", "reviews", "quick"): [
        (316, "d2177cf8ccb965bb"),
        (44, "6a36688e118d774d"),
        (40, "c623285beb86c066"),
    ],
    ("music", "bach", ""): [
        (242, "433a99dbe2027f5c"),
        (58, "455d3e2ef64befb6"),
        (62, "9a866aa831c0a0d2"),
    ],
    ("music", "bach", "quick"): [
        (40, "1f235b38cb1c9efd"),
        (11, "ab7d8ec1e79ad6d0"),
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
