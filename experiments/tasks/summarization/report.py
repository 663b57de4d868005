"""Report on summarisation: the data, baselines, measures, a file of summaries and examples."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np

from experiments.run.parts import PARTS
from experiments.tasks.summarization.data import EncodedSummaries
from seqjax.baselines.nearest_texts import nearest_texts
from seqjax.baselines.summaries import first_sentence, lead_words
from seqjax.data.text.summaries import Summaries
from seqjax.data.text.words import one_line
from seqjax.metrics.summaries import (
    bootstrap_interval,
    copied_words,
    repeated_words,
    rouge_is_installed,
    rouge_scores,
)
from seqjax.predictors.summarization import Summarizer
from seqjax.tokens import UNK
from seqjax.training.writer import write_text

SHOWN = 200  # characters of a text in an example


def data_summary(parts: Sequence[Summaries], encoded: Sequence[EncodedSummaries], summarizer: Summarizer) -> list[str]:
    """Lines on the data: the parts, what is cut or left out, and the unknown words of summaries."""
    vocabulary = summarizer.target
    lines = [f"{part.name}: {len(part):,} texts for {name}" for name, part in zip(PARTS, parts, strict=True)]
    counts = [f"{each.cut:,} of {len(part):,}" for each, part in zip(encoded, parts, strict=True)]
    lines.append(f"longer than {summarizer.bucket_sizes[-1]} tokens, so cut: {', '.join(counts)} texts")
    ids = np.concatenate([each[1:-1] for each in encoded[2].targets])
    pointed = f"; {np.mean(ids >= len(vocabulary)):.2%} can only be copied" if summarizer.copies else ""
    lines.append(
        f"{len(vocabulary):,} tokens; of those of test summaries {np.mean(ids == UNK):.2%} are unknown{pointed}"
    )
    return lines


def baseline_summaries(summarizer: Summarizer, training: Summaries, test: Summaries) -> dict[str, list[str]]:
    """Summaries of the test part by baselines: first sentence, lead words, nearest training text."""
    targets = [those[0] for those in training.references]
    count = max(1, round(float(np.mean([len(target.split()) for target in targets]))))
    found = {
        "first sentence": [first_sentence(text) for text in test.sources],
        "lead words": [lead_words(text, count) for text in test.sources],
    }
    if importlib.util.find_spec("sklearn") is None:
        print("no nearest training text: install seqjax with its extra 'summarization'", file=sys.stderr)
    else:
        found["nearest text"] = [targets[row] for row in nearest_texts(test.sources, training.sources)]
    return {name: [summarizer.reference(text) for text in texts] for name, texts in found.items()}


def summary_measures(
    summaries: Sequence[str], part: Summaries
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Measures of the summaries of a part by name, and the 95 percent intervals of ROUGE.

    ``rouge1``, ``rouge2`` and ``rouge_l`` are against the first reference, those with ``_all`` against the best of all
    references, if there are several. ``copied_words`` and ``repeated_words`` are shares, ``words`` the mean length.
    """
    measures: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    kinds = {"": [those[:1] for those in part.references]}
    if max(map(len, part.references)) > 1:
        kinds["_all"] = list(part.references)
    for ending, references in kinds.items() if rouge_is_installed() else ():
        for name, values in rouge_scores(summaries, references).items():
            measures[name + ending] = float(values.mean())
            intervals[name + ending] = bootstrap_interval(values)
    measures["copied_words"] = copied_words(summaries, part.sources)
    measures["repeated_words"] = repeated_words(summaries)
    measures["words"] = float(np.mean([len(text.split()) for text in summaries]))
    return measures, intervals


def interval_lines(intervals: Mapping[str, tuple[float, float]]) -> list[str]:
    """A line with the intervals of ROUGE, or how to get it."""
    if not intervals:
        return ["No ROUGE: install seqjax with its extra 'summarization'"]
    return ["95% intervals: " + ", ".join(f"{name} {low:.2f} to {high:.2f}" for name, (low, high) in intervals.items())]


def write_summaries(
    path: Path, sources: Sequence[str], summaries: Sequence[str], references: Sequence[Sequence[str]]
) -> None:
    """Writes a table of summaries, references and texts, separated by tabs."""
    columns = list(zip_longest(*references, fillvalue=""))
    header = ("summary", "reference", *(f"reference {number}" for number in range(2, len(columns) + 1)), "text")
    rows = [header, *zip(summaries, *columns, sources, strict=True)]
    write_text(path, "".join("\t".join(map(one_line, row)) + "\n" for row in rows))


def examples(part: Summaries, summaries: Sequence[str], count: int) -> list[str]:
    """The first ``count`` summaries of a part, with the reference and the beginning of the text."""
    lines = []
    for source, summary, those in list(zip(part.sources, summaries, part.references, strict=True))[:count]:
        text = one_line(source)
        lines.append(f"{summary}  (reference: {those[0]})  <- {text[:SHOWN]}{'...' if len(text) > SHOWN else ''}")
    return lines
