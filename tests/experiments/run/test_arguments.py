"""Config groups: keys and values that are refused, each by one sentence that names the key."""

from dataclasses import dataclass

import pytest

from experiments.run.arguments import (
    at_least,
    choice,
    counts_within,
    parse,
    path_given,
    probability,
    rising,
    shares_or_counts,
)
from seqjax.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Group:
    size: int
    rate: float
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size == 13:
            raise ValueError("size must not be 13")
        at_least(1, "data", size=self.size)


def test_parse_makes_an_object_of_a_group():
    assert parse(Group, "data", {"size": 2, "rate": 0.5}) == Group(size=2, rate=0.5)
    assert parse(Group, "data", {"size": 2, "rate": 0.5}, seed=7).seed == 7


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"size": 2, "rates": 0.5}, "there is no config key 'data.rates'; did you mean 'rate'?"),
        ({"size": 2, "rate": 0.5, "zzz": 1}, "there is no config key 'data.zzz'"),
        ({"size": 2}, "config key 'data.rate' is missing"),
        ({"size": 13, "rate": 0.5}, "config group 'data': size must not be 13"),
        ({"size": 0, "rate": 0.5}, "config key 'data.size' is 0, but must be at least 1"),
    ],
)
def test_parse_names_the_key_that_is_wrong(keys, sentence):
    with pytest.raises(InputError) as error:
        parse(Group, "data", keys)
    assert str(error.value) == sentence


def refuses(check, *arguments, **options) -> bool:
    """True if a check raises an error that names the key."""
    try:
        check("data.key", *arguments, **options)
    except InputError as error:
        return str(error).startswith("config key 'data.key' is ")
    return False


def test_probability_is_from_0_to_1():
    assert [refuses(probability, value) for value in (-0.1, 0, 0.5, 1, 1.1)] == [True, False, False, False, True]
    assert refuses(probability, 1, below_one=True)
    assert refuses(probability, float("nan"))
    assert not refuses(probability, 0.999, below_one=True)


def test_shares_add_up_to_1_and_counts_are_whole():
    good = [(0.8, 0.1, 0.1), (1 / 3, 1 / 3, 1 / 3), (0.98, 0.01, 0.01), (80, 10, 10), (1, 1, 1), (8640.0, 2880, 2880)]
    wrong_sums = [(0.8, 0.1, 0.2), (0.5, 0.2, 0.1), (0.6, 20, 20), (0.5, 0.5, 0.0), (1, 0, 0), (0.8, 0.1, 0.10001)]
    no_sizes = [
        (-1, 1, 1),
        (2.5, 1, 1),
        (float("nan"), 0.5, 0.5),
        (float("inf"), 1, 1),
        ("0.8", 0.1, 0.1),
        (80, 10, None),
    ]
    bad = [*wrong_sums, *no_sizes, (True, True, True), (0.8, 0.2), (0.7, 0.1, 0.1, 0.1), ()]
    assert not any(refuses(shares_or_counts, each) for each in good)
    assert all(refuses(shares_or_counts, each) for each in bad)


def test_refused_shares_are_told_their_sum_and_what_to_write():
    with pytest.raises(InputError) as error:
        shares_or_counts("data.split", (0.8, 0.1, 0.2))
    assert str(error.value) == (
        "config key 'data.split' is (0.8, 0.1, 0.2), but must be three shares that add up to 1, such as "
        "(0.727,0.091,0.182), or three whole numbers of at least 1; these add up to 1.1"
    )
    for sizes, total in (((0.5, 0.2, 0.1), "0.8"), ((0.6, 20, 20), "40.6"), ((0.8, 0.2, 0.2), "1.2")):
        with pytest.raises(InputError, match=f"these add up to {total}$"):
            shares_or_counts("data.split", sizes)


def test_counts_are_compared_with_what_there_is(capsys):
    counts_within("data.split", (0.8, 0.1, 0.1), 5000, "texts of x")
    counts_within("data.split", (80, 10, 10), 100, "texts of x")
    assert capsys.readouterr().err == ""
    counts_within("data.split", (80, 10, 10), 5000, "texts of x")
    remark = "data.split are counts: 100 of 5,000 texts of x are used; shares add up to 1\n"
    assert capsys.readouterr().err == remark
    with pytest.raises(InputError, match=r"'data.split' asks for 100 of 99 texts of x; write smaller numbers"):
        counts_within("data.split", (80, 10, 10), 99, "texts of x")


def test_rising_sizes_are_distinct_and_positive():
    sizes = [(1,), (10, 20), (20, 10), (10, 10), (0, 1), ()]
    assert [refuses(rising, each) for each in sizes] == [False, False, True, True, True, True]


def test_path_given_is_not_empty():
    assert path_given("data.key", "file.csv", "a CSV file") == "file.csv"
    assert refuses(path_given, "", "a CSV file")


def test_choice_names_the_nearest():
    assert choice("model.cell", "gru", ("gru", "lstm")) == "gru"
    with pytest.raises(InputError) as error:
        choice("model.cell", "lstmm", ("gru", "lstm"))
    assert str(error.value).endswith("is 'lstmm', but must be one of 'gru', 'lstm'; did you mean 'lstm'?")
