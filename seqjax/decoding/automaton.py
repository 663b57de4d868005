"""Weighted automata: language models as tables, for searches that score prefixes.

An automaton reads tokens one by one. In each state it has a score (a log-probability) for each token and a state that
follows. N-grams of tokens, word lists and bigrams of words all have this form, and a search compiles it once.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from seqjax.typing import Array


class Automaton(NamedTuple):
    """Q states and C tokens.

    Attributes:
      start: The first state.
      scores: Score of each token in each state, ``[Q, C]``; -inf for a token that cannot come.
      following: The state after each token, ``int32 [Q, C]``.
      final: Score of an end in each state, ``[Q]``; -inf where a text cannot end.
    """

    start: int
    scores: Array
    following: Array
    final: Array

    @classmethod
    def free(cls, tokens: int) -> "Automaton":
        """The automaton that takes every text and scores none."""
        return cls(0, jnp.zeros((1, tokens)), jnp.zeros((1, tokens), jnp.int32), jnp.zeros(1))


def token_bigrams(texts: Sequence[Sequence[int]], tokens: int, *, smoothing: float = 0.1) -> Automaton:
    """Bigrams of tokens, the end of a text included, with additive smoothing.

    Args:
      texts: Token ids of each training text.
      tokens: Number C of tokens.
      smoothing: Count that every bigram has from the start, above 0.
    """
    counts = np.full((tokens + 1, tokens + 1), smoothing)  # The last row is the start, the last column the end.
    for text in texts:
        path = [tokens, *text, tokens]
        np.add.at(counts, (path[:-1], path[1:]), 1)
    scores = np.log(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
    following = np.broadcast_to(np.arange(tokens, dtype=np.int32), (tokens + 1, tokens))
    return Automaton(tokens, jnp.asarray(scores[:, :-1]), jnp.asarray(following), jnp.asarray(scores[:, -1]))


def words(
    spellings: Mapping[str, Sequence[int]],
    tokens: int,
    *,
    space: int,
    texts: Sequence[Sequence[str]] | None = None,
    smoothing: float = 0.1,
) -> Automaton:
    """A list of words, all equally likely, or with bigrams: texts are words of the list, separated by one space.

    The score of a word is spread over its tokens: each step has the score of the best word that can still come, less
    that of the step before. So a search does not lose a word before its last token.

    Args:
      spellings: The tokens of each word.
      tokens: Number C of tokens.
      space: The token between words.
      texts: Training texts, for bigrams of words and of the end; words that are not in the list are passed over.
      smoothing: Count that every bigram has from the start, above 0.

    Raises:
      ValueError: For an empty word, and two words with one spelling.
    """
    names = list(spellings)
    if not names or min(len(spellings[name]) for name in names) == 0:
        raise ValueError("every word needs a spelling of one token or more")
    children, word_at = _trie([tuple(spellings[name]) for name in names], names)
    bigrams = _bigrams(names, texts, smoothing)  # [W + 1, W + 1]: previous word or start, next word or end
    history, nodes = len(bigrams), len(children)
    reach = np.full((history, nodes), -np.inf)  # score of the best word that can still come
    for node in reversed(range(nodes)):  # Children have higher numbers than their parents.
        if word_at[node] >= 0:
            reach[:, node] = bigrams[:, word_at[node]]
        for child in children[node].values():
            reach[:, node] = np.maximum(reach[:, node], reach[:, child])

    scores = np.full((history, nodes, tokens), -np.inf, np.float32)
    following = np.zeros((history, nodes, tokens), np.int32)
    final = np.full((history, nodes), -np.inf, np.float32)
    offsets = np.arange(history) * nodes
    for node in range(nodes):
        for token, child in children[node].items():
            scores[:, node, token] = reach[:, child] - reach[:, node]
            following[:, node, token] = offsets + child
        if (word := word_at[node]) >= 0:
            left = bigrams[:, word] - reach[:, node]
            scores[:, node, space] = left + np.max(bigrams[word, :-1])
            following[:, node, space] = word * nodes
            final[:, node] = left + bigrams[word, -1]
    # The best next word is counted with the space, so it is taken off where a word begins. Only the start has none.
    final[-1, 0] = bigrams[-1, -1]
    scores[-1, 0] += np.max(bigrams[-1, :-1])
    states = history * nodes
    return Automaton(
        (history - 1) * nodes,
        jnp.asarray(scores.reshape(states, tokens)),
        jnp.asarray(following.reshape(states, tokens)),
        jnp.asarray(final.reshape(states)),
    )


def _trie(spellings: Sequence[tuple[int, ...]], names: Sequence[str]) -> tuple[list[dict[int, int]], list[int]]:
    """The children of each node by token, and the word that ends at each node, or -1."""
    children: list[dict[int, int]] = [{}]
    word_at = [-1]
    for word, spelling in enumerate(spellings):
        node = 0
        for token in spelling:
            if token not in children[node]:
                children[node][token] = len(children)
                children.append({})
                word_at.append(-1)
            node = children[node][token]
        if word_at[node] >= 0:
            raise ValueError(f"the words {names[word_at[node]]!r} and {names[word]!r} have one spelling")
        word_at[node] = word
    return children, word_at


def _bigrams(names: Sequence[str], texts: Sequence[Sequence[str]] | None, smoothing: float) -> np.ndarray:
    """Log-probabilities ``[W + 1, W + 1]`` of each word or, last, the end, after each word or, last, the start."""
    count = len(names)
    if texts is None:  # A word list without an end: it scores the words alone.
        table = np.full((count + 1, count + 1), -np.log(count))
        table[:, -1] = 0.0
        return table
    index = {name: place for place, name in enumerate(names)}
    counts = np.full((count + 1, count + 1), smoothing)
    for text in texts:
        path = [count, *(index[name] for name in text if name in index), count]
        np.add.at(counts, (path[:-1], path[1:]), 1)
    return np.asarray(np.log(counts / counts.sum(axis=1, keepdims=True)))
