"""The bAbI tasks (Weston et al. 2015): a folder with the files of each task."""

import re
from collections.abc import Sequence
from pathlib import Path

from seqjax.data.text.files import read_text
from seqjax.data.text.questions import Question, sentence_words
from seqjax.errors import InputError

TASKS = range(1, 21)
PARTS = ("train", "test")
EXAMPLE = "qa1_single-supporting-fact_train.txt"


def babi_files(folder: Path | str, tasks: Sequence[int] = ()) -> dict[int, tuple[Path, Path]]:
    """The training file and the test file of tasks, by number.

    Args:
      folder: A folder with files such as ``qa1_single-supporting-fact_train.txt``.
      tasks: Numbers of the tasks; none for all that have both files.

    Raises:
      InputError: If there is no such folder, or a file is missing or there twice.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; name one with files such as {EXAMPLE}")
    found: dict[int, tuple[Path, Path]] = {}
    for task in tasks or TASKS:
        files = [sorted(folder.glob(f"qa{task}_*_{part}.txt")) for part in PARTS]
        for part, those in zip(PARTS, files, strict=True):
            if len(those) > 1:
                raise InputError(f"{folder} has several files qa{task}_*_{part}.txt; keep one of them")
            if not those and tasks:
                raise InputError(f"{folder} has no file qa{task}_*_{part}.txt; take {task} out of data.tasks")
        if all(files):
            found[task] = (files[0][0], files[1][0])
    if not found:
        raise InputError(f"{folder} has no task with two files, such as {EXAMPLE} and one for the test")
    return found


def read_babi(path: Path | str, skill: str) -> list[Question]:
    """Reads a file of a task.

    Each line begins with a number, and a story with the number 1. A question's line has tabs before its answer and
    before the numbers of the sentences that support it. Words of an answer are separated by commas.

    Args:
      path: The file.
      skill: The skill of its questions, such as "qa1".

    Raises:
      InputError: For a file that cannot be read, has no question, or has a line that is neither a sentence nor a
        question.
    """
    found: list[Question] = []
    story: list[str] = []
    places: dict[int, int] = {}  # index in the story by number of the line
    for row, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        place = f"{path}: line {row}"
        match = re.match(r"\s*(\d+) (.*)", line)
        if match is None:
            raise InputError(f"{place} does not begin with a number and a blank, as {line[:40]!r}; correct the file")
        number, (text, *fields) = int(match[1]), match[2].split("\t")
        if number == 1:
            story, places = [], {}
        if not sentence_words(text):
            raise InputError(f"{place} has no words; correct the file")
        if not fields:
            places[number] = len(story)
            story.append(text.strip())
            continue
        answer = tuple(word for part in fields[0].split(",") for word in sentence_words(part, lowercase=False))
        if not answer:
            raise InputError(f"{place} has a question without an answer after its tab; correct the file")
        if not story:
            raise InputError(f"{place} has a question without a story before it; correct the file")
        numbers = " ".join(fields[1:]).split()
        if wrong := [each for each in numbers if not each.isdecimal() or int(each) not in places]:
            raise InputError(f"{place} rests on {wrong[0]!r}, which is no sentence of its story; correct the file")
        found.append(Question(tuple(story), text.strip(), answer, tuple(places[int(each)] for each in numbers), skill))
    if not found:
        raise InputError(f"{path} has no question; a question's line has a tab before its answer")
    return found
