"""Error rates of recognised speech: of words and of characters, by kind of error; and the words that are confused."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Edits(NamedTuple):
    """Numbers of edits from references to hypotheses.

    Attributes:
      insertions: Tokens of hypotheses that are not in the references.
      deletions: Tokens of references that are not in the hypotheses.
      substitutions: Tokens of references in whose places the hypotheses have others.
    """

    insertions: int
    deletions: int
    substitutions: int

    @property
    def total(self) -> int:
        """All edits."""
        return sum(self)


def align_tokens(
    hypothesis: Sequence[Hashable], reference: Sequence[Hashable]
) -> list[tuple[Hashable | None, Hashable | None]]:
    """Pairs of a token of the hypothesis and one of the reference with the fewest edits (Levenshtein 1966).

    None stands in place of a token of the hypothesis that is missing, and of one of the reference for an insertion.
    Of several alignments with as few edits, the last tokens that can be paired are.
    """
    costs = [list(range(len(reference) + 1))]
    for i, token in enumerate(hypothesis, 1):
        costs.append([i])
        for j, target in enumerate(reference, 1):
            costs[i].append(min(costs[i - 1][j] + 1, costs[i][j - 1] + 1, costs[i - 1][j - 1] + (token != target)))
    pairs: list[tuple[Hashable | None, Hashable | None]] = []
    i, j = len(hypothesis), len(reference)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + (hypothesis[i - 1] != reference[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((hypothesis[i], reference[j]))
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
            pairs.append((hypothesis[i], None))
        else:
            j -= 1
            pairs.append((None, reference[j]))
    return pairs[::-1]


def count_edits(hypotheses: Sequence[Sequence[Hashable]], references: Sequence[Sequence[Hashable]]) -> Edits:
    """The edits of all hypotheses, each from its reference."""
    pairs = [pair for each in zip(hypotheses, references, strict=True) for pair in align_tokens(*each)]
    insertions = sum(target is None for _, target in pairs)
    deletions = sum(token is None for token, _ in pairs)
    different = sum(token != target for token, target in pairs)
    return Edits(insertions, deletions, different - insertions - deletions)


def speech_measures(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Error rates of N texts against a reference each, by name.

    - ``wer``, ``cer``: edits of words, and of characters, over the number of those in the references; above 1 where a
      hypothesis is much longer;
    - ``insertions``, ``deletions``, ``substitutions``: edits of words over the number of words in the references; their
      sum is ``wer``;
    - ``sentence_error``: the share of the texts that differ from their reference.

    Words are separated by spaces.

    Raises:
      ValueError: No hypothesis, or another number of references than of hypotheses.
    """
    if len(hypotheses) != len(references) or not hypotheses:
        raise ValueError(
            "hypotheses and references must have the same length, at least 1, "
            f"not {len(hypotheses)} and {len(references)}"
        )
    words = [text.split() for text in hypotheses], [text.split() for text in references]
    edits = count_edits(*words)
    count = max(sum(map(len, words[1])), 1)
    letters = [" ".join(each) for each in words[0]], [" ".join(each) for each in words[1]]
    return {
        "wer": edits.total / count,
        "cer": count_edits(*letters).total / max(sum(map(len, letters[1])), 1),
        "insertions": edits.insertions / count,
        "deletions": edits.deletions / count,
        "substitutions": edits.substitutions / count,
        "sentence_error": sum(a != b for a, b in zip(*words, strict=True)) / len(references),
    }


def word_confusions(hypotheses: Sequence[str], references: Sequence[str]) -> Counter[tuple[str, str]]:
    """The number of times that a word of the references was recognised as another: ``(reference, hypothesis)``.

    "" stands in place of a word that was left out or added.
    """
    confusions: Counter[tuple[str, str]] = Counter()
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        for word, target in align_tokens(hypothesis.split(), reference.split()):
            if word != target:
                confusions[str(target or ""), str(word or "")] += 1
    return confusions
