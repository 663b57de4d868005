"""Decoding as a service for the tasks that generate text: flags to search options, lines of input to lines of output.

A task brings a function from lines to hypotheses, and one from a hypothesis to its text. The lines may be texts, names
of files or anything else.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import jax
import numpy as np

from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, read_lines, temperature
from experiments.tasks.text_generation_flags import ATTENTION, BEAM
from seqjax.decoding.search import Hypothesis, Search
from seqjax.errors import InputError
from seqjax.plots.attention import AttentionPanel, plot_attention
from seqjax.typing import Keys

PANELS = 8  # lines whose attention is plotted

Decode = Callable[[Sequence[str], Search, Keys | None], list[list[Hypothesis]]]


def search_from_flags(search: Search, *, has_attention: bool) -> Search:
    """The options of a search as the flags change them.

    Args:
      search: The options without flags.
      has_attention: Whether the model returns attention weights.

    Raises:
      InputError: For flags that exclude each other, or do not suit the model.
    """
    sampling_temperature = temperature(1.0) if SAMPLE.value else 0.0  # Without a temperature nothing is sampled.
    beam = search.beam if BEAM.value is None else BEAM.value
    if SAMPLE.value and BEAM.value is not None:
        raise InputError("--sample and --beam exclude each other; give one of them")
    if not SAMPLE.value and NBEST.value > beam:
        raise InputError(f"--nbest={NBEST.value} is more than the beam, {beam}; give --beam={NBEST.value} too")
    if ATTENTION.value and not has_attention:
        raise InputError("--attention needs a model with attention, such as one with model.conditioning=attention")
    if ATTENTION.value and not Path(ATTENTION.value).parent.is_dir():
        raise InputError(f"--attention={ATTENTION.value} is in a folder that does not exist")
    max_length = search.max_length if MAX_LENGTH.value is None else MAX_LENGTH.value
    return replace(search, beam=beam, n_best=NBEST.value, temperature=sampling_temperature, max_length=max_length)


def answer_lines(
    decode: Decode,
    text: Callable[[Hypothesis], str],
    search: Search,
    *,
    panel: Callable[[str, Hypothesis], AttentionPanel] | None = None,
    warning: Callable[[str], str] = lambda line: "",
) -> None:
    """Answers each line of standard input by one line: the texts of its hypotheses, separated by tabs.

    The lines are decoded in batches, at a terminal one by one. A blank line is answered by an empty one. The samples of
    a line depend on its number and ``--seed`` alone.

    Args:
      decode: ``decode(lines, search, keys)`` returns the hypotheses of each line, best first.
      text: The text of a hypothesis, on one line.
      search: Search options.
      panel: The attention weights of a line and its hypothesis, for ``--attention``.
      warning: What to say about a line on standard error, after "line N"; "" for nothing.

    Raises:
      InputError: If the picture of ``--attention`` cannot be written.
    """
    panels: list[AttentionPanel] = []
    number = 0
    if sys.stdin.isatty():
        print("Type a line and press Enter; Ctrl-D ends.", file=sys.stderr)
    for lines in read_lines():
        for place, line in enumerate(lines, number + 1):
            if remark := warning(line):
                print(f"line {place} {remark}", file=sys.stderr)
        rows = [row for row, line in enumerate(lines) if line.strip()]
        keys = _line_keys(number + np.array(rows, int)) if search.temperature else None
        decoded = dict(zip(rows, decode([lines[row] for row in rows], search, keys), strict=True))
        for row, line in enumerate(lines):
            hypotheses = decoded.get(row, [])
            print("\t".join(map(text, hypotheses)))
            if ATTENTION.value and panel and hypotheses and len(panels) < PANELS:
                panels.append(panel(line, hypotheses[0]))
        sys.stdout.flush()
        number += len(lines)
    if panels:
        _plot(Path(ATTENTION.value or ""), panels)


def _line_keys(numbers: np.ndarray) -> Keys:
    """A key for each line number ``[N]``."""
    keys: Keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(numbers)
    return keys


def _plot(path: Path, panels: Sequence[AttentionPanel]) -> None:
    try:
        plot_attention(path, panels)
    except (OSError, ValueError) as error:
        raise InputError(f"picture {path} cannot be written ({error}); give another path to --attention") from None
