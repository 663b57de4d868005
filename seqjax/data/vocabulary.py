"""Vocabularies: what a text is cut into, and the number of each piece."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from seqjax.tokens import BOS, EOS, PAD, UNK

SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
KINDS = ("word", "subword", "character")

# Letters and digits of any script, with an apostrophe inside; or one sign.
WORD = re.compile(r"\w+(?:'\w+)*|[^\w\s]")
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


class Vocabulary:
    """Pieces of text and their numbers. PAD = 0, BOS = 1, EOS = 2 and UNK = 3 stand before all others.

    Attributes:
      kind: "word", "subword" or "character".
      lowercase: Whether texts are lower-cased first.
      pieces: The V pieces, in the order of their numbers.
    """

    def __init__(self, kind: str, lowercase: bool, pieces: Sequence[str], subwords: str = "") -> None:
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {kind!r}")
        self.kind, self.lowercase, self.pieces = kind, lowercase, tuple(pieces)
        self._ids = {piece: index for index, piece in enumerate(self.pieces)}
        self._subwords = Tokenizer.from_str(subwords) if kind == "subword" else None

    @classmethod
    def learn(cls, texts: Iterable[str], *, kind: str, lowercase: bool, size: int, min_count: int) -> "Vocabulary":
        """The most frequent pieces of ``texts``; ties go to the one that comes first in the alphabet.

        Args:
          texts: The training part, and nothing else.
          kind: "word"; "character"; or "subword", by byte-pair encoding (Sennrich et al. 2016) of words.
          lowercase: Whether texts are lower-cased first.
          size: Pieces at most, the four special ones among them.
          min_count: How often a piece has to occur.
        """
        if kind == "subword":
            return cls._learn_subwords(texts, lowercase, size, min_count)
        bare = cls(kind, lowercase, SPECIAL)
        counts = Counter(piece for text in texts for piece in bare.split(text))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        pieces = [piece for piece, count in ranked if count >= min_count and piece not in SPECIAL]
        return cls(kind, lowercase, [*SPECIAL, *pieces[: max(size - len(SPECIAL), 0)]])

    @classmethod
    def _learn_subwords(cls, texts: Iterable[str], lowercase: bool, size: int, min_count: int) -> "Vocabulary":
        tokenizer = Tokenizer(BPE(unk_token=SPECIAL[UNK]))
        tokenizer.normalizer = normalizers.Sequence([normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation(behavior="isolated")]
        )
        tokenizer.decoder = decoders.Metaspace()
        trainer = BpeTrainer(
            vocab_size=size, min_frequency=min_count, special_tokens=list(SPECIAL), show_progress=False
        )
        tokenizer.train_from_iterator((normalise(text, lowercase) for text in texts), trainer)
        ids = tokenizer.get_vocab()
        return cls("subword", lowercase, sorted(ids, key=ids.__getitem__), tokenizer.to_str())

    def __len__(self) -> int:
        return len(self.pieces)

    def split(self, text: str) -> list[str]:
        """The pieces of a text, known or not."""
        text = normalise(text, self.lowercase)
        if self.kind == "word":
            return WORD.findall(text)
        if self._subwords is not None:
            return [text[start:end] for start, end in self._subwords.encode(text, add_special_tokens=False).offsets]
        return list(text)

    def encode(self, text: str) -> np.ndarray:
        """The numbers of a text's pieces, ``int32 [T]``; UNK for those unknown. Without BOS and EOS."""
        if self._subwords is not None:
            ids = self._subwords.encode(normalise(text, self.lowercase), add_special_tokens=False).ids
        else:
            ids = [self._ids.get(piece, UNK) for piece in self.split(text)]
        return np.array(ids, np.int32)

    def decode(self, ids: np.ndarray | Sequence[int]) -> str:
        """The text of pieces, up to EOS; PAD and BOS are passed over."""
        pieces = []
        for index in ids:
            if index == EOS:
                break
            if index not in (PAD, BOS):
                pieces.append(self.pieces[index])
        if self._subwords is not None:
            return str(self._subwords.decoder.decode(pieces))
        return (" " if self.kind == "word" else "").join(pieces)

    def to_json(self) -> dict[str, Any]:
        """What :meth:`from_json` needs."""
        record: dict[str, Any] = {"kind": self.kind, "lowercase": self.lowercase, "pieces": list(self.pieces)}
        return record | ({"subwords": self._subwords.to_str()} if self._subwords is not None else {})

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Vocabulary":
        """The vocabulary that :meth:`to_json` was called on."""
        return cls(**record)


def normalise(text: str, lowercase: bool) -> str:
    """One form of what Unicode writes in several (NFKC), one apostrophe, and line breaks of HTML as blanks."""
    text = unicodedata.normalize("NFKC", BREAK.sub(" ", text)).replace("\u2019", "'")
    return text.lower() if lowercase else text
