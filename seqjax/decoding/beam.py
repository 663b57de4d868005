"""Beam search."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from seqjax.decoding.arguments import (
    check_banned,
    check_count,
    check_length_penalty,
    check_lengths,
    check_ngram_size,
    check_number,
)
from seqjax.decoding.constraints import Step, block_repeats, forced_tokens, restrict, run_step, step_shapes
from seqjax.decoding.hypotheses import Beams, History, Hypotheses, concatenate, pick, rank, read_sequences
from seqjax.tokens import BOS, EOS, PAD
from seqjax.typing import Array, Mask

MIN_COVERAGE = 1e-9  # keeps the penalty finite for a source position without attention


class _Options(NamedTuple):
    """The arguments of a search that every step reads."""

    step: Step
    beam: int
    n_best: int
    max_length: int
    min_length: int
    length_penalty: float
    coverage_penalty: float
    source_mask: Mask | None
    forced: Array | None  # [B, T], PAD where no token is forced
    banned: Sequence[int]
    no_repeat_ngram_size: int


class _Candidates(NamedTuple):
    """The most likely continuations of a row's live hypotheses by one token, best first, ``[B, C]`` each."""

    scores: Array
    tokens: Array
    parents: Array  # the live hypothesis that each continues


class _Search(NamedTuple):
    """The state of the loop."""

    t: Array
    carry: Any  # leaves [B * K, ...]
    tokens: Array  # [B, K], the last token of each live hypothesis
    scores: Array  # [B, K], best first; -inf in unused entries
    coverage: Array | None  # [B, K, S], attention summed over the tokens so far
    finished: Hypotheses
    history: History
    done: Array  # [B]
    sequences: Array | None  # [B, K, T], the tokens of each live hypothesis, where repeated n-grams are blocked


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
    no_repeat_ngram_size: int = 0,
) -> Beams:
    """Keeps the ``beam`` most likely unfinished hypotheses at each step, and the best finished ones.

    .. code-block:: text

        score      = sum over tokens of log p(token | those before it), EOS included
        penalised  = score / ((5 + n) / 6)^alpha + beta * sum over s of log(min(1, sum over t of a_ts))

    with n the length, EOS included, and a_ts the attention to position s (Wu et al. 2016, equation 14). A hypothesis
    finishes when its continuation with EOS is among the ``beam`` best; the most likely others stay live. Finished
    hypotheses are ranked by ``penalised``. A row is done when no continuation of a live hypothesis can
    outscore the worst of its N finished ones. Hypotheses without EOS are truncated at T tokens; they are returned only
    if there are fewer than N finished ones, and after those.

    With ``beam=1`` and no penalties this is greedy decoding.

    Args:
      step: ``step(carry, token [R]) -> (carry, logits [R, V])``, or with ``attention [R, S]`` as a third result. It is
        called with R = B * K rows, K consecutive ones per source. Arrays in its closure are not repeated.
      carry: The carry before BOS, leaves ``[B, ...]``.
      beam: Number K of live hypotheses, at least 1.
      max_length: Maximum length T.
      n_best: Number N of sequences returned, between 1 and K.
      length_penalty: alpha; above 0 favours longer sequences, 0 ranks by score.
      coverage_penalty: beta, at least 0; above 0 favours sequences that attend to all of the source.
      source_mask: ``[B, S]``, True where a source position is real, for the coverage; None if all are.
      min_length: Minimum number of tokens, EOS included.
      prefix: ``[B, P]``, the tokens that each row's sequences start with, padded with PAD, or None. Their
        log-probabilities count in the scores.
      banned: Ids that are never chosen.
      no_repeat_ngram_size: Number n of tokens; no n-gram occurs twice in a sequence. 0 for no limit.

    Raises:
      ValueError: An argument out of its range or of another shape, a coverage penalty for a step without attention, or
        a carry without arrays.
      TypeError: An argument of another type.

    Note: A position whose attention sums to less than 1e-9 counts as 1e-9, so that the penalty stays finite.
    """
    check_lengths(min_length, max_length)
    check_ngram_size(no_repeat_ngram_size)
    _check_options(beam, n_best, max_length, length_penalty, coverage_penalty)
    rows, logits, weights = step_shapes(step, carry)
    check_banned(banned, logits.shape[-1], min_length)
    _check_coverage(coverage_penalty, source_mask, rows, weights)
    options = _Options(
        step=step,
        beam=beam,
        n_best=n_best,
        max_length=max_length,
        min_length=min_length,
        length_penalty=length_penalty,
        coverage_penalty=coverage_penalty,
        source_mask=source_mask,
        forced=forced_tokens(prefix, rows, max_length, logits.shape[-1]),
        banned=banned,
        no_repeat_ngram_size=no_repeat_ngram_size,
    )
    search = _start(options, carry, rows, logits, weights)
    search = jax.lax.while_loop(partial(_continues, options), partial(_search_step, options), search)
    return read_sequences(_with_unfinished(options, search), search.history, search.t, max_length)


def _check_options(beam: int, n_best: int, max_length: int, length_penalty: float, coverage_penalty: float) -> None:
    """Raises ``ValueError`` for a number out of its range, ``TypeError`` for one of another type."""
    check_count("beam", beam)
    check_count("n_best", n_best)
    if n_best > beam:
        raise ValueError(f"n_best must lie between 1 and beam={beam}, not {n_best}")
    check_length_penalty(length_penalty, max_length)
    check_number("coverage_penalty", coverage_penalty)
    if coverage_penalty < 0:
        raise ValueError(f"coverage_penalty must be at least 0, not {coverage_penalty}")


def _check_coverage(
    coverage_penalty: float, source_mask: Mask | None, rows: int, weights: jax.ShapeDtypeStruct | None
) -> None:
    """Raises unless there is attention for a coverage penalty, and the mask of the source fits it."""
    if coverage_penalty and weights is None:
        raise ValueError(f"coverage_penalty must be 0, not {coverage_penalty}, for a step that returns no attention")
    if source_mask is None or weights is None:
        return
    if source_mask.dtype != jnp.bool_:
        raise TypeError(f"source_mask must be of type bool, not {source_mask.dtype}")
    if source_mask.shape != (rows, weights.shape[-1]):
        shape = [rows, weights.shape[-1]]
        raise ValueError(f"source_mask must have shape {shape} of the step's attention, not {list(source_mask.shape)}")


def _start(
    options: _Options, carry: Any, rows: int, logits: jax.ShapeDtypeStruct, weights: jax.ShapeDtypeStruct | None
) -> _Search:
    """The state before the first step: one empty live hypothesis per row."""
    beam, size = options.beam, (options.max_length, rows, options.beam)
    minus_inf = jnp.full((rows, options.n_best), -jnp.inf, logits.dtype)
    zeros = jnp.zeros((rows, options.n_best), jnp.int32)
    coverage = attention = None
    if weights is not None:
        attention = jnp.zeros((*size, weights.shape[-1]), weights.dtype)
        coverage = jnp.zeros((rows, beam, weights.shape[-1]), weights.dtype) if options.coverage_penalty else None
    return _Search(
        t=jnp.int32(0),
        carry=jax.tree.map(lambda leaf: jnp.repeat(leaf, beam, axis=0), carry),
        tokens=jnp.full((rows, beam), BOS, jnp.int32),
        scores=jnp.full((rows, beam), -jnp.inf, logits.dtype).at[:, 0].set(0),
        coverage=coverage,
        finished=Hypotheses(minus_inf, minus_inf, zeros, zeros),
        history=History(jnp.zeros(size, jnp.int32), jnp.zeros(size, jnp.int32), attention),
        done=jnp.zeros(rows, bool),
        sequences=jnp.zeros((rows, beam, options.max_length), jnp.int32) if options.no_repeat_ngram_size else None,
    )


def _continues(options: _Options, search: _Search) -> Array:
    """True while a row is unfinished and shorter than T."""
    return (search.t < options.max_length) & ~jnp.all(search.done)


def _search_step(options: _Options, search: _Search) -> _Search:
    """Continues the live hypotheses of all rows by one token."""
    search, candidates = _expand(options, search)
    finished = _collect_finished(options, search, candidates)
    return _advance(options, search._replace(finished=finished), candidates)


def _expand(options: _Options, search: _Search) -> tuple[_Search, _Candidates]:
    """Runs the step for all live hypotheses; returns the state with its carry and attention, and the candidates."""
    rows, beam = search.tokens.shape
    carry, logits, weights = run_step(options.step, search.carry, search.tokens.reshape(-1))
    normalizer = jax.nn.logsumexp(logits, axis=-1).reshape(rows, beam, 1)
    forced = None if options.forced is None else jnp.repeat(options.forced[:, search.t], beam)
    if search.sequences is not None:
        sequences = search.sequences.reshape(rows * beam, -1)
        logits = block_repeats(logits, sequences, search.t, options.no_repeat_ngram_size, forced)
    logits = restrict(logits, search.t, forced, options.min_length, options.banned)
    each = min(beam + 1, logits.shape[-1])  # per hypothesis, so that they include the K best without EOS
    values, ids = jax.lax.top_k(logits, each)
    scores = search.scores[..., None] + (values.reshape(rows, beam, each) - normalizer)
    scores, index = jax.lax.top_k(scores.reshape(rows, -1), min(2, each) * beam)
    candidates = _Candidates(scores, pick(ids.reshape(rows, -1), index), index // each)

    coverage, history = search.coverage, search.history
    if weights is not None:
        weights = weights.reshape(rows, beam, -1)
        coverage = None if coverage is None else coverage + weights
    if history.attention is not None:
        history = history._replace(attention=history.attention.at[search.t].set(weights))
    return search._replace(carry=carry, coverage=coverage, history=history), candidates


def _collect_finished(options: _Options, search: _Search, candidates: _Candidates) -> Hypotheses:
    """The N best finished hypotheses, including new ones whose EOS is among the K best candidates."""
    scores, tokens, parents = candidates
    ends = (tokens == EOS) & ~search.done[:, None]
    coverage = pick(_coverage_term(options, search), parents)
    penalised = scores / _length_factor(options, search.t + 1, scores) + coverage
    penalised = jnp.where(ends, penalised, -jnp.inf)
    ended = Hypotheses(penalised, scores, jnp.full_like(parents, search.t), parents)
    return rank(concatenate(search.finished, jax.tree.map(lambda leaf: leaf[:, : options.beam], ended)), options.n_best)


def _advance(options: _Options, search: _Search, candidates: _Candidates) -> _Search:
    """Makes the K best candidates without EOS the live hypotheses, and decides which rows are done."""
    (rows, beam), t = search.tokens.shape, search.t
    scores, kept = jax.lax.top_k(jnp.where(candidates.tokens == EOS, -jnp.inf, candidates.scores), beam)
    tokens, parents = pick(candidates.tokens, kept), pick(candidates.parents, kept)
    carry, coverage, history = search.carry, search.coverage, search.history
    if beam > 1:
        source = (jnp.arange(rows)[:, None] * beam + parents).reshape(-1)
        carry = jax.tree.map(lambda leaf: leaf.at[source].get(mode="promise_in_bounds"), carry)
    if coverage is not None:
        coverage = jnp.take_along_axis(coverage, parents[..., None], axis=1)
    sequences = search.sequences
    if sequences is not None:
        sequences = jnp.take_along_axis(sequences, parents[..., None], axis=1).at[:, :, t].set(tokens)
    history = history._replace(tokens=history.tokens.at[t].set(tokens), parents=history.parents.at[t].set(parents))

    # Scores never rise and the length factor is monotone: the best penalised score is at the next or the last step.
    lengths = jnp.minimum(t + 2, options.max_length), options.max_length
    bound = jnp.maximum(*(scores[:, 0] / _length_factor(options, length, scores) for length in lengths))
    done = search.done | ~(bound > search.finished.penalised[:, -1])
    return _Search(t + 1, carry, tokens, scores, coverage, search.finished, history, done, sequences)


def _with_unfinished(options: _Options, search: _Search) -> Hypotheses:
    """The N best finished hypotheses, and truncated live ones if there are fewer.

    A truncated hypothesis ends at position T with itself as its parent, so that its path is read back from its own last
    token. Rows that were done before T have N finished hypotheses, so their live ones are not returned.
    """
    n_best, beam, max_length = options.n_best, options.beam, options.max_length
    penalised = search.scores / _length_factor(options, max_length, search.scores) + _coverage_term(options, search)
    beams = jnp.broadcast_to(jnp.arange(beam), search.scores.shape)
    live = rank(Hypotheses(penalised, search.scores, jnp.full_like(beams, max_length), beams), n_best)
    count = jnp.sum(search.finished.penalised > -jnp.inf, axis=1, keepdims=True)
    place = jnp.arange(n_best)[None]
    order = jnp.where(place < count, place, n_best + place - count)
    chosen: Hypotheses = jax.tree.map(lambda leaf: pick(leaf, order), concatenate(search.finished, live))
    return chosen


def _length_factor(options: _Options, length: Array | int, like: Array) -> Array:
    """The divisor of the score of ``length`` tokens, in the type of ``like``."""
    return ((5 + jnp.asarray(length, like.dtype)) / 6) ** options.length_penalty


def _coverage_term(options: _Options, search: _Search) -> Array:
    """The coverage penalty of each live hypothesis, ``[B, K]``; 0 without one."""
    if search.coverage is None:
        return jnp.zeros_like(search.scores)
    terms = jnp.log(jnp.clip(search.coverage, MIN_COVERAGE, 1)).astype(search.scores.dtype)
    if options.source_mask is not None:
        terms = jnp.where(options.source_mask[:, None], terms, 0)
    return options.coverage_penalty * terms.sum(axis=-1)
