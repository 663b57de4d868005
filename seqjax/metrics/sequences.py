"""How far what was said is from what should have been: error rates of sequences."""

from collections.abc import Hashable, Sequence

import numpy as np


def edit_distance(said: Sequence[Hashable], truth: Sequence[Hashable]) -> int:
    """The fewest insertions, deletions and substitutions that turn one sequence into the other (Levenshtein 1966)."""
    row = list(range(len(truth) + 1))
    for i, symbol in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(truth, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (symbol != wanted))
    return row[-1]


def error_rates(said: Sequence[Sequence[Hashable]], truths: Sequence[Sequence[Sequence[Hashable]]]) -> dict[str, float]:
    """Measures of sequences against one or more references each, by name.

    For pronunciation, where a sequence is a word and its symbols are phonemes, these are the phoneme error and the
    word error; of several references the nearest counts (Yao & Zweig 2015), of equally near ones the longest.

    - ``symbol_error``: edit distances over the lengths of the references, both summed over all sequences;
    - ``sequence_error``: share of the sequences that are not exactly one of their references;
    - ``exact_match``: the rest.

    Args:
      said: N sequences of symbols.
      truths: For each, its references, one at least.

    Raises:
      ValueError: Another number of sequences, none at all, or one without a reference.
    """
    if len(said) != len(truths) or not said:
        raise ValueError(f"said and truths must be of one length and not empty, not {len(said)} and {len(truths)} long")
    if not all(truths):
        raise ValueError("each sequence must have a reference, not none")
    nearest = [
        min((edit_distance(one, truth), -len(truth)) for truth in references)
        for one, references in zip(said, truths, strict=True)
    ]
    distances, lengths = np.array(nearest).T
    wrong = float(np.mean(distances > 0))
    rate = float(distances.sum() / max(-lengths.sum(), 1))
    return {"symbol_error": rate, "sequence_error": wrong, "exact_match": 1 - wrong}
