"""Initial weights, drawn gate by gate.

The weights of a gated cell are stored as one matrix ``[fan_in, gates * H]``, so that a step is one product. An
initialiser that looks at that matrix as a whole sees the wrong fan-out, and makes no gate's block orthogonal by
itself. These draw each gate's ``[fan_in, H]`` block separately and lay the blocks side by side.
"""

import jax
import jax.numpy as jnp
from jax.nn.initializers import Initializer, glorot_uniform, orthogonal
from jax.typing import DTypeLike

from seqjax.typing import Array, PRNGKey


def gate_blocks(
    initializer: Initializer,
    key: PRNGKey,
    fan_in: int,
    hidden_features: int,
    gates: int,
    dtype: DTypeLike = jnp.float32,
) -> Array:
    """Draws ``gates`` independent ``[fan_in, H]`` blocks and returns them side by side, ``[fan_in, gates * H]``.

    Blocks are drawn in float32 (float64 if ``dtype`` is) and then cast, because the QR decomposition behind the
    orthogonal initialiser has no kernel for narrower types.
    """
    wide = jnp.promote_types(dtype, jnp.float32)
    keys = jax.random.split(key, gates)
    blocks = [initializer(k, (fan_in, hidden_features), wide) for k in keys]
    return jnp.concatenate(blocks, axis=1).astype(dtype)


def input_weights(
    key: PRNGKey, in_features: int, hidden_features: int, gates: int, dtype: DTypeLike = jnp.float32
) -> Array:
    """``w_x [D, G]``: Glorot uniform in each gate's block (Glorot & Bengio 2010, equation 16)."""
    return gate_blocks(glorot_uniform(), key, in_features, hidden_features, gates, dtype)


def recurrent_weights(key: PRNGKey, hidden_features: int, gates: int, dtype: DTypeLike = jnp.float32) -> Array:
    """``w_h [H, G]``: each gate's block orthogonal by itself (Saxe et al. 2014), so that it keeps a carry's norm."""
    return gate_blocks(orthogonal(), key, hidden_features, hidden_features, gates, dtype)
