"""Beam search."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from seqjax.decoding.rules import Step, check_lengths, forced_tokens, restrict, run, shapes
from seqjax.tokens import BOS, EOS, PAD
from seqjax.typing import Array, Mask

LEAST_COVERAGE = 1e-9  # keeps the penalty of a position that nothing attended to finite


class Beams(NamedTuple):
    """The N best sequences for each row, best first.

    ``tokens [B, N, T]``, PAD behind EOS; ``scores [B, N]``, the sum of the tokens' log-probabilities, that of EOS
    included; ``penalised [B, N]``, what they are ranked by; ``lengths [B, N]``, EOS included if there is one;
    ``attention [B, N, T, S]``, 0 behind the end, or None. Where there are fewer than N sequences, the scores of the
    rest are -inf and the lengths 0.
    """

    tokens: Array
    scores: Array
    penalised: Array
    lengths: Array
    attention: Array | None


class _Finished(NamedTuple):
    """The best hypotheses that have ended, best first, ``[B, N]`` each; -inf where there is none yet."""

    penalised: Array
    scores: Array
    last: Array  # the place of EOS
    beam: Array  # the live hypothesis that EOS was put behind


class _History(NamedTuple):
    """The steps of the live hypotheses, from which any can be read backwards."""

    tokens: Array  # [T, B, K]
    parents: Array  # [T, B, K], the hypothesis of the step before that each goes on from
    attention: Array | None  # [T, B, K, S], of the parents


class _Search(NamedTuple):
    t: Array
    carry: Any  # leaves [B * K, ...]
    tokens: Array  # [B, K], last of each live hypothesis
    scores: Array  # [B, K], best first; -inf for none
    coverage: Array | None  # [B, K, S], attention summed over the tokens so far
    finished: _Finished
    history: _History
    done: Array  # [B]


def beam_search(
    step: Step,
    carry: Any,
    *,
    beam: int,
    max_length: int,
    n_best: int = 1,
    length_penalty: float = 0.0,
    coverage_penalty: float = 0.0,
    source_mask: Mask | None = None,
    min_length: int = 1,
    prefix: Array | None = None,
    banned: Sequence[int] = (PAD, BOS),
) -> Beams:
    """Keeps the ``beam`` likeliest beginnings at each place, and the best sequences that have ended.

    .. code-block:: text

        score      = sum over tokens of log p(token | those before it), EOS included
        penalised  = score / ((5 + n) / 6)^alpha + beta * sum over s of log(min(1, sum over t of a_ts))

    with n the length, EOS included, and a_ts the attention to position s (Wu et al. 2016, equation 14). A beginning
    that EOS puts among the ``beam`` best ends there; the likeliest others go on. Those that have ended are ranked by
    ``penalised``, and a row stops when no live one can overtake the worst of the N kept, whatever follows. What
    reaches T places without EOS is cut there; it takes a place only where none that ended is left, after them.

    With ``beam=1`` and no penalties it is greedy decoding.

    Args:
      step: ``step(carry, token [R]) -> (carry, logits [R, V])``, or with ``attention [R, S]`` as a third. It is called
        with R = B * K rows, the K of a row next to each other; what it closes over is for it to repeat.
      carry: The carry before BOS, leaves ``[B, ...]``.
      beam: Live hypotheses K.
      max_length: Places T.
      n_best: Sequences returned N, at most K.
      length_penalty: alpha; above 0 favours longer sequences, 0 ranks by score.
      coverage_penalty: beta, at least 0; above 0 favours sequences that attend to all of the source.
      source_mask: ``[B, S]``, True where a source position is real, for the coverage; None if all are.
      min_length: Tokens that a sequence has at least, EOS included.
      prefix: ``[B, P]``, the tokens that a row's sequences start with, PAD behind them, or None. They count in scores.
      banned: Ids that are never chosen.

    Raises:
      ValueError: An argument out of its range, a prefix longer than T, a coverage penalty for a step without
        attention, or a carry without arrays.

    Note: A position whose attention sums to less than 1e-9 counts as that, so that the penalty stays finite.
    """
    check_lengths(min_length, max_length)
    if not 1 <= n_best <= beam:
        raise ValueError(f"n_best must lie between 1 and beam={beam}, not {n_best}")
    if coverage_penalty < 0:
        raise ValueError(f"coverage_penalty must be at least 0, not {coverage_penalty}")
    rows, logits, weights = shapes(step, carry)
    if coverage_penalty and weights is None:
        raise ValueError(f"coverage_penalty must be 0, not {coverage_penalty}, for a step that returns no attention")
    forced = forced_tokens(prefix, rows, max_length)
    each = min(beam + 1, logits.shape[-1])  # candidates of each live hypothesis: the K best without EOS are among them
    first_row = jnp.arange(rows)[:, None] * beam

    def length_factor(length: Array | int) -> Array:
        return ((5 + jnp.asarray(length, logits.dtype)) / 6) ** length_penalty

    def coverage_term(coverage: Array | None) -> Array:
        if coverage is None:
            return jnp.zeros((rows, beam), logits.dtype)
        terms = jnp.log(jnp.clip(coverage, LEAST_COVERAGE, 1)).astype(logits.dtype)
        if source_mask is not None:
            terms = jnp.where(source_mask[:, None], terms, 0)
        return coverage_penalty * terms.sum(axis=-1)

    def goes_on(search: _Search) -> Array:
        return (search.t < max_length) & ~jnp.all(search.done)

    def body(search: _Search) -> _Search:
        t, finished, history = search.t, search.finished, search.history
        carry, logits, weights = run(step, search.carry, search.tokens.reshape(-1))
        normalizer = jax.nn.logsumexp(logits, axis=-1).reshape(rows, beam, 1)
        here = None if forced is None else jnp.repeat(forced[:, t], beam)
        values, ids = jax.lax.top_k(restrict(logits, t, here, min_length, banned), each)
        totals = search.scores[..., None] + (values.reshape(rows, beam, each) - normalizer)
        totals, index = jax.lax.top_k(totals.reshape(rows, -1), min(2, each) * beam)
        parents, tokens = index // each, _pick(ids.reshape(rows, -1), index)

        weights = None if weights is None else weights.reshape(rows, beam, -1)
        coverage = search.coverage
        if coverage is not None and weights is not None:
            coverage = coverage + weights
        ends = (tokens == EOS) & ~search.done[:, None]
        penalised = totals / length_factor(t + 1) + _pick(coverage_term(coverage), parents)
        penalised = jnp.where(ends, penalised, -jnp.inf)
        ended = _Finished(penalised, totals, jnp.full_like(parents, t), parents)
        finished = _best(_join(finished, jax.tree.map(lambda leaf: leaf[:, :beam], ended)), n_best)

        scores, kept = jax.lax.top_k(jnp.where(tokens == EOS, -jnp.inf, totals), beam)
        tokens, parents = _pick(tokens, kept), _pick(parents, kept)
        if beam > 1:
            came_from = (first_row + parents).reshape(-1)
            carry = jax.tree.map(lambda leaf: leaf.at[came_from].get(mode="promise_in_bounds"), carry)
        if coverage is not None:
            coverage = jnp.take_along_axis(coverage, parents[..., None], axis=1)
        attention = None if history.attention is None else history.attention.at[t].set(weights)
        history = _History(history.tokens.at[t].set(tokens), history.parents.at[t].set(parents), attention)

        # A score only falls, and its length factor is monotone, so the best that can still come is at one end.
        lengths = jnp.minimum(t + 2, max_length), max_length
        bound = jnp.maximum(*(scores[:, 0] / length_factor(length) for length in lengths))
        done = search.done | ~(bound > finished.penalised[:, -1])
        return _Search(t + 1, carry, tokens, scores, coverage, finished, history, done)

    places = (max_length, rows, beam)
    none = jnp.full((rows, n_best), -jnp.inf, logits.dtype)
    nowhere = jnp.zeros((rows, n_best), jnp.int32)
    start = _Search(
        t=jnp.int32(0),
        carry=jax.tree.map(lambda leaf: jnp.repeat(leaf, beam, axis=0), carry),
        tokens=jnp.full((rows, beam), BOS, jnp.int32),
        scores=jnp.full((rows, beam), -jnp.inf, logits.dtype).at[:, 0].set(0),
        coverage=jnp.zeros((rows, beam, weights.shape[-1]), weights.dtype)
        if coverage_penalty and weights is not None
        else None,
        finished=_Finished(none, none, nowhere, nowhere),
        history=_History(
            jnp.zeros(places, jnp.int32),
            jnp.zeros(places, jnp.int32),
            None if weights is None else jnp.zeros((*places, weights.shape[-1]), weights.dtype),
        ),
        done=jnp.zeros(rows, bool),
    )
    end = jax.lax.while_loop(goes_on, body, start)
    # What is live at the end of an unfinished row has T places, and is cut. It stands in the history at the last of
    # them, not behind it. (The live ones of a row that stopped early are passed over, since its N places are taken.)
    live = end.scores / length_factor(max_length) + coverage_term(end.coverage)
    beams = jnp.broadcast_to(jnp.arange(beam), (rows, beam))
    cut = _best(_Finished(live, end.scores, jnp.full_like(beams, max_length), beams), n_best)
    ended = jnp.sum(end.finished.penalised > -jnp.inf, axis=1, keepdims=True)
    place = jnp.arange(n_best)
    order = jnp.where(place < ended, place, n_best + place - ended)
    chosen = jax.tree.map(lambda leaf: _pick(leaf, order), _join(end.finished, cut))
    return _read(chosen, end.history, end.t, max_length)


def _pick(array: Array, index: Array) -> Array:
    """``array [B, X]`` at ``index [B, Y]`` of each row."""
    return jnp.take_along_axis(array, index, axis=1)


def _join(a: _Finished, b: _Finished) -> _Finished:
    return _Finished(*(jnp.concatenate(pair, axis=1) for pair in zip(a, b, strict=True)))


def _best(hypotheses: _Finished, count: int) -> _Finished:
    _, index = jax.lax.top_k(hypotheses.penalised, count)
    return _Finished(*(_pick(leaf, index) for leaf in hypotheses))


def _read(chosen: _Finished, history: _History, steps: Array, max_length: int) -> Beams:
    """Reads hypotheses backwards out of the history, the last of ``steps`` first."""
    rows, count = chosen.beam.shape
    valid = chosen.penalised > -jnp.inf
    tokens = jnp.full((rows, count, max_length), PAD, jnp.int32)
    attention = None
    if history.attention is not None:
        shape = (rows, count, max_length, history.attention.shape[-1])
        attention = jnp.zeros(shape, history.attention.dtype)

    def body(back: Array, loop: tuple[Array, Array, Array | None]) -> tuple[Array, Array, Array | None]:
        beam, tokens, attention = loop
        t = steps - 1 - back
        is_part, is_eos = valid & (t <= chosen.last), t == chosen.last
        token = jnp.where(is_eos, EOS, _pick(history.tokens[t], beam))
        tokens = tokens.at[:, :, t].set(jnp.where(is_part, token, PAD))
        beam = jnp.where(is_part & ~is_eos, _pick(history.parents[t], beam), beam)
        if attention is not None and history.attention is not None:
            weights = jnp.take_along_axis(history.attention[t], beam[..., None], axis=1)
            attention = attention.at[:, :, t].set(jnp.where(is_part[..., None], weights, 0))
        return beam, tokens, attention

    _, tokens, attention = jax.lax.fori_loop(0, steps, body, (chosen.beam, tokens, attention))
    scores = jnp.where(valid, chosen.scores, -jnp.inf)
    lengths = jnp.where(valid, jnp.minimum(chosen.last + 1, max_length), 0)
    return Beams(tokens, scores, chosen.penalised, lengths, attention)
