"""Prediction for all tasks that generate text: search options from flags, and decoding of standard input.

A task provides a function from lines to hypotheses, and one from a hypothesis to its text. A line may be a text, a file
name or anything else.
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from experiments.run.answers import is_json, print_texts
from experiments.run.stdin import (
    MAX_LENGTH,
    NBEST,
    SAMPLE,
    SEED,
    TOP_K,
    TOP_P,
    check_top_p,
    read_lines,
    remark,
    temperature,
)
from experiments.tasks.text_generation_flags import ATTENTION, BEAM, LENGTH_PENALTY, MIN_LENGTH
from seqjax.decoding.search import Search
from seqjax.errors import InputError
from seqjax.plots.attention import plot_attention
from seqjax.typing import Keys

PANELS = 8  # lines whose attention is plotted

# Hypotheses of each line, or anything else with a score.
Decode = Callable[[Sequence[str], Search, Keys | None], list[list[Any]]]


def search_from_flags(search: Search, *, has_attention: bool) -> Search:
    """Search options with the flags applied.

    Args:
      search: The options before the flags are applied.
      has_attention: Whether the model returns attention weights.

    Raises:
      InputError: For flags that are mutually exclusive, or that the model does not support.
    """
    sampling_temperature = temperature(1.0) if SAMPLE.value else 0.0  # A temperature of 0 disables sampling.
    beam = search.beam if BEAM.value is None else BEAM.value
    if SAMPLE.value and BEAM.value is not None:
        raise InputError("--sample and --beam exclude each other; give one of them")
    if not SAMPLE.value and NBEST.value > beam:
        raise InputError(f"--nbest={NBEST.value} is more than the beam, {beam}; give --beam={NBEST.value} too")
    for flag in (TOP_K, TOP_P):
        if flag.value is not None and not SAMPLE.value:
            raise InputError(f"--{flag.name} limits random draws; give --sample=1 too")
    check_top_p()
    if LENGTH_PENALTY.value is not None and not math.isfinite(LENGTH_PENALTY.value):
        raise InputError(f"--length_penalty is {LENGTH_PENALTY.value}, but must be a number from -10 to 10")
    if LENGTH_PENALTY.value is not None and (SAMPLE.value or beam == 1):
        raise InputError("--length_penalty ranks the hypotheses of a beam search; give --beam=5 too, and no --sample")
    if ATTENTION.value and not has_attention:
        raise InputError("--attention needs a model with attention, such as one with model.conditioning=attention")
    if ATTENTION.value and not Path(ATTENTION.value).parent.is_dir():
        raise InputError(f"--attention={ATTENTION.value} is in a folder that does not exist")
    max_length = search.max_length if MAX_LENGTH.value is None else MAX_LENGTH.value
    if MIN_LENGTH.value is not None and MIN_LENGTH.value >= max_length:
        raise InputError(f"--min_length={MIN_LENGTH.value} must be below the largest length, {max_length}")
    return replace(
        search,
        beam=beam,
        n_best=NBEST.value,
        temperature=sampling_temperature,
        top_k=TOP_K.value,
        top_p=TOP_P.value,
        length_penalty=search.length_penalty if LENGTH_PENALTY.value is None else LENGTH_PENALTY.value,
        max_length=max_length,
        min_length=1 if MIN_LENGTH.value is None else MIN_LENGTH.value + 1,  # and EOS
    )


def answer_lines(
    decode: Decode,
    text: Callable[[Any], str],
    search: Search,
    *,
    panel: Callable[[str, Any], Any] | None = None,
    plot: Callable[[Path, list[Any]], None] | None = None,
    warning: Callable[[str], str] = lambda line: "",
    details: Callable[[Any], Mapping[str, Any]] = lambda hypothesis: {},
) -> None:
    """Prints one line for each line of standard input: the texts of its hypotheses, separated by tabs, or JSON.

    A blank line gives an empty one, in JSON the answer null. The samples for a line depend only on its number and
    ``--seed``.

    Args:
      decode: ``decode(lines, search, keys)`` returns the hypotheses of each line, best first.
      text: The text of a hypothesis, on one line.
      search: Search options.
      panel: Returns the attention weights of a line and its hypothesis, for ``--attention``.
      plot: Writes the picture of panels to a path; None for :func:`~seqjax.plots.attention.plot_attention`.
      warning: Returns a warning about a line, printed to standard error after "line N"; "" for none.
      details: Returns further keys of the JSON object of a line, given its best hypothesis.

    Raises:
      InputError: If standard input is not as :func:`read_lines` wants it, or the picture of ``--attention`` cannot be
        written.
    """
    panels: list[Any] = []
    for lines in read_lines("Type a line and press Enter"):
        remarks = {number: warning(line) for number, line in lines.items()}
        for number in filter(remarks.__getitem__, remarks):
            remark(number, remarks[number])
        numbers = [number for number, line in lines.items() if line.strip()]
        keys = _line_keys(np.array(numbers, int)) if search.temperature else None
        decoded = dict(zip(numbers, decode([lines[number] for number in numbers], search, keys), strict=True))
        for number, line in lines.items():
            hypotheses = decoded.get(number, [])
            if is_json():
                more = details(hypotheses[0]) if hypotheses else {}
                print_texts(line, [(text(each), each.score) for each in hypotheses], remarks[number], **more)
            else:
                print("\t".join(map(text, hypotheses)))
            if ATTENTION.value and panel and hypotheses and len(panels) < PANELS:
                panels.append(panel(line, hypotheses[0]))
        sys.stdout.flush()
    if panels:
        _plot(Path(ATTENTION.value or ""), panels, plot or plot_attention)


def _line_keys(numbers: np.ndarray) -> Keys:
    """A key for each line number ``[N]``."""
    keys: Keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(numbers)
    return keys


def _plot(path: Path, panels: list[Any], plot: Callable[[Path, list[Any]], None]) -> None:
    try:
        plot(path, panels)
    except (OSError, ValueError) as error:
        raise InputError(f"picture {path} cannot be written ({error}); give another path to --attention") from None
