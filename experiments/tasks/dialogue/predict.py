"""Answers the lines of standard input as turns of a conversation."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from experiments.run.arguments import parse
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.dialogue.data import DataConfig
from experiments.tasks.dialogue.lines import json_object
from experiments.tasks.dialogue.model import ModelConfig, build_chatter
from experiments.tasks.dialogue.report import turn_panel
from experiments.tasks.text_generation import answer_lines, search_from_flags
from seqjax.decoding.search import Hypothesis, Search
from seqjax.plots.attention import AttentionPanel
from seqjax.predictors.dialogue import conversation
from seqjax.tokens import UNK
from seqjax.typing import Keys

RESET = "/reset"


class Answer(NamedTuple):
    """A reply with the text of the conversation that it answers, for its picture."""

    reply: Hypothesis
    source: str

    @property
    def score(self) -> float:
        """The score of the reply."""
        return self.reply.score


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads one turn a line, and writes the next turn on one line."""
    data, model = parse(DataConfig, "data", config.data), parse(ModelConfig, "model", config.model)
    search = search_from_flags(model.search(data.bucket_sizes), has_attention=model.conditioning == "attention")
    chatter = build_chatter(data, model, config.seed, load_learned(workdir))
    params = restore_best(workdir, chatter.initial_params)
    turns = deque[str](maxlen=data.history)  # the last ones of the conversation so far

    def reply(lines: Sequence[str], search: Search, keys: Keys | None) -> list[list[Answer]]:
        """One line after the other, since an answer is a turn of the conversation."""
        found: list[list[Answer]] = []
        for row, line in enumerate(lines):
            if line.lstrip().startswith("/"):
                if line.strip().lower() == RESET:
                    turns.clear()
                found.append([])
                continue
            try:
                given = stated(line)
            except ValueError:  # The warning has said so.
                found.append([])
                continue
            source = conversation([*turns, line] if given is None else given, data.history)
            key = None if keys is None else keys[row : row + 1]
            (replies,) = chatter.translate(params, [source], search, key)
            if given is None:
                turns.extend([line, *filter(None, map(chatter.text, replies[:1]))])
            found.append([Answer(each, source) for each in replies])
        return found

    def warning(line: str) -> str:
        if line.lstrip().startswith("/"):
            return "" if line.strip().lower() == RESET else f"is no command; {RESET} starts the conversation anew"
        try:
            given = stated(line)
        except ValueError as error:
            return str(error)
        ids = chatter.source.encode(line if given is None else conversation(given, data.history))
        largest = chatter.bucket_sizes[-1]
        unknown = int((ids[-largest:] == UNK).sum())
        remarks = [f"has words that are not in the vocabulary ({unknown})"] * (unknown > 0)
        remarks += [f"has {len(ids)} tokens; only the last {largest} are read"] * (len(ids) > largest)
        return ", and ".join(remarks)

    def text(answer: Answer) -> str:
        return chatter.text(answer.reply)

    def panel(line: str, answer: Answer) -> AttentionPanel:
        return turn_panel(chatter, answer.source, answer.reply)

    answer_lines(reply, text, search, panel=panel, warning=warning)


def stated(line: str) -> list[str] | None:
    """The turns that a JSON object states, the prompt last; None for a line that is a text.

    Raises:
      ValueError: For an object that is no conversation.
    """
    record = json_object(line, ("prompt", "history"))
    if record is None:
        return None
    history = record.get("history", [])
    if not isinstance(history, list) or not all(isinstance(turn, str) for turn in history):
        raise ValueError("has a 'history' that is no list of texts")
    return [*history, record["prompt"]]
