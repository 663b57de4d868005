"""Vocabularies: the tokens that texts are divided into, and the id of each token."""

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

# A word of letters and digits of any script, perhaps with apostrophes in it; or a single other character.
WORD = re.compile(r"\w+(?:'\w+)*|[^\w\s]")
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


class Vocabulary:
    """Tokens and their ids. The first four are special: PAD = 0, BOS = 1, EOS = 2 and UNK = 3.

    Args:
      kind: "word", "subword" or "character".
      lowercase: Whether texts are lower-cased first.
      tokens: The V tokens in the order of their ids, the special ones first.
      subwords: The subword tokenizer as JSON text; needed for subwords only.

    Raises:
      ValueError: For another kind.
    """

    def __init__(self, kind: str, lowercase: bool, tokens: Sequence[str], subwords: str = "") -> None:
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {kind!r}")
        self.kind, self.lowercase, self.tokens = kind, lowercase, tuple(tokens)
        self._ids = {token: index for index, token in enumerate(self.tokens)}
        self._subwords = Tokenizer.from_str(subwords) if kind == "subword" else None

    @classmethod
    def learn(cls, texts: Iterable[str], *, kind: str, lowercase: bool, size: int, min_count: int) -> "Vocabulary":
        """Learns a vocabulary of the most frequent tokens; equally frequent ones are taken in alphabetical order.

        Args:
          texts: The texts of the training part.
          kind: "word"; "character"; or "subword", byte-pair encoding of words (Sennrich et al. 2016, section 3.2).
          lowercase: Whether texts are lower-cased first.
          size: Maximum number V of tokens, the four special ones included; at least 4.
          min_count: Minimum number of occurrences of a token; at least 1.
        """
        if kind == "subword":
            return cls._learn_subwords(texts, lowercase, size, min_count)
        bare = cls(kind, lowercase, SPECIAL)
        counts = Counter(token for text in texts for token in bare.split(text))
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        tokens = [token for token, count in ranked if count >= min_count and token not in SPECIAL]
        return cls(kind, lowercase, [*SPECIAL, *tokens[: max(size - len(SPECIAL), 0)]])

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
        """Number of tokens V."""
        return len(self.tokens)

    def split(self, text: str) -> list[str]:
        """Divides a text into tokens, whether they are in the vocabulary or not."""
        text = normalise(text, self.lowercase)
        if self.kind == "word":
            return WORD.findall(text)
        if self._subwords is not None:
            return [text[start:end] for start, end in self._subwords.encode(text, add_special_tokens=False).offsets]
        return list(text)

    def encode(self, text: str) -> np.ndarray:
        """Token ids of a text, ``int32 [T]``, without BOS and EOS; UNK for a token that is not in the vocabulary."""
        if self._subwords is not None:
            ids = self._subwords.encode(normalise(text, self.lowercase), add_special_tokens=False).ids
        else:
            ids = [self._ids.get(token, UNK) for token in self.split(text)]
        return np.array(ids, np.int32)

    def decode(self, ids: np.ndarray | Sequence[int]) -> str:
        """Joins the tokens up to EOS to a text, without PAD and BOS; words are separated by spaces."""
        tokens = []
        for index in ids:
            if index == EOS:
                break
            if index not in (PAD, BOS):
                tokens.append(self.tokens[index])
        if self._subwords is not None:
            return str(self._subwords.decoder.decode(tokens))
        return (" " if self.kind == "word" else "").join(tokens)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as JSON values, for :meth:`from_json`."""
        record: dict[str, Any] = {"kind": self.kind, "lowercase": self.lowercase, "tokens": list(self.tokens)}
        return record | ({"subwords": self._subwords.to_str()} if self._subwords is not None else {})

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Vocabulary":
        """Restores a vocabulary from the result of :meth:`to_json`."""
        return cls(**record)


def normalise(text: str, lowercase: bool) -> str:
    """Normalises a text: Unicode's form NFKC, ``'`` for every apostrophe, spaces for HTML line breaks, lower case."""
    text = unicodedata.normalize("NFKC", BREAK.sub(" ", text)).replace("\u2019", "'")
    return text.lower() if lowercase else text
