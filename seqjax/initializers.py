"""Initial weights of gated cells, drawn gate by gate.

The weights of a gated cell are stored as one matrix ``[fan_in, gates * H]``, so that a step is one product. Drawn as a
whole, that matrix would have the wrong fan-out, and no gate's block would be orthogonal. These functions draw the
``[fan_in, H]`` block of each gate separately.
"""

import jax
import jax.numpy as jnp
from jax.nn.initializers import Initializer, glorot_uniform, orthogonal
from jax.typing import DTypeLike

from seqjax.typing import Array, PRNGKey, at_least_float32

__all__ = ["chrono_bias", "gate_blocks", "input_weights", "orthogonal", "recurrent_weights"]


def gate_blocks(
    initializer: Initializer,
    key: PRNGKey,
    fan_in: int,
    hidden_features: int,
    gates: int,
    dtype: DTypeLike = jnp.float32,
) -> Array:
    """Draws ``gates`` independent ``[fan_in, H]`` blocks and returns them side by side, ``[fan_in, gates * H]``.

    Blocks are drawn in float32 (float64 if ``dtype`` is) and then cast, because the QR decomposition of the orthogonal
    initialiser has no kernel for narrower types.
    """
    wide = at_least_float32(dtype)
    keys = jax.random.split(key, gates)
    blocks = [initializer(k, (fan_in, hidden_features), wide) for k in keys]
    return jnp.concatenate(blocks, axis=1).astype(dtype)


def input_weights(
    key: PRNGKey, in_features: int, hidden_features: int, gates: int, dtype: DTypeLike = jnp.float32
) -> Array:
    """Input weights ``[D, G]``: Glorot uniform in each gate's block (Glorot & Bengio 2010, equation 16)."""
    return gate_blocks(glorot_uniform(), key, in_features, hidden_features, gates, dtype)


def recurrent_weights(
    key: PRNGKey, out_features: int, hidden_features: int, gates: int, dtype: DTypeLike = jnp.float32
) -> Array:
    """Recurrent weights ``[P, G]``: each gate's block orthogonal (Saxe et al. 2014), which preserves the norm of h.

    P is the size of h: H, or less with a projection; the block's rows are then orthonormal.
    """
    return gate_blocks(orthogonal(), key, out_features, hidden_features, gates, dtype)


def chrono_bias(key: PRNGKey, hidden_features: int, longest: float, dtype: DTypeLike = jnp.float32) -> Array:
    """Biases ``[H]`` of a forget gate, ``log(u)`` with u uniform in [1, longest - 1] (Tallec & Ollivier 2018, eq. 16).

    A unit whose forget gate stays at ``sigmoid(log u) = u / (u + 1)`` has a time scale of about u + 1 steps.

    Args:
      key: Source of u.
      hidden_features: Number H of units.
      longest: The longest dependency expected, in steps, above 2.
      dtype: Type of the biases.

    Raises:
      ValueError: ``longest`` is not above 2.
    """
    if not longest > 2:
        raise ValueError(f"chrono must be above 2 steps, not {longest}")
    u = jax.random.uniform(key, (hidden_features,), minval=1.0, maxval=longest - 1.0)
    return jnp.log(u).astype(dtype)
