"""Summarises the texts of standard input."""

import json
from collections.abc import Sequence
from pathlib import Path

from ml_collections import ConfigDict

from experiments.run.arguments import parse
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.summarization.data import DataConfig
from experiments.tasks.summarization.model import ModelConfig, build_summarizer
from experiments.tasks.text_generation import answer_lines, search_from_flags
from seqjax.data.text.words import one_line
from seqjax.decoding.search import Hypothesis, Search
from seqjax.plots.attention import AttentionPanel
from seqjax.typing import Keys


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one text a line, and writes its summaries on one line."""
    data, model = parse(DataConfig, "data", config.data), parse(ModelConfig, "model", config.model)
    search = search_from_flags(model.search(data.longest_target), has_attention=True)
    summarizer = build_summarizer(data, model, config.seed, load_learned(workdir))
    params = restore_best(workdir, summarizer.initial_params)
    key, largest = data.source_column, summarizer.bucket_sizes[-1]

    def decode(lines: Sequence[str], search: Search, keys: Keys | None) -> list[list[Hypothesis]]:
        return summarizer.translate(params, [text_of(line, key)[0] for line in lines], search, keys)

    def warning(line: str) -> str:
        text, remark = text_of(line, key)
        count = len(summarizer.source.split(one_line(text)))
        remarks = [remark] * bool(remark)
        remarks += [f"has {count} tokens; only the first {largest} are read"] * (count > largest)
        return ", and ".join(remarks)

    def panel(line: str, hypothesis: Hypothesis) -> AttentionPanel:
        return summarizer.attention_panel(text_of(line, key)[0], hypothesis)

    answer_lines(decode, summarizer.text, search, panel=panel, warning=warning)


def text_of(line: str, key: str) -> tuple[str, str]:
    """The text of a line, and a remark on it: a JSON object holds it under ``key``, any other line is the text.

    The text of an object without it is empty.
    """
    if not line.lstrip().startswith("{"):
        return line, ""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return line, f"begins like JSON and is none ({error}); it is read as a text"
    text = record.get(key)
    if not isinstance(text, str):
        has = "no text" if key in record else "nothing"
        return "", f"has no summary: there is {has} under {key!r} in its JSON object, which has {_named(record)}"
    return text.encode(errors="replace").decode(), ""


def _named(record: dict[str, object]) -> str:
    names = [repr(name[:40]) for name in record][:8]
    return ", ".join(names) or "no names"
