"""How good translations are: beside exact matches and edits, BLEU and chrF by sacreBLEU."""

import importlib.util
import itertools
import sys
from collections.abc import Callable, Sequence

import numpy as np

from seqjax.metrics.sequences import edit_distance, error_rates


def score(
    said: Sequence[str], truths: Sequence[Sequence[str]], split: Callable[[str], list[str]]
) -> tuple[dict[str, float], list[str]]:
    """Measures of translations, and the signatures of those that sacreBLEU takes (Post 2018, section 4).

    BLEU is that of Papineni et al. 2002, chrF that of Popović 2015, both in percent over the whole corpus.

    Args:
      said: N translations.
      truths: For each, its targets, one at least and none of them empty.
      split: From a text to the tokens that ``symbol_error`` counts.

    Returns:
      ``exact_match``, ``symbol_error`` (see :func:`~seqjax.metrics.sequences.error_rates`), and, where sacreBLEU is
      installed, ``bleu`` and ``chrf``.
    """
    rates = error_rates([split(each) for each in said], [[split(truth) for truth in each] for each in truths])
    measures = {name: rates[name] for name in ("exact_match", "symbol_error")}
    if importlib.util.find_spec("sacrebleu") is None:
        print("No BLEU, no chrF: install seqjax with its extra 'translation'", file=sys.stderr)
        return measures, []
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    # One row for the first target of each, one for the second, and so on; None where there are fewer.
    streams = list(itertools.zip_longest(*truths))
    signatures = []
    for name, metric in (("bleu", BLEU(force=True)), ("chrf", CHRF())):  # force: no remark on texts that are tokenised
        measures[name] = float(metric.corpus_score(said, streams).score)
        signatures.append(f"{name}: {metric.get_signature()}")
    return measures, signatures


def by_length(
    said: Sequence[Sequence[str]], truths: Sequence[Sequence[Sequence[str]]], lengths: np.ndarray, stretches: int
) -> dict[str, list[float]]:
    """``source tokens``, the mean lengths of up to ``stretches`` groups of sources of about one size, and measures.

    Args:
      said: N translations, as tokens.
      truths: For each, its targets, as tokens.
      lengths: Tokens of each source, ``[N]``.
      stretches: Groups at most.
    """
    errors = np.array(
        [
            min(edit_distance(one, truth) / max(len(truth), 1) for truth in targets)
            for one, targets in zip(said, truths, strict=True)
        ]
    )
    edges = np.unique(np.quantile(lengths, np.arange(1, stretches) / stretches, method="nearest"))
    place = np.searchsorted(edges, lengths)
    groups = [place == index for index in np.unique(place)]
    return {
        "source tokens": [float(lengths[group].mean()) for group in groups],
        "exact match": [float(np.mean(errors[group] == 0)) for group in groups],
        "edits per token": [float(errors[group].mean()) for group in groups],
    }
