"""Dialogue acts with replies: the three files of a domain, features and words, and batches."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.run.arguments import at_least, path_given, rising
from experiments.run.fingerprint import Sources, files_at
from experiments.run.parts import named
from seqjax.data.batching import padded
from seqjax.data.text.dialogue_acts import FILES, ActReply, delexicalise, read_act_replies
from seqjax.data.text.made_up_acts import made_up_replies
from seqjax.data.vocabulary import SPECIAL, Vocabulary
from seqjax.errors import InputError
from seqjax.predictors.dialogue_acts import ActReplier
from seqjax.tokens import BOS, EOS

MADE_UP = "made_up"

Parts = dict[str, list[ActReply]]


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """The keys of ``config.data``; configs/dialogue/rnnlg.py explains them."""

    inputs: str
    path: str
    strict: bool
    made_up_acts: int
    min_count: int
    bucket_sizes: tuple[int, ...]
    batch_size: int

    def __post_init__(self) -> None:
        at_least(1, "data", min_count=self.min_count, batch_size=self.batch_size)
        at_least(10, "data", made_up_acts=self.made_up_acts)
        rising("data.bucket_sizes", self.bucket_sizes)

    @property
    def sources(self) -> Sources:
        """The three files of the domain."""
        return Sources(
            () if self.path in ("", MADE_UP) else files_at(*(Path(self.path) / name for name in FILES.values()))
        )

    def read(self) -> Parts:
        """The training, validation and test part by name.

        Raises:
          InputError: If a file cannot be read or, with ``data.strict``, has an entry that is none.
        """
        path = path_given("data.path", self.path, "a folder with train.json, valid.json and test.json")
        if path == MADE_UP:
            counts = (self.made_up_acts, self.made_up_acts // 5, self.made_up_acts // 5)
            return {
                name: made_up_replies(count, seed) for seed, (name, count) in enumerate(zip(FILES, counts, strict=True))
            }
        if not Path(path).is_dir():
            raise InputError(f"{path} is no folder; name one with {', '.join(FILES.values())}: --config.data.path=...")
        parts, faults = {}, []
        for name, file in FILES.items():
            parts[name], wrong = read_act_replies(Path(path) / file)
            faults += wrong
        if faults and self.strict:
            raise InputError(f"{faults[0]}; correct it, or set data.strict=False to go on without it")
        if faults:
            print(f"{len(faults):,} entries are not used: {named(faults)}", file=sys.stderr)
        return parts

    def learn(self, training: Sequence[ActReply]) -> dict[str, Any]:
        """Learns the features of acts and the words of replies with placeholders, as JSON values."""
        features = Counter(feature for entry in training for feature in entry.act.features)
        words = Counter(word for entry in training for word in delexicalise(entry.reply, entry.act).split())
        kept = sorted(word for word, count in words.items() if count >= self.min_count and word not in SPECIAL)
        vocabulary = Vocabulary(
            "word", False, [*SPECIAL, *kept], normalization="none", spacing=False, pattern=r"\S+|\s+"
        )
        return {"features": sorted(features), "vocabulary": vocabulary.to_json()}


class ActBatch(NamedTuple):
    """Acts with replies.

    Attributes:
      acts: Ids of the features of each act, ``int32 [B, S]``, padded with PAD.
      tokens: Token ids of the replies between BOS and EOS, ``int32 [B, T + 2]``, padded with PAD; a row that only fills
        the batch is all PAD.
    """

    acts: np.ndarray
    tokens: np.ndarray


class EncodedActs:
    """The acts of a part with replies that fit the last bucket.

    Attributes:
      lengths: Number of tokens of each reply, ``[N]``.

    Raises:
      InputError: If no reply fits.
    """

    def __init__(self, part: Sequence[ActReply], replier: ActReplier, config: DataConfig, name: str) -> None:
        tokens = [replier.vocabulary.encode(delexicalise(entry.reply, entry.act)) for entry in part]
        largest = config.bucket_sizes[-1]
        rows = [row for row, ids in enumerate(tokens) if len(ids) <= largest]
        if not rows:
            raise InputError(f"no reply of the {name} part has {largest} words or fewer; give larger data.bucket_sizes")
        dropped = len(tokens) - len(rows)
        if dropped:
            print(f"{dropped:,} {name} replies have more than {largest} words: not in the loss", file=sys.stderr)
        self._acts = replier.encode([part[row].act for row in rows])
        self._tokens = [np.array([BOS, *tokens[row], EOS], np.int32) for row in rows]
        self.lengths = np.array([len(tokens[row]) for row in rows])

    def batch(self, rows: np.ndarray, size: int, batch_size: int) -> ActBatch:
        """The entries at the indices ``rows`` as a batch of ``batch_size`` rows, replies padded to ``size`` words."""
        acts = np.zeros((batch_size, self._acts.shape[1]), np.int32)
        acts[: len(rows)] = self._acts[rows]
        empty = [np.zeros(0, np.int32)] * (batch_size - len(rows))
        return ActBatch(acts, padded([self._tokens[row] for row in rows] + empty, size + 2))
