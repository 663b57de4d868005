"""Error rates against values computed by hand."""

import pytest

from seqjax.metrics.sequences import edit_distance, error_rates


@pytest.mark.parametrize(
    ("hypothesis", "reference", "distance"),
    [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("ab", "ba", 2)],
)
def test_edit_distance_equals_known_values_and_is_symmetric(hypothesis, reference, distance):
    assert edit_distance(hypothesis, reference) == edit_distance(reference, hypothesis) == distance


def test_edit_distance_compares_whole_tokens():
    assert edit_distance(["AH0", "B"], ["AH1", "B"]) == 1


def test_error_rates_equal_values_by_hand():
    hypotheses = [["AO", "L"], ["K", "AE", "T"], [], ["D", "AO", "G", "Z"]]
    references = [
        [["AO", "L"]],  # exact
        [["K", "AA", "T", "AA"], ["K", "AE", "D"], ["B", "AE", "T", "S"]],  # 1 edit from the nearest, of length 3
        [["AH"]],  # 1 edit, length 1
        [["D", "AO", "G"], ["D", "AO", "G", "S", "Z"]],  # 1 edit from both; the longer one counts, length 5
    ]
    rates = error_rates(hypotheses, references)
    assert rates["symbol_error"] == pytest.approx((0 + 1 + 1 + 1) / (2 + 3 + 1 + 5))
    assert rates["sequence_error"] == 0.75
    assert rates["exact_match"] == 0.25


def test_error_rates_need_hypotheses_and_references():
    with pytest.raises(ValueError, match="at least 1, not 0 and 0"):
        error_rates([], [])
    with pytest.raises(ValueError, match="at least 1, not 1 and 2"):
        error_rates(["a"], [["a"], ["b"]])
    with pytest.raises(ValueError, match="each hypothesis must have a reference"):
        error_rates(["a"], [[]])


def test_sequence_error_counts_sequences_and_not_edits():
    assert error_rates(["abc", "x"], [["a"], ["x"]])["sequence_error"] == 0.5
