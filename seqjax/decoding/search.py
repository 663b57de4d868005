"""Search options, and decoding with them: greedy, beam search or sampling, from any step.

.. code-block:: python

    def start(params, src):
        context, carry = model(params).encode(src)
        return partial(model(params).step, context), carry

    search = BatchedSearch(start)
    best = search(params, src, Search(max_length=50, beam=5))  # a list of hypotheses for each source
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.decoding.arguments import (
    check_banned,
    check_count,
    check_keys,
    check_length_penalty,
    check_lengths,
    check_ngram_size,
    check_sampling,
)
from seqjax.decoding.beam import beam_search
from seqjax.decoding.constraints import Step, step_shapes
from seqjax.decoding.greedy import greedy
from seqjax.decoding.hypotheses import Beams
from seqjax.decoding.sampling import sample
from seqjax.tokens import BOS, EOS, PAD, UNK
from seqjax.typing import Keys

Start = Callable[[Any, Any], tuple[Step, Any]]


@dataclass(frozen=True, kw_only=True)
class Search:
    """Options of a search. Hashable, so that they can be a static argument of a compiled function.

    A temperature above 0 samples; otherwise a beam of 1 decodes greedily, and a wider one is a beam search.

    Attributes:
      max_length: Maximum number of tokens, EOS included; at least 1.
      min_length: Minimum number of tokens, EOS included; from 1 to ``max_length``.
      beam: Live hypotheses of the beam search; at least 1.
      n_best: Hypotheses returned for each input; at most ``beam``, unless they are sampled.
      length_penalty: See :func:`~seqjax.decoding.beam_search`.
      temperature: Temperature of the samples, or 0 for no sampling.
      top_k: Number of tokens that are sampled from, the most probable ones; None for all.
      top_p: Probability of the tokens that are sampled from, above 0 and at most 1; None for all.
      banned: Ids that are never chosen.
      no_repeat_ngram_size: Number n of tokens; no n-gram occurs twice in a sequence. 0 for no limit.

    Raises:
      ValueError: An option out of its range.
    """

    max_length: int
    min_length: int = 1
    beam: int = 1
    n_best: int = 1
    length_penalty: float = 0.0
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    banned: tuple[int, ...] = (PAD, BOS, UNK)
    no_repeat_ngram_size: int = 0

    def __post_init__(self) -> None:
        for name in ("max_length", "beam", "n_best"):
            check_count(name, getattr(self, name))
        check_lengths(self.min_length, self.max_length)
        if not self.temperature >= 0:
            raise ValueError(f"temperature must be at least 0, not {self.temperature}")
        check_sampling(self.temperature or 1.0, self.top_k, self.top_p)
        check_length_penalty(self.length_penalty, self.max_length)
        check_banned(self.banned, None)
        check_ngram_size(self.no_repeat_ngram_size)
        if not self.temperature and self.n_best > self.beam:
            raise ValueError(f"n_best must be at most beam={self.beam} without sampling, not {self.n_best}")


class Hypothesis(NamedTuple):
    """One decoded sequence.

    Attributes:
      ids: Its T tokens, without BOS and EOS.
      score: Sum of the log-probabilities of its tokens in nats, that of EOS included.
      attention: Attention weights of each token, ``[T, S]``; None if the step returns none.
      words: What the ids above the vocabulary stand for, in their order; filled in by a predictor that copies.
    """

    ids: np.ndarray
    score: float
    attention: np.ndarray | None
    words: tuple[str, ...] = ()


def decode_with(step: Step, carry: Any, search: Search, keys: Keys | None = None) -> Beams:
    """Decodes with the given options. To be called inside ``jax.jit``.

    Args:
      step: The step; see :mod:`seqjax.decoding`.
      carry: The carry before BOS, leaves ``[B, ...]``.
      search: The options.
      keys: Source of the samples, one key for each row ``[B]``; needed for sampling only.

    Returns:
      ``search.n_best`` sequences for each row: from a beam search best first, otherwise in the order of sampling.

    Raises:
      ValueError: Sampling without keys, or what the kind of decoding raises.
    """
    options: dict[str, Any] = {
        "max_length": search.max_length,
        "min_length": search.min_length,
        "banned": search.banned,
        "no_repeat_ngram_size": search.no_repeat_ngram_size,
    }
    if search.temperature:
        if keys is None:
            raise ValueError("keys must be given, not None, with a temperature above 0")
        check_keys(keys, step_shapes(step, carry)[0])
        repeated = jax.tree.map(lambda leaf: jnp.repeat(leaf, search.n_best, axis=0), carry)
        options |= {"temperature": search.temperature, "top_k": search.top_k, "top_p": search.top_p}
        split = jax.vmap(lambda key: jax.random.split(key, search.n_best))(keys)
        decoded = sample(step, repeated, split.reshape(-1), **options)
    elif search.beam > 1:
        penalty = search.length_penalty
        return beam_search(step, carry, beam=search.beam, n_best=search.n_best, length_penalty=penalty, **options)
    else:
        decoded = greedy(step, carry, **options)
    tokens, scores, lengths, attention = jax.tree.map(
        lambda leaf: leaf.reshape(-1, search.n_best, *leaf.shape[1:]), decoded[:4]
    )
    return Beams(tokens, scores, scores, lengths, attention)


def hypotheses(beams: Beams, row: int) -> list[Hypothesis]:
    """The sequences of one row as hypotheses, without the places that are empty."""
    results = []
    for n in np.flatnonzero(np.isfinite(beams.scores[row])):
        ids = np.asarray(beams.tokens[row, n, : beams.lengths[row, n]])
        ids = ids[ids != EOS]
        attention = None if beams.attention is None else np.asarray(beams.attention[row, n, : len(ids)])
        results.append(Hypothesis(ids, float(beams.scores[row, n]), attention))
    return results


class BatchedSearch:
    """Decodes any number of inputs in batches of one size.

    There is one compiled program for each shape of an input and each set of options. A batch that is not full repeats
    its own inputs, which end when they do. So the result of an input does not depend on the others.

    Args:
      start: ``start(params, inputs) -> (step, carry)`` encodes a batch of inputs: any tree of arrays ``[B, ...]``, such
        as tokens, frames or pictures.
      batch_size: Inputs that are decoded at once; no result depends on it.
    """

    def __init__(self, start: Start, batch_size: int = 64) -> None:
        self._batch_size = batch_size

        def decode(params: Any, inputs: Any, keys: Keys | None, search: Search) -> Beams:
            return decode_with(*start(params, inputs), search, keys)

        self._decode = jax.jit(decode, static_argnames="search")

    def __call__(self, params: Any, inputs: Any, search: Search, keys: Keys | None = None) -> list[list[Hypothesis]]:
        """Decodes N inputs.

        Args:
          params: The parameters.
          inputs: A tree of arrays ``[N, ...]``.
          search: The options.
          keys: For sampling, one key for each input ``[N]``.

        Returns:
          Up to ``search.n_best`` hypotheses for each input, best first.
        """
        count = len(jax.tree.leaves(inputs)[0])
        results: list[list[Hypothesis]] = []
        for begin in range(0, count, self._batch_size):
            rows = np.arange(begin, min(begin + self._batch_size, count))
            filled = np.resize(rows, self._batch_size)
            batch = jax.tree.map(lambda leaf, filled=filled: leaf[filled], inputs)
            beams = self._decode(params, batch, None if keys is None else keys[filled], search=search)
            beams = jax.device_get(beams)
            results += [hypotheses(beams, row) for row in range(len(rows))]
        return results
