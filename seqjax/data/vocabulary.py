"""Vocabularies: the tokens that texts are divided into, and the id of each token."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from seqjax.data.text.words import EARLIER_WORD, JOINER, UNKNOWN, WORD, attach, detach, join_words, split_words
from seqjax.tokens import BOS, EOS, PAD, UNK

SPECIAL = ("<pad>", "<bos>", "<eos>", UNKNOWN)
KINDS = ("word", "subword", "character")
NORMALIZATIONS = ("NFC", "NFKC", "none", "plain")

BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Byte-pair encoding joins nothing across these: a word or a sign with the blank before it, or white space.
_SIGN = r"\p{P}$+<=>^`|~"
SUBWORD = rf" ?[^\s{_SIGN}]+| ?[{_SIGN}]|\s+(?!\S)|\s"


class Vocabulary:
    """Tokens and their ids. The first four are special: PAD = 0, BOS = 1, EOS = 2 and UNK = 3.

    With ``spacing``, and for characters, ``decode(encode(text))`` is the normalised text, if its tokens are known.

    Args:
      kind: "word", "subword" or "character", a code point.
      lowercase: Whether texts are lower-cased first.
      tokens: The V tokens in the order of their ids, the special ones first.
      subwords: The subword tokenizer as JSON text; needed for subwords only.
      normalization: See :func:`normalise`.
      spacing: Whether words and subwords hold the white space of the text. Otherwise words are joined by blanks.
      pattern: Regular expression of words, see :func:`~seqjax.data.text.words.split_words`.

    Raises:
      ValueError: For another kind or normalization.
    """

    def __init__(
        self,
        kind: str,
        lowercase: bool,
        tokens: Sequence[str],
        subwords: str = "",
        *,
        normalization: str = "plain",
        spacing: bool = False,
        pattern: str = WORD,
    ) -> None:
        for name, value, choices in (("kind", kind, KINDS), ("normalization", normalization, NORMALIZATIONS)):
            if value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {value!r}")
        self.kind, self.lowercase, self.tokens = kind, lowercase, tuple(tokens)
        self.normalization, self.spacing, self.pattern = normalization, spacing, pattern
        self._ids = {token: index for index, token in enumerate(self.tokens)}
        self._subwords = Tokenizer.from_str(subwords) if kind == "subword" else None
        if self._subwords is not None:
            self._subwords.encode_special_tokens = True  # "<eos>" in a text is text

    @classmethod
    def learn(
        cls,
        texts: Iterable[str],
        *,
        kind: str,
        lowercase: bool,
        size: int,
        min_count: int,
        normalization: str = "plain",
        spacing: bool = False,
    ) -> "Vocabulary":
        """Learns a vocabulary of the most frequent tokens; equally frequent ones are taken in alphabetical order.

        Args:
          texts: The texts of the training part.
          kind: "word"; "character"; or "subword", byte-pair encoding of words (Sennrich et al. 2016, section 3.2).
          lowercase: Whether texts are lower-cased first.
          size: Maximum number V of tokens, the four special ones included; at least 4.
          min_count: Minimum number of occurrences of a token; at least 1.
          normalization: See :func:`normalise`.
          spacing: Whether words and subwords hold the white space of the text.
        """
        options: dict[str, Any] = {"normalization": normalization, "spacing": spacing}
        bare = cls("character" if kind == "subword" else kind, lowercase, SPECIAL, **options)
        texts = map(bare.normalise, texts)
        if kind == "subword":
            return cls("subword", lowercase, *_learn_subwords(texts, size, min_count, spacing), **options)
        counts = Counter(token for text in texts for token in bare.tokenise(text))
        tokens = _most_frequent(counts, size, min_count)
        if kind == "word" and spacing:  # Rare signs are counted without their joiners.
            for token in {token for token in counts if JOINER in token} - {JOINER, *tokens}:
                count = counts.pop(token)
                for part in detach(token):
                    counts[part] += count
            tokens = _most_frequent(counts, size, min_count)
        return cls(kind, lowercase, [*SPECIAL, *tokens], **options)

    def __len__(self) -> int:
        """Number of tokens V."""
        return len(self.tokens)

    @property
    def is_lossless(self) -> bool:
        """True if known tokens hold the whole normalised text, its white space too."""
        return self.kind == "character" or self.spacing

    def normalise(self, text: str) -> str:
        """The text that tokens stand for."""
        return normalise(text, self.normalization, self.lowercase)

    def split(self, text: str) -> list[str]:
        """Divides a text into tokens, whether they are in the vocabulary or not."""
        return self.tokenise(self.normalise(text))

    def tokenise(self, text: str) -> list[str]:
        """Divides a text into tokens as it is, not normalised."""
        if self._subwords is not None:
            return [text[start:end] for start, end in self._subwords.encode(text, add_special_tokens=False).offsets]
        if self.kind == "character":
            return list(text)
        pieces = split_words(text, self.pattern)
        if not self.spacing:
            return [piece for piece in pieces if not piece.isspace()]
        return [part for token in attach(pieces) for part in self._known(token)]

    def encode(self, text: str) -> np.ndarray:
        """Token ids of a text, ``int32 [T]``, without BOS and EOS; UNK for a token that is not in the vocabulary."""
        if self._subwords is not None:
            return np.array(self._subwords.encode(self.normalise(text), add_special_tokens=False).ids, np.int32)
        return self.ids_of(self.split(text))

    def ids_of(self, tokens: Sequence[str]) -> np.ndarray:
        """Ids of tokens, ``int32 [T]``; UNK for one that is not in the vocabulary."""
        return np.array([self._ids.get(token, UNK) for token in tokens], np.int32)

    def decode(self, ids: np.ndarray | Sequence[int], words: Sequence[str] = ()) -> str:
        """Joins the tokens up to EOS to a text, without PAD and BOS; id V + k stands for ``words[k]``."""
        tokens = []
        for index in ids:
            if index == EOS:
                break
            if index not in (PAD, BOS):
                tokens.append(self.tokens[index] if index < len(self.tokens) else words[index - len(self.tokens)])
        if self._subwords is not None:
            return str(self._subwords.decoder.decode(tokens))
        if self.kind == "word" and self.spacing:
            return join_words(tokens)
        return (" " if self.kind == "word" else "").join(tokens)

    def to_json(self) -> dict[str, Any]:
        """The vocabulary as JSON values, for :meth:`from_json`."""
        names = ("kind", "lowercase", "normalization", "spacing", "pattern")
        record = {name: getattr(self, name) for name in names} | {"tokens": list(self.tokens)}
        return record | ({"subwords": self._subwords.to_str()} if self._subwords is not None else {})

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Vocabulary":
        """Restores a vocabulary from the result of :meth:`to_json`."""
        return cls(**{"pattern": EARLIER_WORD, **record})

    def _known(self, token: str) -> list[str]:
        """A token with joiners, or its parts if they are in the vocabulary and it is not."""
        if JOINER not in token or token in self._ids:
            return [token]
        parts = detach(token)
        return parts if all(part in self._ids for part in parts) else [token]


def normalise(text: str, normalization: Literal["NFC", "NFKC", "none", "plain"] | str, lowercase: bool) -> str:
    """Normalises a text (Unicode UAX #15).

    Args:
      text: The text.
      normalization: "NFC" composes letters and marks, which changes nothing that is seen; "NFKC" also replaces
        characters by plain ones, such as "²" by "2"; "none" leaves the text as it is; "plain" is NFKC with ``'`` for
        every apostrophe and a blank for every HTML line break.
      lowercase: Whether it is lower-cased.
    """
    if normalization == "plain":
        text = BREAK.sub(" ", text).replace("\u2019", "'")
    form: Literal["NFC", "NFKC"] = "NFC" if normalization == "NFC" else "NFKC"
    if normalization != "none":
        text = unicodedata.normalize(form, text)
    if not lowercase:
        return text
    text = text.lower()  # A small letter may be composed where the capital is not.
    return unicodedata.normalize(form, text) if normalization in ("NFC", "NFKC") else text


def _most_frequent(counts: Counter[str], size: int, min_count: int) -> list[str]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    tokens = [token for token, count in ranked if count >= min_count and token not in SPECIAL]
    return tokens[: max(size - len(SPECIAL), 0)]


def _learn_subwords(texts: Iterable[str], size: int, min_count: int, spacing: bool) -> tuple[list[str], str]:
    """The tokens of a subword tokenizer, and it as JSON text. A blank before the text makes all words begin alike."""
    tokenizer = Tokenizer(BPE(unk_token=SPECIAL[UNK]))
    squeezed = [] if spacing else [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    tokenizer.normalizer = normalizers.Sequence([*squeezed, normalizers.Prepend(" ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(SUBWORD), "isolated")
    tokenizer.decoder = decoders.Sequence([decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=min_count,
        special_tokens=list(SPECIAL),
        limit_alphabet=max(size - len(SPECIAL), 0),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.__getitem__), tokenizer.to_str()
