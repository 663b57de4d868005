"""Texts in the extended vocabulary of a source: its unknown words have ids of their own, so that they can be copied."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqjax.data.vocabulary import Vocabulary
from seqjax.tokens import UNK


class CopyText(NamedTuple):
    """A source of S tokens that may be copied.

    Attributes:
      ids: ``int32 [S]``, the tokens in the source's vocabulary.
      copy_ids: ``int32 [S]``, the tokens in the target's vocabulary of V tokens; V + k for ``words[k]``.
      words: The distinct tokens that the target's vocabulary lacks, in the order of the text.
      total: Number of tokens of the whole source, of which the first S are here.
    """

    ids: np.ndarray
    copy_ids: np.ndarray
    words: tuple[str, ...]
    total: int


def encode_source(source: Vocabulary, target: Vocabulary, text: str, length: int) -> CopyText:
    """Encodes the first ``length`` tokens of a source.

    Args:
      source: The source's vocabulary, of words or characters.
      target: The target's vocabulary, of the same kind and normalization; it may be the same one.
      text: The source.
      length: Maximum number of tokens.
    """
    every = source.split(text)
    tokens = every[:length]
    copy_ids = target.ids_of(tokens)
    words = tuple(dict.fromkeys(tokens[place] for place in np.flatnonzero(copy_ids == UNK)))
    return CopyText(source.ids_of(tokens), _extended(copy_ids, tokens, words, len(target)), words, len(every))


def encode_target(target: Vocabulary, text: str, words: Sequence[str]) -> np.ndarray:
    """Ids of a target ``int32 [T]``, V + k for the unknown word ``words[k]`` of its source, UNK for any other."""
    tokens = target.split(text)
    return _extended(target.ids_of(tokens), tokens, words, len(target))


def _extended(ids: np.ndarray, tokens: Sequence[str], words: Sequence[str], size: int) -> np.ndarray:
    place = {word: size + index for index, word in enumerate(words)}
    return np.array(
        [place.get(token, UNK) if index == UNK else index for index, token in zip(ids, tokens, strict=True)], np.int32
    )
