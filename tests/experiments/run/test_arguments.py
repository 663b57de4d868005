"""Config groups: keys and values that are refused, each by one sentence that names the key."""

from dataclasses import dataclass
from typing import Any

import pytest

from experiments.run.arguments import (
    at_least,
    choice,
    counts_within,
    fitted,
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


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (int, 1.0, "is 1.0, but must be a whole number"),
        (int, True, "is True, but must be a whole number"),
        (int, "1", "is '1', but must be a whole number"),
        (int, None, "is None, but must be a whole number"),
        (int, 2**31, "is 2147483648, but must be at most 2147483647"),
        (int, -(2**63), "is -9223372036854775808, but must be at least -2147483647"),
        (float, "1", "is '1', but must be a number"),
        (float, False, "is False, but must be a number"),
        (float, float("nan"), "is nan, but must be a finite number"),
        (float, -float("inf"), "is -inf, but must be a finite number"),
        (str, 1, "is 1, but must be text"),
        (bool, 1, "is 1, but must be true or false"),
        (tuple[int, ...], 7, "is 7, but must be a tuple of whole numbers such as (1,2)"),
        (tuple[int, ...], (7.5,), "is (7.5,), but must be a tuple of whole numbers such as (1,2)"),
        (tuple[int, ...], (24.0,), "is (24.0,), but must be a tuple of whole numbers such as (1,2)"),
        (tuple[int, ...], (True,), "is (True,), but must be a tuple of whole numbers such as (1,2)"),
        (tuple[int, ...], [1], "is [1], but must be a tuple of whole numbers such as (1,2)"),
        (tuple[float, ...], (0.5, "b"), "is (0.5, 'b'), but must be a tuple of numbers such as (0.5,2)"),
        (tuple[float, ...], (0.5, float("nan")), "is nan, but must be a finite number"),
        (tuple[str, ...], ("a", None), "is ('a', None), but must be a tuple of texts"),
        (tuple[str, ...], (1e5,), "is (100000.0,), but must be a tuple of texts"),
        (tuple[int, int], (1,), "is (1,), but must be a tuple of 2 whole numbers such as (1,2)"),
        (tuple[int, int], (1, 2, 3), "is (1, 2, 3), but must be a tuple of 2 whole numbers such as (1,2)"),
    ],
)
def test_value_of_another_type_is_refused(kind, value, sentence):
    with pytest.raises(InputError) as error:
        fitted("data.key", value, kind)
    assert str(error.value) == f"config key 'data.key' {sentence}"


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (int, 2**31 - 1, 2**31 - 1),
        (float, 3, 3),
        (tuple[str, ...], ("a", 0), ("a", "0")),
        (tuple[int, ...], (), ()),
        (tuple[int, int], (-5, 6), (-5, 6)),
        (tuple[float, ...], (70, 0.1), (70, 0.1)),
        (Any, [None], [None]),
    ],
)
def test_value_of_its_type_is_taken(kind, value, result):
    assert fitted("data.key", value, kind) == result


@dataclass(frozen=True)
class Files:
    path: str
    valid_path: str
    path_column: str


def test_parse_expands_the_home_folder_in_every_path(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    files = parse(Files, "data", {"path": "~/my.csv", "valid_path": "~", "path_column": "~/c"})
    assert files == Files(path="/home/ada/my.csv", valid_path="/home/ada", path_column="~/c")
    assert parse(Files, "data", {"path": "", "valid_path": "a~/", "path_column": ""}) == Files("", "a~/", "")


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
