"""Captions the pictures and clips that standard input names."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from experiments.run.answers import is_json
from experiments.run.arguments import parse
from experiments.run.stdin import NBEST
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.captioning.data import DataConfig
from experiments.tasks.captioning.model import ModelConfig, build_writer
from experiments.tasks.captioning.report import caption_panel
from experiments.tasks.text_generation import answer_lines, search_from_flags
from seqjax.data.pictures.files import read_frames
from seqjax.decoding.search import Hypothesis, Search
from seqjax.errors import InputError
from seqjax.plots.captions import CaptionPanel, plot_caption_attention
from seqjax.typing import Keys


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one path a line, and writes its captions on one line."""
    data, model = parse(DataConfig, "data", config.data), parse(ModelConfig, "model", config.model)
    search = search_from_flags(model.search(data.longest_caption), has_attention=model.conditioning == "attention")
    writer = build_writer(data, model, config.seed, load_learned(workdir))
    params = restore_best(workdir, writer.initial_params)

    clips: dict[str, np.ndarray] = {}  # of the lines that are answered now; each is read once, by its warning

    def caption(lines: Sequence[str], search: Search, keys: Keys | None) -> list[list[Hypothesis]]:
        for line in clips.keys() - {*lines}:
            del clips[line]
        rows = [row for row, line in enumerate(lines) if line in clips]
        found: list[list[Hypothesis]] = [[] for _ in lines]
        row_keys = None if keys is None else keys[np.array(rows, int)]
        decoded = writer.caption(params, [clips[lines[row]] for row in rows], search, row_keys)
        for row, each in zip(rows, decoded, strict=True):
            found[row] = each
        return found

    def warning(line: str) -> str:
        clips.pop(line, None)
        try:
            if line.strip():
                clips[line] = read_frames(Path(line.strip()).expanduser(), data.size, data.frames)
        except InputError as error:
            return f"has no caption: {error}"
        return ""

    def text(hypothesis: Hypothesis) -> str:
        written = writer.text(hypothesis)
        return written if is_json() or NBEST.value == 1 else f"{written}\t{hypothesis.score:.4f}"

    def panel(line: str, hypothesis: Hypothesis) -> CaptionPanel:
        return caption_panel(writer, clips[line], hypothesis)

    answer_lines(caption, text, search, panel=panel, plot=plot_caption_attention, warning=warning)
