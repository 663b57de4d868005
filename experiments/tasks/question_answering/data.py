"""Questions about stories: their parts, vocabulary and batches."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.run.arguments import (
    at_least,
    counts_within,
    path_given,
    probability,
    rising,
    shares_or_counts,
)
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import named, require_examples
from seqjax.data.splits import Record, random_split, split_record
from seqjax.data.text.babi import TASKS, babi_files, read_babi
from seqjax.data.text.questions import Question, read_questions
from seqjax.data.text.stories import SKILLS, stories
from seqjax.data.text.story_encoding import (
    BatchSize,
    EncodedQuestion,
    StoryBatch,
    StoryVocabulary,
    pointed_at,
    story_batch,
)
from seqjax.errors import InputError

MADE_UP = "made_up"
VALIDATION = 10  # one of so many training questions of bAbI is for validation

Part = list[Question]


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/question_answering/stories.py explains them."""

    path: str
    tasks: tuple[str, ...]
    questions: int
    test_questions: int
    split: tuple[float, ...]
    split_seed: int
    strict: bool
    lowercase: bool
    min_count: int
    placeholders: int
    anonymised: float
    longest_sentence: int
    bucket_sizes: tuple[int, ...]
    batch_size: int

    def __post_init__(self) -> None:
        at_least(0, "data", questions=self.questions, split_seed=self.split_seed, placeholders=self.placeholders)
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size, test_questions=self.test_questions)
        at_least(1, "data", longest_sentence=self.longest_sentence)
        shares_or_counts("data.split", self.split)
        probability("data.anonymised", self.anonymised)
        rising("data.bucket_sizes", self.bucket_sizes)

    @property
    def sources(self) -> Sources:
        """The files of the questions."""
        if self.path == MADE_UP:
            return Sources()
        path = Path(self.path).expanduser()
        if path.is_dir():
            return Sources(tuple(file for files in babi_files(path, self._numbers()).values() for file in files))
        return Sources(files_at(self.path))

    @property
    def longest_story(self) -> int:
        """Sentences of a story that are read, the last ones."""
        return self.bucket_sizes[-1]

    def read(self, record: Record | None = None) -> tuple[Part, ...]:
        """The training, validation and test part.

        Made-up stories have names that the training part does not have in every second question for validation and of
        the test. Of bAbI the last tenth of the training questions of each task are for validation. Questions of a
        file about equal stories are in one part. With ``record``, the result of :meth:`split_record` for an earlier
        run, known stories of a file keep their part.

        Raises:
          InputError: If the data cannot be read, or a part is empty.
        """
        path = path_given("data.path", self.path, "a JSONL file of questions, or the folder of bAbI")
        if path == MADE_UP:
            return self._made_up()
        if Path(path).is_dir():
            return self._babi(Path(path))
        if self.tasks:
            raise InputError(f"config key 'data.tasks' is {self.tasks}, but {path} is a file; set it to ()")
        return self._file(Path(path), record)

    def split_record(self, parts: Sequence[Part]) -> list[list[str]] | None:
        """Records the parts of a file that :meth:`read` divided, as JSON values; None for others, which repeat."""
        if self.path == MADE_UP or Path(self.path).is_dir():
            return None
        return split_record([[" ".join(each.story) for each in part] for part in parts])

    def _made_up(self) -> tuple[Part, ...]:
        if wrong := [each for each in self.tasks if each not in SKILLS]:
            raise InputError(f"there is no task {wrong[0]!r}; data.tasks are of {', '.join(SKILLS)}")
        at_least(1, "data", questions=self.questions)
        seeds, skills = (3 * self.split_seed + part for part in range(3)), self.tasks or SKILLS
        training = stories(self.questions, next(seeds), skills=skills)
        half, others = -(-self.test_questions // 2), []
        for seed in seeds:
            seen, unseen = (stories(half, seed, held_out=is_held_out, skills=skills) for is_held_out in (False, True))
            mixed = [each for pair in zip(seen, unseen, strict=True) for each in pair]
            others.append(mixed[: self.test_questions])
        known = {(each.story, each.question) for each in training}
        return training, *([each for each in part if (each.story, each.question) not in known] for part in others)

    def _babi(self, folder: Path) -> tuple[Part, ...]:
        training: Part = []
        validation: Part = []
        test: Part = []
        for number, files in babi_files(folder, self._numbers()).items():
            known, asked = (read_babi(file, f"qa{number}") for file in files)
            if self.questions > len(known):
                raise InputError(
                    f"config key 'data.questions' is {self.questions}, but {files[0]} has {len(known)} questions; "
                    "write a smaller number, or 0 for all"
                )
            known = known[: self.questions or len(known)]
            if len(known) < 2:
                raise InputError(f"{files[0]} has one question; training and validation need one each")
            last = len(known) - max(len(known) // VALIDATION, 1)
            training += known[:last]
            validation += known[last:]
            test += asked
        return training, validation, test

    def _file(self, path: Path, record: Record | None) -> tuple[Part, ...]:
        questions, faults = read_questions(path)
        if faults and self.strict:
            raise InputError(f"{faults[0]}; correct it, or set data.strict=False to go on without it")
        if faults:
            print(f"{len(faults):,} lines of {path} are not used: {named(faults)}", file=sys.stderr)
        if record is None:
            counts_within("data.split", self.split, len(questions), f"questions of {path}")
        keys = [" ".join(each.story) for each in questions]
        rows = random_split(keys, self.split, self.split_seed, record=record)
        parts = tuple([questions[row] for row in each] for each in rows)
        require_examples(parts, str(path), "questions", recorded=record is not None)
        return parts

    def _numbers(self) -> tuple[int, ...]:
        if wrong := [each for each in self.tasks if each not in map(str, TASKS)]:
            raise InputError(f"config key 'data.tasks' has {wrong[0]!r}, but bAbI's tasks are numbers from 1 to 20")
        return tuple(map(int, self.tasks))

    def learn(self, training: Part) -> StoryVocabulary:
        """The vocabulary of the training part."""
        return StoryVocabulary.learn(
            training,
            min_count=self.min_count,
            placeholders=self.placeholders,
            lowercase=self.lowercase,
            has_names=self.anonymised < 1,
        )


class EncodedPart:
    """The questions of a part as ids.

    Attributes:
      lengths: Number of sentences of each story that are read, ``[N]``.
      longest: Words of the longest sentence, of the longest question and of the longest answer.
      bucket_sizes: Numbers of sentences that batches are padded to: those of the config that the part needs.
      unseen: Whether the story has words that the training part does not have, ``bool [N]``.
    """

    def __init__(self, part: Part, vocabulary: StoryVocabulary, config: DataConfig, name: str) -> None:
        self._vocabulary = vocabulary
        self.encoded = [vocabulary.encode(each, config.longest_story, config.longest_sentence) for each in part]
        self.lengths = np.array([len(each.story) for each in self.encoded])
        self.longest = (
            max(each.story.shape[1] for each in self.encoded),
            max(len(each.question) for each in self.encoded),
            max(len(each.answer) for each in self.encoded),
        )
        needed = int(np.searchsorted(config.bucket_sizes, self.lengths.max())) + 1
        self.bucket_sizes = config.bucket_sizes[:needed]
        known = set(vocabulary.names)
        pointed = [set(pointed_at(each, vocabulary.placeholders)) for each in self.encoded]
        self.unseen = np.array([bool(words - known) for words in pointed])
        left_out = sum(each.left_out > 0 for each in self.encoded)
        cut = sum(each.cut > 0 for each in self.encoded)
        if left_out:
            longest = f"only the last {config.longest_story} sentences are read"
            print(f"{left_out:,} {name} stories are longer: {longest}", file=sys.stderr)
        if cut:
            longest = f"only the first {config.longest_sentence} words are read"
            print(f"{cut:,} {name} stories have longer sentences: {longest}", file=sys.stderr)

    def take(self, rows: np.ndarray) -> list[EncodedQuestion]:
        """The questions at the indices ``rows``."""
        return [self.encoded[row] for row in rows]

    def batch(
        self,
        rows: np.ndarray,
        size: BatchSize,
        *,
        anonymised: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> StoryBatch:
        """The questions at the indices ``rows`` as a batch; see :func:`.story_batch` for the rest."""
        return story_batch(self.take(rows), size, self._vocabulary, anonymised=anonymised, rng=rng)
