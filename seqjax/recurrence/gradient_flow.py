"""How far back a loss reaches: its gradient with respect to the carry, step by step (Bengio et al. 1994)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.recurrence import lstm
from seqjax.recurrence.scan import unroll
from seqjax.typing import Array, Inputs, Outputs


def gradient_flow(step: Callable[[Any, Array], tuple[Any, Any]], carry: Any, xs: Inputs, loss: Any) -> Any:
    """The norm of the gradient of a loss at the last step with respect to the carry k steps back.

    .. code-block:: text

        |dL_T / ds_{T-k}|,  s_t = step(s_{t-1}, x_t),  k = 1 ... T

    A zero is added to the carry before each step, and the loss is differentiated with respect to these zeros. So each
    field of the carry, as h and c of an LSTM, is nudged by itself, and what it changes in the other fields one step
    later counts in full. A product of Jacobians below 1 makes the norm vanish with k, one above 1 explode (Pascanu et
    al. 2013, section 2.1).

    Args:
      step: ``step(carry, x [B, D]) -> (carry, y)``: a cell's ``step`` with its parameters, or a layer's.
      carry: The carry before the first step, leaves ``[B, ...]``.
      xs: Inputs ``[B, T, D]``.
      loss: ``loss(y) -> [B]``, a loss for each row from the last output ``y [B, ...]``.

    Returns:
      Euclidean norms ``[B, T]`` in the structure of ``carry``; entry k - 1 is k steps back, so that the last is the
      carry before the first step.
    """
    time = xs.shape[1]
    zeros = jax.tree.map(lambda leaf: jnp.zeros((time, *leaf.shape), leaf.dtype), carry)

    def total(nudges: Any) -> Array:
        _, ys = unroll(_Nudged(step, nudges), None, carry, xs)
        return jnp.sum(loss(jax.tree.map(lambda leaf: leaf[:, -1], ys)))

    return jax.tree.map(_norms, jax.grad(total)(zeros))


class _Nudged:
    """A cell with something added to its carry before each step."""

    def __init__(self, step: Callable[[Any, Array], tuple[Any, Any]], nudges: Any) -> None:
        self._step, self._nudges = step, nudges

    def project(self, params: None, xs: Array) -> tuple[Array, Any]:
        """The inputs and, beside them, the nudges, time-major."""
        return xs, self._nudges

    def recur(self, params: None, carry: Any, inputs: tuple[Array, Any]) -> tuple[Any, Any]:
        """One step from the nudged carry."""
        x, nudge = inputs
        return self._step(jax.tree.map(jnp.add, carry, nudge), x)


def _norms(gradients: Array) -> Array:
    """Norms ``[B, T]``, latest first, of ``gradients [T, B, ...]``, also where their squares are too small to tell."""
    flat = gradients.reshape(*gradients.shape[:2], -1)
    largest = jnp.max(jnp.abs(flat), axis=-1)
    scale = jnp.where(largest > 0, largest, 1)
    norms: Array = scale * jnp.linalg.norm(flat / scale[..., None], axis=-1)
    return norms[::-1].T


def forget_gates(params: lstm.Params, xs: Inputs) -> Outputs:
    """What an LSTM keeps of its memory: the forget gates f of each step ``[B, T, H]`` on inputs ``[B, T, D]``.

    They are read as the derivative of c after a step with respect to c before it, h held fast.

    Note: peepholes add their own way from c to c to that.
    """

    class Watched:
        @staticmethod
        def step(params: lstm.Params, carry: lstm.Carry, x: Array) -> tuple[lstm.Carry, Array]:
            """One step, whose output is its gate."""

            def memory(c: Array) -> tuple[Array, lstm.Carry]:
                new, _ = lstm.step(params, lstm.Carry(c, carry.h), x)
                return new.c, new

            _, f, new = jax.jvp(memory, (carry.c,), (jnp.ones_like(carry.c),), has_aux=True)
            return new, f

    gates: Array = unroll(Watched, params, lstm.zero_carry(params, xs.shape[0]), xs)[1]
    return gates
