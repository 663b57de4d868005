"""Translations of texts."""

import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import jax
import numpy as np
from ml_collections import ConfigDict

from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, read_lines, temperature
from experiments.run.workdir import restore_best
from experiments.tasks.translation.flags import ATTENTION, BEAM
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.plots.attention import AttentionPanel, plot_attention
from seqjax.predictors.translation import ModelConfig, Search, Translator

DRAWN = 8  # Lines whose attention is drawn.


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads texts, writes translations; at a terminal one after the other."""
    network = ModelConfig(**config.model)
    search, picture = _search(network, config.data.widths), ATTENTION.value
    record = json.loads((workdir / "vocabulary.json").read_text(encoding="utf-8"))
    model = Translator(
        config.data.widths,
        network,
        config.seed,
        Vocabulary.from_json(record["source"]),
        Vocabulary.from_json(record["target"]),
    )
    widest = model.widths[-1]
    params = restore_best(config, model.initial_params, workdir)
    panels, number = list[AttentionPanel](), 0
    if sys.stdin.isatty():
        print("Type a text and press Enter; Ctrl-D ends.", file=sys.stderr)
    for texts in read_lines():
        ids = model.encode(texts)
        for line, each in enumerate(ids, number + 1):
            if len(each) > widest:
                remark = (
                    f"line {line} has {len(each)} tokens, but the model was made for {widest}: the rest is not read"
                )
                print(remark, file=sys.stderr)
        filled = [row for row, text in enumerate(texts) if text.strip() and len(ids[row])]
        keys = None
        if search.temperature:  # A line's draws depend on its number alone.
            numbers = number + np.array(filled, int)
            keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(numbers)
        found = model.translate(params, [ids[row] for row in filled], search, keys)
        answers = dict(zip(filled, found, strict=True))
        for row, text in enumerate(texts):
            hypotheses = answers.get(row, [])
            print("\t".join(model.text(each.ids) for each in hypotheses))
            if picture and hypotheses and len(panels) < DRAWN:
                panels.append(model.panel(text, hypotheses[0]))
        sys.stdout.flush()
        number += len(texts)
    if picture and panels:
        try:
            plot_attention(Path(picture), panels)
        except (OSError, ValueError) as error:
            raise InputError(f"picture {picture} cannot be drawn ({error})") from None


def _search(network: ModelConfig, widths: Sequence[int]) -> Search:
    """How the flags say that translations are to be looked for."""
    heat = temperature(1.0) if SAMPLE.value else 0.0  # 0 is no draw at all.
    search = Search.of(network, widths)._replace(temperature=heat, n_best=NBEST.value)
    if MAX_LENGTH.value is not None:
        search = search._replace(max_length=MAX_LENGTH.value)
    if BEAM.value is not None:
        search = search._replace(beam=BEAM.value)
    if SAMPLE.value and BEAM.value is not None:
        raise InputError("--sample draws at random, and has no use for --beam; give one of them")
    if not SAMPLE.value and NBEST.value > search.beam:
        raise InputError(f"--nbest={NBEST.value} needs a beam of as many, not {search.beam}; give --beam too")
    if ATTENTION.value and network.conditioning != "attention":
        raise InputError("--attention needs a model that was trained with model.conditioning=attention")
    if ATTENTION.value and not Path(ATTENTION.value).parent.is_dir():
        raise InputError(f"--attention={ATTENTION.value} names a folder that is not there")
    return search
