"""Constraints on the next token (banned ids, minimum length, forced prefix, n-grams), and the call of a step."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.decoding.arguments import check_ids
from seqjax.tokens import EOS, PAD
from seqjax.typing import Array, at_least_float32

Step = Callable[[Any, Array], tuple[Any, ...]]


def run_step(step: Step, carry: Any, token: Array) -> tuple[Any, Array, Array | None]:
    """Calls a step and makes its types uniform.

    Args:
      step: ``step(carry, token [R]) -> (carry, logits [R, V])``, or with ``attention [R, S]`` as a third result.
      carry: The carry before the step, leaves ``[R, ...]``.
      token: Tokens that the step reads, ``[R]``.

    Returns:
      The carry, each leaf in the type that it had before; the logits, in float32 at least; the attention, or None.
    """
    new, logits, *attention = step(carry, token)
    given, expected = (str(jax.tree.structure(tree)) for tree in (new, carry))
    if given != expected:
        raise TypeError(f"step must return a carry of the structure that it gets, {expected}, not {given}")
    new = jax.tree.map(lambda leaf, old: leaf.astype(old.dtype), new, carry)
    return new, logits.astype(at_least_float32(logits.dtype)), attention[0] if attention else None


def step_shapes(step: Step, carry: Any) -> tuple[int, jax.ShapeDtypeStruct, jax.ShapeDtypeStruct | None]:
    """Traces a step without running it.

    Returns:
      The number of rows of the carry, and shape and type of the logits and of the attention (None without attention).

    Raises:
      ValueError: A carry without arrays, or with different numbers of rows; logits of another shape.
      TypeError: A step that changes the structure of the carry.
    """
    leaves = jax.tree.leaves(carry)
    if not leaves:
        raise ValueError("carry must have an array with a row for each sequence, not none at all")
    shapes = [list(jnp.shape(leaf)) for leaf in leaves]
    if [] in shapes or len({shape[0] for shape in shapes}) != 1:
        raise ValueError(f"carry must have arrays with one row for each sequence, not of shapes {shapes}")
    rows = shapes[0][0]
    _, logits, attention = jax.eval_shape(lambda c, t: run_step(step, c, t), carry, jnp.zeros(rows, jnp.int32))
    if len(logits.shape) != 2 or logits.shape[0] != rows:
        raise ValueError(f"step must return logits of shape [{rows}, V], not {list(logits.shape)}")
    if attention is not None and (len(attention.shape) != 2 or attention.shape[0] != rows):
        raise ValueError(f"step must return attention of shape [{rows}, S], not {list(attention.shape)}")
    return rows, logits, attention


def forced_tokens(prefix: Any, rows: int, max_length: int, size: int) -> Array | None:
    """Pads a prefix ``[B, P]`` with PAD to ``[B, max_length]``; PAD forces no token.

    Raises:
      TypeError: A prefix that does not hold ints.
      ValueError: A prefix of another rank or number of rows, longer than ``max_length``, or with an id that is none of
        the ``size`` tokens.
    """
    if prefix is None:
        return None
    prefix = check_ids("prefix", prefix, size, (rows, "P"))
    if prefix.shape[1] > max_length:
        raise ValueError(f"prefix must have at most max_length={max_length} columns, not {prefix.shape[1]}")
    return jnp.pad(prefix, ((0, 0), (0, max_length - prefix.shape[1])), constant_values=PAD)


def restrict(logits: Array, t: Array, forced: Array | None, min_length: int, banned: Sequence[int]) -> Array:
    """Sets the logits of forbidden tokens to -inf.

    Args:
      logits: ``[..., V]``, for the token at position t.
      t: Position of the token, from 0.
      forced: ``[...]``, the only token that is allowed, which may also be banned or an early EOS. Where it is PAD,
        ``min_length`` and ``banned`` decide; None if no row has a forced token.
      min_length: Minimum number of tokens, EOS included: EOS is forbidden before.
      banned: Ids that are never allowed.
    """
    ids = np.arange(logits.shape[-1], dtype=np.int32).reshape((1,) * (logits.ndim - 1) + (-1,))
    forbidden = jnp.asarray(np.isin(ids, banned)) | (jnp.asarray(ids == EOS) & (t + 1 < min_length))
    if forced is not None:
        forced = forced[..., None]
        forbidden = jnp.where(forced == PAD, forbidden, jnp.asarray(ids) != forced)
    return jnp.where(forbidden, -jnp.inf, logits)


def block_repeats(logits: Array, tokens: Array, t: Array, size: int, forced: Array | None) -> Array:
    """Sets the logits of tokens that would repeat an n-gram to -inf (Paulus et al. 2018, section 2.5).

    Args:
      logits: ``[R, V]``, for the token at position t.
      tokens: ``[R, T]``, the tokens so far; those from position t on do not count.
      t: Position of the token, from 0.
      size: Tokens n of an n-gram; 0 blocks nothing.
      forced: ``[R]``, the forced token of each row, which is not blocked, PAD where there is none; or None.
    """
    if size == 0:
        return logits
    rows, length = tokens.shape
    last = jax.lax.dynamic_slice_in_dim(jnp.pad(tokens, ((0, 0), (size, 0))), t + 1, size - 1, axis=1)
    padded = jnp.pad(tokens, ((0, 0), (0, size - 1)))
    repeats = jnp.broadcast_to(jnp.arange(length)[None] + (size - 1) < t, tokens.shape)
    for index in range(size - 1):
        repeats &= padded[:, index : index + length] == last[:, index : index + 1]
    next_tokens = padded[:, size - 1 :]
    limit = jnp.where(repeats, -jnp.inf, jnp.inf).astype(logits.dtype)
    blocked = logits.at[jnp.arange(rows)[:, None], next_tokens].min(limit)
    return blocked if forced is None else jnp.where((forced == PAD)[:, None], blocked, logits)
