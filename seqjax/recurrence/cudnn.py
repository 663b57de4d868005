"""The LSTM of NVIDIA's cuDNN, as ``jax.experimental.rnn`` reaches it: the same numbers in a kernel of its own."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental import rnn

from seqjax.recurrence import lstm
from seqjax.typing import Array, Inputs, Outputs

PLAIN = ("w_x", "w_h", "b")


def obstacle(cell: Any, params: Any, carry: Any, xs: Array, *rest: Array | None, platform: str | None = None) -> str:
    """Why cuDNN cannot take a call, or nothing if it can; ``rest`` are mask, reset and keep."""
    if (platform or jax.default_backend()) != "gpu":
        return "an NVIDIA GPU"
    if cell is not lstm:
        return "an LSTM"
    if any(value is not None for name, value in params._asdict().items() if name not in PLAIN):
        return "an LSTM without peepholes, projection or normalisation"
    if params.w_h.shape[1] != 4 * params.w_h.shape[0]:
        return "an LSTM whose gates are not coupled"
    if {leaf.dtype for leaf in jax.tree.leaves((params, carry, xs))} != {jnp.dtype("float32")}:
        return "float32 throughout"
    if any(array is not None for array in rest):
        return "rows without mask, reset or recurrent dropout"
    return ""


def scan(params: lstm.Params, carry: lstm.Carry, xs: Inputs, reverse: bool) -> tuple[lstm.Carry, Outputs]:
    """The last carry and the outputs of an LSTM over ``xs [B, T, D]``; no forward-mode derivatives, no ``vmap``.

    Products are in float32 unless ``jax_default_matmul_precision`` asks for less, when they are in TF32.
    """
    batch, time, in_features = xs.shape
    hidden_features = params.w_h.shape[0]
    b = jnp.zeros(4 * hidden_features) if params.b is None else params.b
    # As PyTorch has them: [G, D] and [G, H], then two biases, of which ours is the sum.
    weights = jnp.concatenate([params.w_x.T.ravel(), params.w_h.T.ravel(), b, jnp.zeros_like(b)])
    ordered = jnp.flip(xs, axis=1) if reverse else xs
    ys, h, c = rnn.lstm(
        ordered,
        carry.h[None],
        carry.c[None],
        weights,
        jnp.full(batch, time, jnp.int32),
        in_features,
        hidden_features,
        1,
        0.0,
        False,
        jax.lax.Precision.HIGH if _allows_tf32() else jax.lax.Precision.HIGHEST,
    )
    return lstm.Carry(c=c[0], h=h[0]), jnp.flip(ys, axis=1) if reverse else ys


def _allows_tf32() -> bool:
    precision = getattr(jax.config, "jax_default_matmul_precision")  # noqa: B009 - it is not among the declared ones
    return precision in ("fastest", "default", "bfloat16", "tensorfloat32", "high")
