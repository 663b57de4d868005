"""Metrics of captions against several references: exact match, BLEU-1 to 4, ROUGE-L and CIDEr."""

import importlib.util
import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

LONGEST = 4  # words of an n-gram
SIGMA = 6.0  # of CIDEr's penalty on lengths, in words
_WORD = re.compile(r"\w+(?:['\N{RIGHT SINGLE QUOTATION MARK}-]\w+)*")

Counts = Counter[tuple[str, ...]]


def caption_words(caption: str) -> list[str]:
    """The words of a caption as the measures see them: lower-cased, without punctuation."""
    return _WORD.findall(caption.lower())


def caption_measures(
    captions: Sequence[str], references: Sequence[Sequence[str]]
) -> tuple[dict[str, float], list[str]]:
    """Measures of N captions against one or more references each, by name.

    - ``exact_match``: the share of the captions whose words are those of a reference;
    - ``cider``: :func:`cider`;
    - ``bleu1`` to ``bleu4``: corpus BLEU of n-grams up to that length in percent, by sacreBLEU, without smoothing
      (Papineni et al. 2002);
    - ``rouge_l``: the mean of the best F1 of the longest common subsequence, by rouge-score (Lin 2004), in percent.

    Words are those of :func:`caption_words`. A measure whose package is not installed is left out.

    Returns:
      The measures, and sentences on those that were left out.

    Raises:
      ValueError: No caption, one without a reference, or another number of references than of captions.
    """
    _check(captions, references)
    words = [caption_words(each) for each in captions]
    targets = [[caption_words(each) for each in those] for those in references]
    matches = [own in those for own, those in zip(words, targets, strict=True)]
    measures = {"exact_match": float(np.mean(matches)), "cider": cider(captions, references)}
    remarks = []
    if importlib.util.find_spec("sacrebleu") is None:
        remarks.append("No BLEU: install seqjax with its extra 'captioning'")
    else:
        measures |= _bleu(words, targets)
    if importlib.util.find_spec("rouge_score") is None:
        remarks.append("No ROUGE-L: install seqjax with its extra 'captioning'")
    else:
        measures["rouge_l"] = _rouge_l(words, targets)
    return measures, remarks


def cider(captions: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """CIDEr-D of N captions, the mean over them (Vedantam et al. 2015, section 3 and appendix).

    .. code-block:: text

        g(c)_w = count of the n-gram w in c * log(N / number of pictures with a reference that holds w)
        CIDEr_n(c, S) = 10 / |S| sum over s in S of exp(-(|c| - |s|)^2 / 72) min(g(c), g(s)) . g(s) / (|g(c)| |g(s)|)
        CIDEr = mean over n = 1 to 4 of CIDEr_n

    It is the variant that papers report: n-grams of the caption are clipped to those of the reference, and other
    lengths are penalised. A caption shorter than n words has 0 for n, so that one of a single word has at most 2.5.

    Args:
      captions: N captions.
      references: One or more references for each.

    Raises:
      ValueError: No caption, one without a reference, or another number of references than of captions.

    Note: Words are not stemmed, and are divided by :func:`caption_words`, as in the tools of COCO but for their
      tokenizer.
    """
    _check(captions, references)
    own = [_ngrams(caption_words(each)) for each in captions]
    others = [[_ngrams(caption_words(each)) for each in those] for those in references]
    frequency: Counts = Counter()
    for those in others:
        frequency.update({gram for counts in those for gram in counts})
    total = math.log(len(captions))
    weights = {gram: total - math.log(count) for gram, count in frequency.items()}
    scores = [
        np.mean([_similarity(caption, reference, weights, total) for reference in those])
        for caption, those in zip(own, others, strict=True)
    ]
    return 10 * float(np.mean(scores))


def _similarity(caption: Counts, reference: Counts, weights: dict[tuple[str, ...], float], unseen: float) -> float:
    """The mean over n of the clipped cosine similarity of two captions' weighted n-grams, with the length penalty."""
    first, second = (
        {gram: count * weights.get(gram, unseen) for gram, count in each.items()} for each in (caption, reference)
    )
    products, squares = np.zeros(LONGEST), np.zeros((2, LONGEST))
    for gram, value in first.items():
        squares[0, len(gram) - 1] += value**2
        products[len(gram) - 1] += min(value, second.get(gram, 0.0)) * second.get(gram, 0.0)
    for gram, value in second.items():
        squares[1, len(gram) - 1] += value**2
    norms = np.sqrt(squares.prod(axis=0))
    lengths = [sum(count for gram, count in each.items() if len(gram) == 1) for each in (caption, reference)]
    penalty = math.exp(-((lengths[0] - lengths[1]) ** 2) / (2 * SIGMA**2))
    return float(np.mean(np.divide(products, norms, out=np.zeros(LONGEST), where=norms > 0)) * penalty)


def _ngrams(words: Sequence[str]) -> Counts:
    """The numbers of n-grams of 1 to 4 words."""
    return Counter(
        tuple(words[start : start + n]) for n in range(1, LONGEST + 1) for start in range(len(words) - n + 1)
    )


def _bleu(words: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> dict[str, float]:
    from sacrebleu.metrics.bleu import BLEU

    texts = [" ".join(each) for each in words]
    streams = list(itertools.zip_longest(*[[" ".join(each) for each in those] for those in references]))
    return {
        f"bleu{n}": float(
            BLEU(tokenize="none", smooth_method="none", max_ngram_order=n, force=True)
            .corpus_score(texts, streams)
            .score
        )
        for n in range(1, LONGEST + 1)
    }


class _Words:
    """Gives rouge-score the words that are already divided by blanks."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def _rouge_l(words: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> float:
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], tokenizer=_Words())
    scores = [
        scorer.score_multi([" ".join(each) for each in those], " ".join(own))["rougeL"].fmeasure
        for own, those in zip(words, references, strict=True)
    ]
    return 100 * float(np.mean(scores))


def _check(captions: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    if len(captions) != len(references) or not captions:
        raise ValueError(
            f"captions and references must have the same length, at least 1, not {len(captions)} and {len(references)}"
        )
    if not all(references):
        raise ValueError("each caption must have a reference, not none")
