"""Edit distance, and token and sequence error rates."""

from collections.abc import Hashable, Sequence

import numpy as np


def edit_distance(hypothesis: Sequence[Hashable], reference: Sequence[Hashable]) -> int:
    """Minimum number of insertions, deletions and substitutions from one sequence to the other (Levenshtein 1966)."""
    row = list(range(len(reference) + 1))
    for i, token in enumerate(hypothesis, 1):
        diagonal, row[0] = row[0], i
        for j, target in enumerate(reference, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (token != target))
    return row[-1]


def error_rates(
    hypotheses: Sequence[Sequence[Hashable]], references: Sequence[Sequence[Sequence[Hashable]]]
) -> dict[str, float]:
    """Error rates of sequences against one or more references each, by name.

    Of several references the one with the smallest edit distance counts, and of equally distant ones the longest (Yao
    & Zweig 2015). For words as sequences of phonemes these are the phoneme and word error rates.

    - ``symbol_error``: the sum of the edit distances over the sum of the references' lengths;
    - ``sequence_error``: the share of the sequences that differ from all their references;
    - ``exact_match``: 1 - ``sequence_error``.

    Args:
      hypotheses: N sequences of tokens.
      references: One or more sequences of tokens for each hypothesis.

    Raises:
      ValueError: No hypothesis, one without a reference, or another number of references than of hypotheses.
    """
    if len(hypotheses) != len(references) or not hypotheses:
        raise ValueError(
            "hypotheses and references must have the same length, at least 1, "
            f"not {len(hypotheses)} and {len(references)}"
        )
    if not all(references):
        raise ValueError("each hypothesis must have a reference, not none")
    nearest = [
        min((edit_distance(hypothesis, reference), -len(reference)) for reference in those)
        for hypothesis, those in zip(hypotheses, references, strict=True)
    ]
    distances, lengths = np.array(nearest).T
    sequence_error = float(np.mean(distances > 0))
    symbol_error = float(distances.sum() / max(-lengths.sum(), 1))
    return {"symbol_error": symbol_error, "sequence_error": sequence_error, "exact_match": 1 - sequence_error}
