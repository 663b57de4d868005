"""Attention: a weighted mean of the positions of a memory, with weights from a query."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike

from seqjax.layers.arguments import check_rngs, check_size
from seqjax.recurrence import unroll
from seqjax.recurrence.arguments import check_array, check_flags
from seqjax.typing import Array, Mask, Queries, Scores, Values, at_least_float32

Score = Literal["additive", "dot", "general"]


class Memory(NamedTuple):
    """A source prepared for queries: ``keys [B, S, A]``, ``values [B, S, M]``, ``mask [B, S]``, True where real.

    Keys and values are 0 at padding.
    """

    keys: Array
    values: Array
    mask: Array


class Attention(nnx.Module):
    """Additive, dot-product or general attention of queries q over the positions s of a memory m.

    .. code-block:: text

        additive    v . tanh(q W_q + m_s W_m + b)      Bahdanau et al. 2015, appendix A.1.2
        dot         q . m_s                            Luong et al. 2015, equation 8
        general     q . (m_s W_m)                      the same
        weights  = softmax(scores)                     exactly 0 at padding
        context  = sum over s of weights_s m_s

    The product with W_m depends on the memory alone; :meth:`project` computes it once for each source. A source with no
    real position has weights 0 and context 0, and no gradient flows through it.

    Args:
      query_features: Size D of a query.
      memory_features: Size M of the memory; equal to D for "dot".
      score: "additive", "dot" or "general".
      hidden_features: Size A of the additive score's hidden layer; None for D.
      coverage: Whether scores also read the weights of the steps before; see :meth:`with_coverage`.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: An unknown score, a size below 1, or sizes that differ for "dot".

    Note: The additive score has a bias b, which the paper omits here as in all its equations. The weight w_c of the
      coverage starts at 0.
    """

    def __init__(
        self,
        query_features: int,
        memory_features: int,
        *,
        score: Score = "general",
        hidden_features: int | None = None,
        coverage: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        """Draws the parameters."""
        width = query_features if hidden_features is None else hidden_features
        for name, size in (("query_features", query_features), ("memory_features", memory_features)):
            check_size(name, size)
        check_size("hidden_features", width)
        check_rngs(rngs)
        if score not in ("additive", "dot", "general"):
            raise ValueError(f"score must be 'additive', 'dot' or 'general', not {score!r}")
        if score == "dot" and query_features != memory_features:
            raise ValueError(
                f"score must be 'general' or 'additive', not 'dot', for queries of size {query_features} "
                f"and a memory of size {memory_features}"
            )
        self.score, self.query_features, self.memory_features = score, query_features, memory_features
        additive = score == "additive"
        self.query = nnx.Linear(query_features, width, use_bias=False, rngs=rngs) if additive else None
        keys = width if additive else query_features
        self.key = None if score == "dot" else nnx.Linear(memory_features, keys, use_bias=additive, rngs=rngs)
        self.v = nnx.Linear(width, 1, use_bias=False, rngs=rngs) if additive else None
        self.coverage = nnx.Param(jnp.zeros(width if additive else 1)) if coverage else None

    def project(self, values: Values, mask: Mask) -> Memory:
        """Prepares the memory ``values`` for queries; padding, NaN included, is set to 0.

        Raises:
          ValueError, TypeError: An array of another shape or type.
        """
        check_array("values", values)
        if values.ndim != 3 or values.shape[-1] != self.memory_features:
            raise ValueError(f"values must have shape [B, S, {self.memory_features}], not {list(values.shape)}")
        check_flags(values.shape, mask=mask)
        values = jnp.where(mask[..., None], values, 0)
        keys = values if self.key is None else self.key(values)
        return Memory(jnp.where(mask[..., None], keys, 0), values, mask)

    def __call__(self, query: Queries, memory: Memory) -> tuple[Array, Array]:
        """Attends to the memory.

        Args:
          query: Queries ``[B, Q, D]``.
          memory: The result of :meth:`project`.

        Returns:
          The context ``[B, Q, M]`` and the weights ``[B, Q, S]``. Scores are summed in float32 at least.

        Raises:
          ValueError, TypeError: A query of another shape or type.
        """
        check_array("query", query)
        batch = memory.values.shape[0]
        if query.ndim != 3 or (query.shape[0], query.shape[2]) != (batch, self.query_features):
            raise ValueError(f"query must have shape [{batch}, Q, {self.query_features}], not {list(query.shape)}")
        wide = self.wide(query)
        if self.query is not None and self.v is not None:
            hidden = jnp.tanh(self.query(query)[:, :, None] + memory.keys[:, None])  # [B, Q, S, A]
            scores = self.v(hidden)[..., 0].astype(wide)
        else:
            scores = jnp.einsum("bqa,bsa->bqs", query, memory.keys, preferred_element_type=wide)
        weights = masked_softmax(scores, memory.mask[:, None])
        return jnp.einsum("bqs,bsm->bqm", weights.astype(query.dtype), memory.values), weights

    def with_coverage(self, query: Array, memory: Memory, coverage: Array) -> tuple[Array, Array, Array]:
        """Attends to the memory at one step after the other, each knowing what was attended to before.

        The coverage c is the sum of the weights of all steps before (See et al. 2017, equations 10 and 11).
        :class:`CoverageCell` has the scores.

        Args:
          query: Queries ``[R, T, D]``, R / B consecutive rows for each source.
          memory: The result of :meth:`project`, of B sources.
          coverage: c before the first step, ``[R, S]``.

        Returns:
          The context ``[R, T, M]``, the weights ``[R, T, S]``, and the coverage after the last step ``[R, S]``.

        Raises:
          ValueError: A layer without coverage.
        """
        if self.coverage is None:
            raise ValueError("coverage must be True for attention with coverage, not False")
        coverage, weights = unroll(CoverageCell(self), memory, coverage, query)
        rows, time, positions = weights.shape
        sources = len(memory.mask)
        by_source = weights.reshape(sources, rows // sources * time, positions).astype(query.dtype)
        context = jnp.einsum("bqs,bsm->bqm", by_source, memory.values)
        return context.reshape(rows, time, -1), weights, coverage

    def covered_weights(self, z: Array, memory: Memory, coverage: Array) -> Array:
        """Weights ``[B, Q, S]`` of one step, from what :class:`CoverageCell` projects and coverage ``[B, Q, S]``."""
        assert self.coverage is not None
        wide, w_c = self.wide(z), self.coverage[...]
        if self.v is not None:

            def score(z: Array, keys: Array, coverage: Array) -> Array:
                hidden = z[:, :, None] + keys[:, None] + coverage[..., None].astype(z.dtype) * w_c[None, None, None]
                assert self.v is not None
                return self.v(jnp.tanh(hidden))[..., 0].astype(wide)

            scores = jax.checkpoint(score)(z, memory.keys, coverage)  # [B, Q, S, A] of every step would be too much
        else:
            scores = z.astype(wide) + coverage.astype(wide) * w_c[0].astype(wide)
        return masked_softmax(scores, memory.mask[:, None])

    @staticmethod
    def wide(array: Array) -> DTypeLike:
        """The type in which scores of ``array`` are summed."""
        return at_least_float32(array.dtype)


@dataclass(frozen=True)
class CoverageCell:
    """Attention with coverage as a recurrent cell: its carry is the coverage c, its output the weights.

    .. code-block:: text

        additive        v . tanh(q_t W_q + m_s W_m + c_s w_c + b)
        dot, general    q_t . k_s + c_s w_c                           k_s = m_s or m_s W_m
        weights_t = softmax(scores_t),  c <- c + weights_t

    The parameters are a :class:`Memory` of B sources; rows are R, R / B consecutive ones for each source.

    Attributes:
      attention: An attention layer with coverage.
    """

    attention: Attention

    def project(self, memory: Memory, x: Array) -> Array:
        """The part that depends on the queries ``[T, R, D]`` alone: scores ``[T, R, S]``, or ``[T, R, A]``."""
        if self.attention.query is not None:
            return self.attention.query(x)
        time, rows, width = x.shape
        sources, positions, _ = memory.keys.shape
        queries = x.reshape(time, sources, rows // sources, width)
        scores = jnp.einsum("tbka,bsa->tbks", queries, memory.keys, preferred_element_type=self.attention.wide(x))
        return scores.reshape(time, rows, positions)

    def recur(self, memory: Memory, coverage: Array, z: Array) -> tuple[Array, Array]:
        """One step: the coverage after it, and the weights ``[R, S]``."""
        rows, positions = coverage.shape
        sources = len(memory.mask)
        covered = coverage.reshape(sources, rows // sources, positions)
        each = z.reshape(sources, rows // sources, z.shape[-1])
        weights = self.attention.covered_weights(each, memory, covered).reshape(rows, positions)
        return coverage + weights, weights


def masked_softmax(scores: Scores, mask: Array) -> Scores:
    """Softmax over the entries of the last axis where ``mask`` is True; exactly 0 elsewhere, and if there are none."""
    lowest = float(np.finfo(scores.dtype).min)
    top = jnp.max(jnp.where(mask, scores, lowest), axis=-1, keepdims=True, initial=lowest)
    # The shift by the largest score cancels in the quotient, and so does its gradient.
    shifted = jnp.where(mask, scores - jax.lax.stop_gradient(top), 0)
    terms = jnp.where(mask, jnp.exp(shifted), 0)
    total = jnp.sum(terms, axis=-1, keepdims=True)
    return terms / jnp.where(total > 0, total, 1)
