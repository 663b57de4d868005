"""Query reduction: a question is rewritten in the light of each sentence of a story (Seo et al. 2017)."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid
from jax.typing import DTypeLike

from seqjax.initializers import input_weights
from seqjax.recurrence.linear import DiagonalRecurrence
from seqjax.recurrence.product import along, product
from seqjax.typing import Array, Mask, PRNGKey, Size, Step

TINY = 1e-30  # keeps the logarithm of a closed gate finite


@dataclass(frozen=True)
class ReductionCell(DiagonalRecurrence):
    """Query-reduction unit (Seo et al. 2017, section 2.1, equations 1 to 4, and the reset gate of section 2.2).

    .. code-block:: text

        z = sigmoid((x * q) W_z + b_z)            whether the sentence concerns the question
        r = sigmoid((x * q) W_r + b_r)            whether what follows from it is of use
        n = tanh([x; q] W_n + b_n)                the question, rewritten by the sentence
        h = (1 - z) * h + z * r * n

    The input is ``[x; q]``, a sentence and a question of the same width. No gate depends on h, so that all steps can be
    taken at once. In a stack the h of one layer are the questions q of the next.

    Attributes:
      vector_gates: Whether z and r are vectors, one gate for each feature (section 2.2), in place of numbers.
      update_bias: Initial bias b_z; the other biases start at 0.
    """

    vector_gates: bool = False
    update_bias: float = 0.0

    class Params(NamedTuple):
        """``w_gates [D / 2, 2K]`` and ``b_gates [2K]`` of z, then r, K being 1 or H; ``w_x [D, H]`` and ``b [H]``."""

        w_gates: Array
        b_gates: Array
        w_x: Array
        b: Array

    def init(self, key: PRNGKey, in_features: int, hidden_features: int, *, dtype: DTypeLike = jnp.float32) -> Params:
        """Draws the weights as in :mod:`seqjax.initializers`.

        Raises:
          ValueError: An odd number of inputs, which are no two vectors of one width.
        """
        if in_features % 2:
            raise ValueError(f"in_features must be even, the width of [x; q], not {in_features}")
        key_gates, key_x = jax.random.split(key)
        width = hidden_features if self.vector_gates else 1
        return self.Params(
            w_gates=input_weights(key_gates, in_features // 2, width, 2, dtype),
            b_gates=jnp.zeros((2, width), dtype).at[0].set(self.update_bias).reshape(-1),
            w_x=input_weights(key_x, in_features, hidden_features, 1, dtype),
            b=jnp.zeros(hidden_features, dtype),
        )

    def zero_carry(self, params: Params, batch: Size, dtype: DTypeLike = jnp.float32) -> DiagonalRecurrence.Carry:
        """The carry before the first step: zeros, ``h [B, H]``."""
        return self.Carry(h=jnp.zeros((batch, params.w_x.shape[1]), dtype))

    def project(self, params: Params, x: Step) -> tuple[Array, Array]:
        """The coefficients ``1 - z`` and ``z * r * n`` of the linear recurrence, each ``[..., H]``."""
        z, r = jnp.split(self._gates(params, x), 2, axis=-1)
        n = product(x, params.w_x)
        n = jnp.tanh(n + along(params.b, n))
        return jnp.broadcast_to(sigmoid(-z), n.shape), sigmoid(z) * sigmoid(r) * n

    def step(self, params: Params, carry: DiagonalRecurrence.Carry, x: Step) -> tuple[DiagonalRecurrence.Carry, Array]:
        """One step from the input ``x [B, D]``."""
        return self.recur(params, carry, self.project(params, x))

    def shares(self, params: Params, xs: Array, mask: Mask, *, reverse: bool = False) -> Array:
        """The share of each step s in the carry after each step t, ``[B, T, T]``, t before s.

        The carry is a weighted mean of what its steps wrote, ``h_t = sum over s of share_ts r_s n_s``, with
        ``share_ts = z_s prod over u of (1 - z_u)``, u after s and up to t. The rest of 1 is the first carry's.

        Args:
          params: The parameters.
          xs: Inputs ``[B, T, D]``.
          mask: ``[B, T]``, True where a position is real. Padding has no share.
          reverse: Whether the cell runs from the last position to the first.

        Note: Of vector gates the mean over features is taken, so that shares are then no exact account.
        """
        gates = self._gates(params, jnp.where(mask[..., None], xs, 0))
        z, _ = jnp.split(gates, 2, axis=-1)
        z = jnp.where(mask, jnp.mean(sigmoid(z), axis=-1), 0)
        if reverse:
            return jnp.flip(_shares(jnp.flip(z, axis=1)), axis=(1, 2))
        return _shares(z)

    def _gates(self, params: Params, x: Step) -> Array:
        """The gates z and r before their sigmoid, ``[..., 2K]``."""
        sentence, question = jnp.split(x, 2, axis=-1)
        gates = product(sentence * question, params.w_gates)
        return gates + along(params.b_gates, gates)


def _shares(z: Array) -> Array:
    """Shares ``[B, T, T]`` of a run forwards, of update gates ``[B, T]``."""
    kept = jnp.cumsum(jnp.log(jnp.maximum(1 - z, TINY)), axis=1)
    later = kept[:, :, None] - kept[:, None]  # over the steps after s and up to t
    is_past = jnp.tril(jnp.ones((z.shape[1], z.shape[1]), bool))[None]
    return jnp.where(is_past, jnp.exp(jnp.where(is_past, later, 0)) * z[:, None], 0)
