"""Translates the lines of standard input."""

from functools import partial
from pathlib import Path

from ml_collections import ConfigDict

from experiments.run.arguments import parse
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.text_generation import answer_lines, search_from_flags
from experiments.tasks.translation.data import DataConfig
from experiments.tasks.translation.report import attention_panel
from experiments.tasks.translation.task import ModelConfig, build_translator
from seqjax.tokens import UNK


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one source a line, and writes its translations on one line."""
    data, model = parse(DataConfig, "data", config.data), parse(ModelConfig, "model", config.model)
    search = search_from_flags(model.search(data.bucket_sizes), has_attention=model.conditioning == "attention")
    translator = build_translator(data, model, config.seed, load_learned(workdir))
    largest = translator.bucket_sizes[-1]

    def warning(line: str) -> str:
        (ids,) = translator.encode([line])
        unknown = int((ids[:largest] == UNK).sum())
        remarks = [f"has {unknown} tokens that are not in the vocabulary"] * (unknown > 0)
        remarks += [f"has {len(ids)} tokens; only the first {largest} are translated"] * (len(ids) > largest)
        return ", and ".join(remarks)

    answer_lines(
        partial(translator.translate, restore_best(workdir, translator.initial_params)),
        translator.text,
        search,
        panel=partial(attention_panel, translator),
        warning=warning,
    )
