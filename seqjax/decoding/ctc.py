"""Decoding of connectionist temporal classification (CTC; Graves et al. 2006).

A network gives each frame a distribution over C classes: the tokens, and a blank. A path has one class a frame; the
text that it stands for is left when repeated classes are merged and then blanks are removed. Many paths stand for one
text, so the most likely path (:func:`best_path`) need not be of the most likely text, which
:func:`prefix_beam_search` looks for. :func:`align` finds the frames in which a given text was written.

All functions are pure and run inside ``jax.jit``. A row is decoded the same alone as in any batch. PAD is never
written.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.decoding.automaton import Automaton
from seqjax.tokens import PAD
from seqjax.typing import Array, Logits, Mask

NONE = -1  # no token: a place behind the end of a text, or a frame that writes none


class Transcripts(NamedTuple):
    """The N best texts of each row, best first.

    Where a row has fewer than N texts, the scores of the rest are -inf and their lengths 0.

    Attributes:
      tokens: ``int32 [B, N, L]``, PAD after the end.
      lengths: Number of tokens, ``int32 [B, N]``.
      scores: Log-probability of each text under the network, summed over its paths, ``[B, N]``.
      ranked_by: The scores with the automaton and the bonus, by which the texts are ranked, ``[B, N]``.
    """

    tokens: Array
    lengths: Array
    scores: Array
    ranked_by: Array


def frames_needed(labels: np.ndarray) -> int:
    """Smallest number of frames that can write the tokens ``[N]``: one a token, and a blank between equal ones."""
    return len(labels) + int(np.sum(labels[1:] == labels[:-1]))


def best_path(logits: Logits, mask: Mask, *, blank: int) -> tuple[Array, Array]:
    """The text of the most likely path.

    Args:
      logits: ``[B, T, C]``.
      mask: ``[B, T]``, False at padding.
      blank: The class of the blank.

    Returns:
      Tokens ``int32 [B, T]``, PAD after the end, and their numbers ``int32 [B]``.
    """
    path = jnp.argmax(logits.at[..., PAD].set(-jnp.inf), axis=-1)
    path = jnp.where(mask, path, blank).astype(jnp.int32)
    before = jnp.pad(path[:, :-1], ((0, 0), (1, 0)), constant_values=blank)
    writes = (path != blank) & (path != before)
    place = jnp.where(writes, jnp.cumsum(writes, axis=1) - 1, path.shape[1])  # beyond the end: dropped
    rows = jnp.arange(len(path))[:, None]
    tokens = jnp.full_like(path, PAD).at[rows, place].set(path, mode="drop")
    return tokens, jnp.sum(writes, axis=1, dtype=jnp.int32)


class _Prefixes(NamedTuple):
    """The K best prefixes of one row.

    Attributes:
      tokens: ``[K, L]``, NONE after the end.
      lengths: ``[K]``.
      blank: Log-probability of the paths that end in a blank, ``[K]``.
      token: Log-probability of the paths that end in the last token, ``[K]``.
      extra: Score of the automaton and bonus, ``[K]``.
      state: State of the automaton, ``[K]``.
    """

    tokens: Array
    lengths: Array
    blank: Array
    token: Array
    extra: Array
    state: Array

    @property
    def total(self) -> Array:
        """Log-probability of all paths of each prefix."""
        return jnp.logaddexp(self.blank, self.token)

    @property
    def last(self) -> Array:
        """The last token of each prefix, NONE if it is empty."""
        at = jnp.maximum(self.lengths - 1, 0)
        return jnp.take_along_axis(self.tokens, at[:, None], axis=1)[:, 0]


def prefix_beam_search(
    logits: Logits,
    mask: Mask,
    *,
    blank: int,
    beam: int,
    max_length: int,
    n_best: int = 1,
    automaton: Automaton | None = None,
    weight: float | Array = 1.0,
    bonus: float | Array = 0.0,
) -> Transcripts:
    """Searches for the most likely texts (Hannun et al. 2014, algorithm 1), which it may score by a language model too.

    A text is ranked by ``log p(text | frames) + weight * automaton(text) + bonus * length``.

    Args:
      logits: ``[B, T, C]``.
      mask: ``[B, T]``, False at padding; values there, NaN included, do not matter.
      blank: The class of the blank.
      beam: Number K of prefixes that are kept after each frame.
      max_length: Largest number L of tokens of a text.
      n_best: Number N of texts to return, at most ``beam``.
      automaton: Scores of tokens in context; see :mod:`seqjax.decoding.automaton`.
      weight: Factor of the automaton's scores, above 0; inside ``jax.jit`` it may be traced, and is then not checked.
      bonus: Score of each token, against the automaton's preference for short texts.

    Raises:
      ValueError: For ``n_best`` outside [1, ``beam``], or a weight that is not positive.
    """
    if not 1 <= n_best <= beam:
        raise ValueError(f"n_best must be from 1 to the beam, {beam}, not {n_best}")
    if isinstance(weight, float | int) and not weight > 0:
        raise ValueError(f"weight must be positive, not {weight}; leave out the automaton to search without one")
    if automaton is None:
        automaton = Automaton.free(logits.shape[-1])
    log_probs = jax.nn.log_softmax(jnp.where(mask[..., None], logits, 0).astype(jnp.float32))

    def row(log_probs: Array, mask: Array) -> Transcripts:
        start = _Prefixes(
            tokens=jnp.full((beam, max_length), NONE, jnp.int32),
            lengths=jnp.zeros(beam, jnp.int32),
            blank=jnp.where(jnp.arange(beam) == 0, 0.0, -jnp.inf),
            token=jnp.full(beam, -jnp.inf),
            extra=jnp.zeros(beam),
            state=jnp.full(beam, automaton.start, jnp.int32),
        )

        def step(prefixes: _Prefixes, frame: tuple[Array, Array]) -> tuple[_Prefixes, None]:
            after = _extend(prefixes, frame[0], blank, automaton, weight, bonus)
            return jax.tree.map(lambda new, old: jnp.where(frame[1], new, old), after, prefixes), None

        prefixes, _ = jax.lax.scan(step, start, (log_probs, mask))
        ranked_by = prefixes.total + prefixes.extra + weight * automaton.final[prefixes.state]
        ranked_by, best = jax.lax.top_k(ranked_by, n_best)
        found = ranked_by > -jnp.inf
        tokens = jnp.where((prefixes.tokens[best] == NONE) | ~found[:, None], PAD, prefixes.tokens[best])
        lengths = jnp.where(found, prefixes.lengths[best], 0)
        return Transcripts(tokens, lengths, jnp.where(found, prefixes.total[best], -jnp.inf), ranked_by)

    return jax.vmap(row)(log_probs, mask)


def _extend(
    old: _Prefixes, log_probs: Array, blank: int, automaton: Automaton, weight: float | Array, bonus: float | Array
) -> _Prefixes:
    """The K best prefixes after one more frame, whose classes have ``log_probs [C]``."""
    beam, classes = len(old.lengths), jnp.arange(len(log_probs))
    last = old.last
    # A prefix stays as it is after a blank, or after its last token once more.
    stay_blank = old.total + log_probs[blank]
    stay_token = jnp.where(last == NONE, -jnp.inf, old.token + log_probs[last])
    # It becomes longer after another token; after its last token only if a blank came between.
    before = jnp.where(classes[None] == last[:, None], old.blank[:, None], old.total[:, None])
    allowed = ((classes != blank) & (classes != PAD))[None] & (old.lengths < old.tokens.shape[1])[:, None]
    longer = jnp.where(allowed, before + log_probs[None], -jnp.inf)  # [K, C]
    # Where the longer prefix is among the old ones, both are one text: their paths are added up.
    at = jnp.arange(old.tokens.shape[1])[None]
    parents = jnp.where(at == (old.lengths - 1)[:, None], NONE, old.tokens)
    is_parent = jnp.all(old.tokens[:, None] == parents[None], axis=-1)  # [K, K]: prefix i, and one token, is prefix j
    is_parent &= (old.lengths[:, None] + 1 == old.lengths[None]) & jnp.isfinite(old.total)[None]
    inherited = jnp.where(is_parent, longer[:, last], -jnp.inf)
    stay_token = jnp.logaddexp(stay_token, jax.nn.logsumexp(inherited, axis=0))
    is_old = jnp.any(is_parent[:, :, None] & (last[:, None] == classes[None])[None], axis=1)
    longer = jnp.where(is_old, -jnp.inf, longer)

    extra = old.extra[:, None] + weight * automaton.scores[old.state] + bonus
    scores = jnp.concatenate([jnp.logaddexp(stay_blank, stay_token) + old.extra, (longer + extra).ravel()])
    _, best = jax.lax.top_k(scores, beam)
    stays = best < beam
    parent, token = jnp.where(stays, best, (best - beam) // len(classes)), (best - beam) % len(classes)
    appended = jnp.where(at == old.lengths[parent][:, None], token[:, None], old.tokens[parent])
    return _Prefixes(
        tokens=jnp.where(stays[:, None], old.tokens[parent], appended),
        lengths=jnp.where(stays, old.lengths[parent], old.lengths[parent] + 1),
        blank=jnp.where(stays, stay_blank[parent], -jnp.inf),
        token=jnp.where(stays, stay_token[parent], longer[parent, token]),
        extra=jnp.where(stays, old.extra[parent], extra[parent, token]),
        state=jnp.where(stays, old.state[parent], automaton.following[old.state[parent], token]),
    )


def align(logits: Logits, mask: Mask, labels: Array, *, blank: int) -> Array:
    """The most likely path of given texts: which frame writes which token.

    Args:
      logits: ``[B, T, C]``.
      mask: ``[B, T]``, False at padding.
      labels: The tokens of each text ``[B, N]``, padded with PAD.
      blank: The class of the blank.

    Returns:
      ``int32 [B, T]``: for each frame the position in the text of the token that it writes, or NONE (-1) for a blank
      and for padding. Rows with too few frames for their text are NONE throughout.
    """
    log_probs = jax.nn.log_softmax(jnp.where(mask[..., None], logits, 0).astype(jnp.float32))
    rows, count = labels.shape
    # States alternate: a blank, the first token, a blank, the second token, ..., a blank.
    states = jnp.full((rows, 2 * count + 1), blank).at[:, 1::2].set(labels)
    skips = (states != blank) & (states != jnp.pad(states[:, :-2], ((0, 0), (2, 0)), constant_values=blank))
    emitted = jnp.take_along_axis(log_probs, states[:, None], axis=2)  # [B, T, 2N+1]
    first = jnp.full(states.shape, -jnp.inf).at[:, 0].set(0.0)

    def step(scores: Array, frame: tuple[Array, Array]) -> tuple[Array, Array]:
        one, two = (jnp.pad(scores, ((0, 0), (n, 0)), constant_values=-jnp.inf)[:, :-n] for n in (1, 2))
        options = jnp.stack([scores, one, jnp.where(skips, two, -jnp.inf)])
        back = jnp.argmax(options, axis=0)
        real = frame[1][:, None]
        return jnp.where(real, jnp.max(options, axis=0) + frame[0], scores), jnp.where(real, back, 0)

    # Before the first frame only the state "nothing yet" exists; it is the first blank, or leads to the first token.
    scores, back = jax.lax.scan(step, first, (emitted.swapaxes(0, 1), mask.T))
    end = 2 * jnp.sum(labels != PAD, axis=1)
    before_end = jnp.maximum(end - 1, 0)
    score_end, score_before = (jnp.take_along_axis(scores, at[:, None], axis=1)[:, 0] for at in (end, before_end))
    state = jnp.where(score_before > score_end, before_end, end)
    feasible = jnp.maximum(score_before, score_end) > -jnp.inf

    def read(state: Array, frame: tuple[Array, Array]) -> tuple[Array, Array]:
        back, real = frame
        writes = real & (state % 2 == 1)
        position = jnp.where(writes, state // 2, NONE)
        return state - jnp.take_along_axis(back, state[:, None], axis=1)[:, 0], position

    _, positions = jax.lax.scan(read, state, (back, mask.T), reverse=True)
    return jnp.where(feasible[:, None], positions.T, NONE).astype(jnp.int32)
