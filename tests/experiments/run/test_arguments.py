"""Config groups: keys and values that are refused, each by one sentence that names the key."""

from dataclasses import dataclass

import pytest

from experiments.run.arguments import at_least, choice, parse, path_given, probability, rising, three_shares
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


def test_three_shares_are_three_positive_numbers():
    shares = [(0.8, 0.1, 0.1), (8, 1, 1), (0.5, 0.5), (0.5, 0.5, 0.0), (1, 1, 1, 1), ()]
    assert [refuses(three_shares, each) for each in shares] == [False, False, True, True, True, True]


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
