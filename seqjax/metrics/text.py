"""Metrics of generated texts against references: exact match, edits, BLEU and chrF."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from seqjax.metrics.sequences import edit_distance, error_rates


def edit_measures(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], split: Callable[[str], list[str]]
) -> dict[str, float]:
    """``exact_match`` and ``symbol_error`` of texts; see :func:`~seqjax.metrics.sequences.error_rates`.

    Args:
      hypotheses: N texts.
      references: One or more texts for each hypothesis.
      split: Divides a text into the tokens that ``symbol_error`` counts.
    """
    tokens = [[split(reference) for reference in those] for those in references]
    rates = error_rates([split(hypothesis) for hypothesis in hypotheses], tokens)
    return {name: rates[name] for name in ("exact_match", "symbol_error")}


def sacrebleu_measures(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[dict[str, float], list[str]]:
    """Corpus ``bleu`` (Papineni et al. 2002) and ``chrf`` (Popović 2015) in percent, computed by sacreBLEU.

    Args:
      hypotheses: N texts.
      references: One or more texts for each hypothesis, none of them empty.

    Returns:
      The measures, and sacreBLEU's signatures of them (Post 2018, section 4).

    Raises:
      ImportError: sacreBLEU is not installed; it comes with the extra ``translation``.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    # sacreBLEU wants the first reference of every hypothesis, then the second, and so on; None for a missing one.
    streams = list(itertools.zip_longest(*references))
    measures, signatures = {}, []
    for name, metric in (("bleu", BLEU(force=True)), ("chrf", CHRF())):  # force: no warning about tokenised texts
        measures[name] = float(metric.corpus_score(hypotheses, streams).score)
        signatures.append(f"{name}: {metric.get_signature()}")
    return measures, signatures


def measures_by_length(
    hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]], lengths: np.ndarray, groups: int
) -> dict[str, list[float]]:
    """Measures of texts grouped by the length of their sources.

    Args:
      hypotheses: N texts, as tokens.
      references: One or more texts for each hypothesis, as tokens.
      lengths: Number of tokens of each source, ``[N]``.
      groups: Maximum number of groups G, which have about the same size.

    Returns:
      ``source tokens``, the mean source lengths, ``exact match`` and ``edits per token`` of the groups, ``[G]`` each.
    """
    errors = np.array(
        [
            min(edit_distance(hypothesis, reference) / max(len(reference), 1) for reference in those)
            for hypothesis, those in zip(hypotheses, references, strict=True)
        ]
    )
    edges = np.unique(np.quantile(lengths, np.arange(1, groups) / groups, method="nearest"))
    place = np.searchsorted(edges, lengths)
    members = [place == index for index in np.unique(place)]
    return {
        "source tokens": [float(lengths[group].mean()) for group in members],
        "exact match": [float(np.mean(errors[group] == 0)) for group in members],
        "edits per token": [float(errors[group].mean()) for group in members],
    }
