"""Answers questions of standard input about the story that it tells."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from experiments.run.answers import is_json
from experiments.run.arguments import parse
from experiments.run.workdir import load_learned, restore_best
from experiments.tasks.question_answering.data import DataConfig
from experiments.tasks.question_answering.flags import FACTS
from experiments.tasks.question_answering.model import ModelConfig, build_answerer
from experiments.tasks.question_answering.prompt import Prompt, as_written
from experiments.tasks.question_answering.report import facts, story_panel
from experiments.tasks.text_generation import answer_lines, search_from_flags
from seqjax.data.text.questions import Question
from seqjax.data.text.story_encoding import StoryVocabulary
from seqjax.decoding.search import Search
from seqjax.plots.stories import StoryPanel, plot_stories
from seqjax.predictors.question_answering import Answer
from seqjax.tokens import UNK
from seqjax.typing import Keys


def answer(config: ConfigDict, workdir: Path) -> None:
    """Reads sentences and questions, and writes an answer to each question; other lines give empty ones."""
    data, model = parse(DataConfig, "data", config.data), parse(ModelConfig, "model", config.model)
    learned = load_learned(workdir)
    answerer = build_answerer(data, model, config.seed, learned)
    search = search_from_flags(answerer.search, has_attention=True)
    search = replace(search, min_length=max(search.min_length, min(2, search.max_length)))  # no empty answer
    params = restore_best(workdir, answerer.initial_params)
    prompt = Prompt(data.longest_story)
    taken: deque[Question | None] = deque()  # of the lines that are to be answered

    def warning(line: str) -> str:
        question, remark = prompt.take(line)
        if line.strip():
            taken.append(question)
        more = "" if question is None else limits(question, answerer.vocabulary, data)
        return "; ".join(filter(None, [remark, more]))

    def reply(lines: Sequence[str], search: Search, keys: Keys | None) -> list[list[Answer]]:
        asked = [taken.popleft() for _ in lines]
        rows = np.array([row for row, question in enumerate(asked) if question is not None], int)
        questions = [question for question in asked if question is not None]
        found = answerer.answer(params, questions, search, None if keys is None else keys[rows]) if questions else []
        answers: list[list[Answer]] = [[] for _ in lines]
        for row, those in zip(rows, found, strict=True):
            answers[row] = those
        return answers

    def text(each: Answer) -> str:
        words = as_written(each.words, each.question.story)
        if not FACTS.value or is_json():
            return words
        return f"{words} ({' '.join(sentence for sentence, _ in facts(each))})"

    def details(each: Answer) -> dict[str, Any]:
        if not FACTS.value:
            return {}
        return {"facts": [{"sentence": sentence, "weights": weights} for sentence, weights in facts(each)]}

    def panel(line: str, each: Answer) -> StoryPanel:
        return story_panel(each)

    answer_lines(reply, text, search, panel=panel, plot=plot_stories, warning=warning, details=details)


def limits(question: Question, vocabulary: StoryVocabulary, data: DataConfig) -> str:
    """A remark on what of a question the model does not read or know; "" if there is nothing."""
    encoded = vocabulary.encode(question, data.longest_story, data.longest_sentence)
    told = set(encoded.words)
    strange = [word for word in vocabulary.unknown(question.question) if word not in told]
    unread = int(np.sum(encoded.ids == UNK)) - vocabulary.placeholders
    remarks = [f"asks with new words that are not in what is read of the story: {', '.join(strange[:5])}"] * bool(
        strange
    )
    remarks += [f"has a story of more sentences; only the last {data.longest_story} are read"] * (encoded.left_out > 0)
    remarks += [f"has longer sentences; only their first {data.longest_sentence} words are read"] * (encoded.cut > 0)
    remarks += [f"has {unread} new words too many; {vocabulary.placeholders} are told apart"] * (unread > 0)
    return "; ".join(remarks)
