"""The LSTM kernel of NVIDIA's cuDNN, through ``jax.experimental.rnn``."""

import jax
import jax.numpy as jnp
from jax.experimental import rnn

from seqjax.recurrence.backends.operands import Operands
from seqjax.recurrence.lstm import LSTMCell
from seqjax.recurrence.plan import Plan
from seqjax.typing import Array


def obstacle(cell: object, operands: Operands, platform: str | None = None) -> str:
    """The first requirement of cuDNN that a call does not meet; an empty string if it meets all."""
    if (platform or jax.default_backend()) != "gpu":
        return "an NVIDIA GPU, also to export a program for one"  # cuDNN plans its workspace while JAX traces
    if not isinstance(cell, LSTMCell):
        return "an LSTM"
    if cell.peepholes or cell.proj_features or cell.norm:
        return "an LSTM without peepholes, projection or normalisation"
    if cell.coupled:
        return "an LSTM whose gates are not coupled"
    read = operands.params, operands.carry, operands.inputs
    if {leaf.dtype for leaf in jax.tree.leaves(read)} != {jnp.dtype("float32")}:
        return "float32 throughout"
    if any(array is not None for array in (operands.recurrent_mask, operands.mask, operands.reset)):
        return "rows without mask, reset or recurrent dropout"
    return ""


def run(cell: LSTMCell, operands: Operands, reverse: bool, plan: Plan) -> tuple[LSTMCell.Carry, Array]:
    """The last carry and the outputs ``[T, B, H]`` of a plain LSTM; no forward-mode derivatives, no ``vmap``.

    Products are in float32, or in TF32 if ``jax_default_matmul_precision`` allows it.

    Raises:
      ValueError: A call that cuDNN cannot take.
    """
    if needed := obstacle(cell, operands):
        raise ValueError(f"backend='cudnn' needs {needed}; backend='auto' takes any call")
    params: LSTMCell.Params = operands.params
    xs = jnp.swapaxes(operands.inputs, 0, 1)
    batch, time, in_features = xs.shape
    hidden_features = params.w_h.shape[0]
    b = jnp.zeros(4 * hidden_features) if params.b is None else params.b
    # PyTorch's layout: [G, D] and [G, H], then two biases, whose sum is ours.
    weights = jnp.concatenate([params.w_x.T.ravel(), params.w_h.T.ravel(), b, jnp.zeros_like(b)])
    ys, h, c = rnn.lstm(
        jnp.flip(xs, axis=1) if reverse else xs,
        operands.carry.h[None],
        operands.carry.c[None],
        weights,
        jnp.full(batch, time, jnp.int32),
        in_features,
        hidden_features,
        1,
        0.0,
        False,
        jax.lax.Precision.HIGH if _allows_tf32() else jax.lax.Precision.HIGHEST,
    )
    ys = jnp.flip(ys, axis=1) if reverse else ys
    return cell.Carry(c=c[0], h=h[0]), jnp.swapaxes(ys, 0, 1)


def _allows_tf32() -> bool:
    precision = getattr(jax.config, "jax_default_matmul_precision")  # noqa: B009 - not a declared attribute
    return precision in ("fastest", "default", "bfloat16", "tensorfloat32", "high")
