"""Conversations: turns that answer each other, from YAML or text files, or made up."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqjax.data.tables import package_file
from seqjax.data.text.files import read_text
from seqjax.data.text.words import one_line
from seqjax.errors import InputError

CORPUS = "chatterbot_corpus"  # the package of that name
ENDINGS = (".yml", ".yaml", ".txt")

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PEOPLE = ("ann", "ben", "cleo", "dan", "eva", "finn", "gil", "hana")


class Exchange(NamedTuple):
    """A reply with the turns before it.

    Attributes:
      turns: The conversation so far, oldest turn first; the last is the prompt.
      reply: The reply.
      group: Key of the conversation's first turn; exchanges of one group are in one part.
    """

    turns: tuple[str, ...]
    reply: str
    group: str


@dataclass(frozen=True)
class Conversations:
    """Conversations of two or more turns each.

    Attributes:
      name: Their origin, for messages.
      turns: The turns of each, on one line each.
      skipped: A sentence on each file or conversation that is not used.
    """

    name: str
    turns: tuple[tuple[str, ...], ...]
    skipped: tuple[str, ...] = ()

    def exchanges(self, history: int) -> list[Exchange]:
        """Every turn but the first of each conversation as a reply, with up to ``history`` turns before its prompt.

        An exchange that occurs several times is taken once.
        """
        found: dict[tuple[tuple[str, ...], str], Exchange] = {}
        for turns in self.turns:
            group = " ".join(turns[0].casefold().split())
            for place in range(1, len(turns)):
                before, reply = turns[max(place - 1 - history, 0) : place], turns[place]
                found.setdefault((before, reply), Exchange(before, reply, group))
        return [*found.values()]


def corpus_folder(language: str) -> Path:
    """The folder of a language in the package ``chatterbot-corpus``, which is not imported.

    Raises:
      InputError: If the package is not installed, or has no such language.
    """
    try:
        data = package_file(CORPUS, "data")
    except InputError:
        message = "the conversations of ChatterBot are not installed; install seqjax with its extra 'dialogue'"
        raise InputError(message) from None
    known = sorted(each.name for each in data.iterdir() if each.is_dir())
    if language not in known:
        raise InputError(f"there are no conversations in {language!r}; data.language is one of {', '.join(known)}")
    return data / language


def read_conversations(path: Path, topics: Sequence[str] = ()) -> Conversations:
    """Reads conversations from a file, or from all files of a folder.

    A YAML file has a list ``conversations``, whose entries are lists of turns. In a text file each line is a turn, and
    an empty line ends a conversation.

    Args:
      path: A file that ends in .yml, .yaml or .txt, or a folder with such files.
      topics: Names of files without their ending, which alone are read; none for all.

    Raises:
      InputError: If there is no such file, folder or topic, or no conversation of two turns.
    """
    if not path.exists():
        raise InputError(f"there is no file or folder {path}")
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS) if path.is_dir() else [path]
    names = {each.stem for each in files}
    if missing := [topic for topic in topics if topic not in names]:
        raise InputError(f"{path} has no topic {missing[0]!r}; data.topics are of {', '.join(sorted(names))}")
    found: list[tuple[str, ...]] = []
    skipped: list[str] = []
    for file in files:
        if not topics or file.stem in topics:
            try:
                turns, faults = _read_file(file)
            except InputError as error:
                turns, faults = [], [str(error)]
            found += turns
            skipped += faults
    if not found:
        reason = f" ({skipped[0]})" if skipped else ""
        raise InputError(f"{path} holds no conversation of two turns in {', '.join(ENDINGS)} files{reason}")
    return Conversations(str(path), tuple(found), tuple(skipped))


def _read_file(path: Path) -> tuple[list[tuple[str, ...]], list[str]]:
    """The conversations of a file, and a sentence on each entry that is none."""
    text = read_text(path)
    if path.suffix.lower() == ".txt":
        blocks = "\n".join(line if line.strip() else "" for line in text.split("\n")).split("\n\n")
        entries: list[Any] = [block.strip("\n").split("\n") for block in blocks if block.strip()]
    else:
        entries = _yaml_entries(path, text)
    found, faults = [], []
    for number, entry in enumerate(entries, 1):
        turns = [one_line(str(each)) for each in entry] if isinstance(entry, list) else []
        if len(turns) < 2 or not all(turns) or any(each is None or isinstance(each, list | dict) for each in entry):
            faults.append(f"{path}: conversation {number} is no list of two turns or more")
        else:
            found.append(tuple(turns))
    return found, faults


def _yaml_entries(path: Path, text: str) -> list[Any]:
    if importlib.util.find_spec("yaml") is None:
        raise InputError(f"{path} needs the package 'PyYAML'; install seqjax with its extra 'dialogue'")
    import yaml

    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        raise InputError(f"{path} is broken YAML{place} ({getattr(error, 'problem', None) or error})") from None
    entries = content.get("conversations") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise InputError(f"{path} has no list 'conversations'")
    return entries


def made_up_conversations(count: int, seed: int) -> Conversations:
    """Conversations that need their history: counting on, and names that are asked for.

    Args:
      count: Number of conversations.
      seed: Source of the choice.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        if rng.random() < 0.5:
            first, length = int(rng.integers(len(NUMBERS) - 4)), int(rng.integers(1, 4))
            turns = [f"Count on from {NUMBERS[first]}.", f"{NUMBERS[first + 1]}."]
            for step in range(length):
                turns += ["Go on.", f"{NUMBERS[first + 2 + step]}."]
        else:
            person = PEOPLE[rng.integers(len(PEOPLE))]
            turns = [f"Hello, I am {person}.", f"Hello {person}!", "Who am I?", f"You are {person}."]
        found.append(tuple(turns))
    return Conversations("made_up", tuple(found))
