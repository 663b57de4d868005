"""Error rates against values computed by hand."""

import pytest

from seqjax.metrics.sequences import edit_distance, error_rates


@pytest.mark.parametrize(
    ("said", "truth", "distance"),
    [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("ab", "ba", 2)],
)
def test_edit_distances(said, truth, distance):
    assert edit_distance(said, truth) == edit_distance(truth, said) == distance


def test_symbols_are_compared_whole():
    assert edit_distance(["AH0", "B"], ["AH1", "B"]) == 1


def test_rates_by_hand():
    said = [["AO", "L"], ["K", "AE", "T"], [], ["D", "AO", "G", "Z"]]
    truths = [
        [["AO", "L"]],  # right
        [["K", "AA", "T", "AA"], ["K", "AE", "D"], ["B", "AE", "T", "S"]],  # 1 of the nearest, which is 3 long
        [["AH"]],  # 1 of 1
        [["D", "AO", "G"], ["D", "AO", "G", "S", "Z"]],  # 1 of either; the longer counts, 5
    ]
    rates = error_rates(said, truths)
    assert rates["symbol_error"] == pytest.approx((0 + 1 + 1 + 1) / (2 + 3 + 1 + 5))
    assert rates["sequence_error"] == 0.75
    assert rates["exact_match"] == 0.25


def test_what_cannot_be_rated():
    with pytest.raises(ValueError, match="not 0 and 0 long"):
        error_rates([], [])
    with pytest.raises(ValueError, match="each sequence must have a reference"):
        error_rates(["a"], [[]])
