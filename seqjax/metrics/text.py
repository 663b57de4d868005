"""Metrics of generated texts against references: exact match, edits, BLEU and chrF."""

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from seqjax.metrics.sequences import edit_distance, error_rates

BLEU_TOKENIZERS = ("13a", "intl", "zh", "char", "none", "ja-mecab", "ko-mecab")

_HAN = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_OTHERS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\uac00-\ud7a3]")  # Thai, Lao, Myanmar, Khmer, Hangul


def edit_measures(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], split: Callable[[str], list[str]]
) -> dict[str, float]:
    """``exact_match`` and ``symbol_error`` of texts; see :func:`~seqjax.metrics.sequences.error_rates`.

    A text matches only if it equals a reference character by character.

    Args:
      hypotheses: N texts.
      references: One or more texts for each hypothesis.
      split: Divides a text into the tokens that ``symbol_error`` counts.
    """
    tokens = [[split(reference) for reference in those] for those in references]
    rates = error_rates([split(hypothesis) for hypothesis in hypotheses], tokens)
    matches = [hypothesis in those for hypothesis, those in zip(hypotheses, references, strict=True)]
    return {"exact_match": float(np.mean(matches)), "symbol_error": rates["symbol_error"]}


def bleu_tokenizer(references: Iterable[str]) -> str:
    """The tokenizer of sacreBLEU that fits the script of texts.

    "zh" for Chinese; "char" for Japanese, Korean, Thai, Lao, Burmese and Khmer, since what divides their words is no
    part of sacreBLEU; otherwise "13a". A fifth of the letters decides.
    """
    counts = Counter(itertools.chain.from_iterable(references))
    letters = {letter: count for letter, count in counts.items() if letter.isalpha()}
    total = sum(letters.values())
    for name, script in (("char", _KANA), ("char", _OTHERS), ("zh", _HAN)):
        if total and sum(count for letter, count in letters.items() if script.match(letter)) >= total / 5:
            return name
    return "13a"


def sacrebleu_measures(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    tokenizer: str = "13a",
    *,
    lowercase: bool = False,
) -> tuple[dict[str, float], list[str]]:
    """Corpus ``bleu`` (Papineni et al. 2002) and ``chrf`` (Popović 2015) in percent, computed by sacreBLEU.

    BLEU counts sequences of up to four tokens: it is left out if most hypotheses have no reference of four.

    Args:
      hypotheses: N texts.
      references: One or more texts for each hypothesis, none of them empty.
      tokenizer: Tokenizer of BLEU, one of ``BLEU_TOKENIZERS``.
      lowercase: Whether capitals do not count.

    Returns:
      The measures, and sacreBLEU's signatures of them (Post 2018, section 4), or a sentence on what is left out.

    Raises:
      ImportError: sacreBLEU is not installed; it comes with the extra ``translation``.
      RuntimeError: The tokenizer needs a package that is not installed.
    """
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    # sacreBLEU wants the first reference of every hypothesis, then the second, and so on; None for a missing one.
    streams = list(itertools.zip_longest(*references))
    bleu = BLEU(tokenize=tokenizer, lowercase=lowercase, force=True)  # force: no advice on texts that end in " ."
    metrics = {"bleu": bleu, "chrf": CHRF(lowercase=lowercase)}
    measures, signatures = {}, []
    long = sum(any(len(bleu.tokenizer(text).split()) >= 4 for text in those) for those in references)
    if 2 * long < len(references):
        del metrics["bleu"]
        signatures.append(f"bleu: left out, since only {long} of {len(references)} targets have four tokens or more")
    for name, metric in metrics.items():
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
