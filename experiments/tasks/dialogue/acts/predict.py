"""Answers the dialogue acts of standard input."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ml_collections import ConfigDict

from experiments.run.arguments import parse
from experiments.run.stdin import NBEST, SAMPLE
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.dialogue.acts.data import DataConfig
from experiments.tasks.dialogue.acts.model import ModelConfig, build_replier
from experiments.tasks.dialogue.acts.report import act_panel
from experiments.tasks.dialogue.lines import json_object
from experiments.tasks.text_generation import answer_lines, search_from_flags
from experiments.tasks.text_generation_flags import BEAM
from seqjax.data.text.dialogue_acts import PLACEHOLDER, DialogueAct
from seqjax.decoding.search import Search
from seqjax.plots.attention import AttentionPanel
from seqjax.predictors.dialogue_acts import Reply
from seqjax.typing import Keys


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one act a line, and writes replies that express it on one line.

    A reply with a value that its act does not give is left out.
    """
    data, model = parse(DataConfig, "data", config.data), parse(ModelConfig, "model", config.model)
    own = model.search(data.bucket_sizes[-1])
    wide = replace(own, beam=max(own.beam, NBEST.value))
    search = search_from_flags(wide, has_attention=model.conditioning != "vector")
    count = max(BEAM.value or model.candidates, NBEST.value)  # candidates of each act, which are then ranked
    temperature = search.temperature if SAMPLE.value else own.temperature
    beam = 1 if temperature else max(search.beam, count)
    search = replace(search, temperature=temperature, beam=beam, n_best=count)
    replier = build_replier(data, model, config.seed, load_learned(workdir))
    write = partial(replier.reply, restore_best(workdir, replier.initial_params), slot_penalty=model.slot_penalty)

    def reply(lines: Sequence[str], search: Search, keys: Keys | None) -> list[list[Reply]]:
        acts: list[DialogueAct] = []
        for line in lines:
            try:
                acts.append(parsed(line))
            except ValueError:  # The warning has said so.
                acts.append(DialogueAct("", ()))
        found = write(acts, search, keys=keys)
        whole = list(map(complete, found))
        for line, act, left in zip(lines, acts, whole, strict=True):
            if act.type and not left:
                print(f"{line.strip()} has no reply without a value that the act does not give", file=sys.stderr)
        return [those[: NBEST.value] if act.type else [] for act, those in zip(acts, whole, strict=True)]

    def warning(line: str) -> str:
        if not line.strip():
            return ""
        try:
            unknown = replier.unknown(parsed(line))
        except ValueError as error:
            return str(error)
        return f"has {', '.join(unknown)}, which the model does not know: left out" if unknown else ""

    def panel(line: str, found: Reply) -> AttentionPanel:
        shown = act_panel(replier, parsed(line), found)
        assert shown is not None
        return shown

    answer_lines(reply, lambda each: each.text, search, panel=panel, warning=warning)


def complete(replies: Sequence[Reply]) -> list[Reply]:
    """The replies without a placeholder for a value that their act does not give."""
    return [each for each in replies if PLACEHOLDER not in each.text]


def parsed(line: str) -> DialogueAct:
    """The act of a line, or of the JSON object that it holds.

    Raises:
      ValueError: For a line that holds none.
    """
    record = json_object(line, ("act",))
    try:
        return DialogueAct.parse(line if record is None else record["act"])
    except ValueError as error:
        raise ValueError(f"has no answer: {error}") from None
