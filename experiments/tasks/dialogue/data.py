"""Small talk: conversations, their parts, vocabularies and batches."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.run.arguments import at_least, counts_within, path_given, rising, shares_or_counts
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import named, require_examples
from seqjax.data.batching import padded
from seqjax.data.splits import Record, random_split, split_record
from seqjax.data.text.small_talk import (
    CORPUS,
    ENDINGS,
    Conversations,
    Exchange,
    corpus_folder,
    made_up_conversations,
    read_conversations,
)
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.dialogue import BETWEEN, Chatter, conversation
from seqjax.tokens import BOS, EOS

MADE_UP = "made_up"

Part = list[Exchange]


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/dialogue/small_talk.py explains them."""

    inputs: str
    path: str
    language: str
    topics: tuple[str, ...]
    strict: bool
    made_up_conversations: int
    history: int
    split: tuple[float, ...]
    split_seed: int
    vocabulary_size: int
    min_count: int
    bucket_sizes: tuple[int, ...]
    batch_size: int

    def __post_init__(self) -> None:
        at_least(0, "data", history=self.history, split_seed=self.split_seed)
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size)
        at_least(5, "data", vocabulary_size=self.vocabulary_size)
        at_least(10, "data", made_up_conversations=self.made_up_conversations)
        shares_or_counts("data.split", self.split)
        rising("data.bucket_sizes", self.bucket_sizes)
        if self.topics and self.path == MADE_UP:
            raise InputError(
                f"config key 'data.topics' is {self.topics}, but made-up conversations have none; set it to ()"
            )

    @property
    def sources(self) -> Sources:
        """The files of the conversations, or the package that brings them."""
        if self.path == CORPUS:
            return Sources((), ("chatterbot-corpus",))
        return Sources(() if self.path == MADE_UP else files_at(self.path, endings=ENDINGS))

    def read(self, record: Record | None = None) -> tuple[Part, ...]:
        """The training, validation and test part. All turns of conversations that begin alike are in one part.

        With ``record``, the result of :meth:`split_record` for an earlier run, known conversations keep their part.

        Raises:
          InputError: If the data cannot be read, or a part is empty.
        """
        found = self._read()
        if found.skipped and self.strict:
            raise InputError(f"{found.skipped[0]}; correct it, or set data.strict=False to go on without it")
        if found.skipped:
            print(
                f"{len(found.skipped):,} entries of {found.name} are not used: {named(found.skipped)}", file=sys.stderr
            )
        exchanges = found.exchanges(self.history)
        if record is None:
            counts_within("data.split", self.split, len(exchanges), f"replies of {found.name}")
        groups = [each.group for each in exchanges]
        rows = random_split(groups, self.split, self.split_seed, record=record)
        parts = tuple([exchanges[row] for row in each] for each in rows)
        require_examples(parts, found.name, "replies", recorded=record is not None)
        return parts

    def split_record(self, parts: Sequence[Part]) -> list[list[str]]:
        """Records the parts that :meth:`read` divided, as JSON values."""
        return split_record([[each.group for each in part] for part in parts])

    def learn(self, training: Part) -> dict[str, Any]:
        """Learns the vocabularies of the training part, as JSON values: prompts are lower-cased, replies are not."""
        options: dict[str, Any] = {"kind": "word", "normalization": "NFC", "spacing": True}
        options |= {"size": self.vocabulary_size, "min_count": self.min_count}
        sources = [conversation(each.turns, self.history) for each in training]
        source = Vocabulary.learn([*sources, BETWEEN], lowercase=True, **options)
        target = Vocabulary.learn([each.reply for each in training], lowercase=False, **options)
        return {"source": source.to_json(), "target": target.to_json()}

    def _read(self) -> Conversations:
        path = path_given("data.path", self.path, "a folder or file of conversations")
        if path == MADE_UP:
            return made_up_conversations(self.made_up_conversations, self.split_seed)
        return read_conversations(corpus_folder(self.language) if path == CORPUS else Path(path), self.topics)


class TurnBatch(NamedTuple):
    """Conversations with replies, padded to one length W.

    Attributes:
      src: Token ids of the conversations, ``int32 [B, W]``, padded with PAD; rows that only fill the batch are all PAD.
      tgt: Token ids of the replies between BOS and EOS, ``int32 [B, W + 2]``, padded likewise.
    """

    src: np.ndarray
    tgt: np.ndarray


class EncodedTurns:
    """The exchanges of a part whose replies fit the last bucket.

    Attributes:
      lengths: Number of tokens of the longer of conversation and reply, ``[N]``.

    Raises:
      InputError: If no reply fits.
    """

    def __init__(self, part: Part, chatter: Chatter, config: DataConfig, name: str) -> None:
        largest = config.bucket_sizes[-1]
        sources = chatter.encode([conversation(each.turns, config.history) for each in part])
        targets = [chatter.target.encode(each.reply) for each in part]
        rows = [row for row, ids in enumerate(targets) if len(ids) <= largest]
        if not rows:
            raise InputError(f"no reply of the {name} part has {largest} tokens or fewer; give larger bucket_sizes")
        dropped = len(targets) - len(rows)
        if dropped:
            print(f"{dropped:,} {name} replies have more than {largest} tokens: not in the loss", file=sys.stderr)
        self._sources = [sources[row] for row in rows]
        self._targets = [np.array([BOS, *targets[row], EOS], np.int32) for row in rows]
        self.lengths = np.array([max(len(sources[row]), len(targets[row])) for row in rows])

    def batch(self, rows: np.ndarray, size: int, batch_size: int) -> TurnBatch:
        """The exchanges at the indices ``rows`` as a batch of ``batch_size`` rows of ``size`` tokens."""
        empty = [np.zeros(0, np.int32)] * (batch_size - len(rows))
        return TurnBatch(
            padded([self._sources[row] for row in rows] + empty, size),
            padded([self._targets[row] for row in rows] + empty, size + 2),
        )
