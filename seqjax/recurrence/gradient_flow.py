"""The gradient of a loss with respect to earlier carries, by distance in steps (Bengio et al. 1994)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.recurrence.lstm import LSTMCell
from seqjax.recurrence.unroll import unroll
from seqjax.typing import Array, Inputs, Outputs, Tree

StepFunction = Callable[[Tree, Array], tuple[Tree, Tree]]
PLAIN = LSTMCell()


def gradient_flow(step: StepFunction, carry: Tree, xs: Inputs, loss: Callable[[Any], Array]) -> Tree:
    """The norm of the gradient of a loss at the last step with respect to the carry k steps earlier.

    .. code-block:: text

        |dL_T / ds_{T-k}|,  s_t = step(s_{t-1}, x_t),  k = 1 ... T

    A perturbation of zero is added to the carry before each step, and the loss is differentiated with respect to the
    perturbations. So each field of the carry, as h and c of an LSTM, is perturbed by itself, and its effect on the
    other fields one step later counts in full. A product of Jacobians below 1 makes the norm vanish with k, one above 1
    explode (Pascanu et al. 2013, section 2.1).

    Args:
      step: ``step(carry, x [B, D]) -> (carry, y)``: a cell's ``step`` with its parameters, or a layer's.
      carry: The carry before the first step, leaves ``[B, ...]``.
      xs: Inputs ``[B, T, D]``.
      loss: ``loss(y) -> [B]``, a loss for each row from the last output ``y [B, ...]``.

    Returns:
      Euclidean norms ``[B, T]`` in the structure of ``carry``; entry k - 1 is k steps back, so that the last entry is
      the carry before the first step.
    """
    time = xs.shape[1]
    zeros = jax.tree.map(lambda leaf: jnp.zeros((time, *leaf.shape), leaf.dtype), carry)

    def total(perturbations: Tree) -> Array:
        _, ys = unroll(_PerturbedCell(step), perturbations, carry, xs)
        return jnp.sum(loss(jax.tree.map(lambda leaf: leaf[:, -1], ys)))

    return jax.tree.map(_norms, jax.grad(total)(zeros))


@dataclass(frozen=True)
class _PerturbedCell:
    """A cell that adds a perturbation to its carry before each step; its parameters are the perturbations."""

    inner_step: StepFunction

    def project(self, perturbations: Tree, xs: Array) -> tuple[Array, Tree]:
        """The inputs and the perturbations, time-major."""
        return xs, perturbations

    def recur(self, perturbations: Tree, carry: Tree, z: tuple[Array, Tree]) -> tuple[Tree, Tree]:
        """One step from the perturbed carry."""
        x, perturbation = z
        return self.inner_step(jax.tree.map(jnp.add, carry, perturbation), x)


def _norms(gradients: Array) -> Array:
    """Norms ``[B, T]``, latest first, of ``gradients [T, B, ...]``, scaled so that their squares do not underflow."""
    flat = gradients.reshape(*gradients.shape[:2], -1)
    largest = jnp.max(jnp.abs(flat), axis=-1)
    scale = jnp.where(largest > 0, largest, 1)
    norms: Array = scale * jnp.linalg.norm(flat / scale[..., None], axis=-1)
    return norms[::-1].T


def forget_gates(params: LSTMCell.Params, xs: Inputs, cell: LSTMCell = PLAIN) -> Outputs:
    """The forget gates f of an LSTM, ``[B, T, H]``, on inputs ``[B, T, D]``.

    They are computed as the derivative of c after a step with respect to c before it, with h fixed.

    Args:
      params: The cell's parameters.
      xs: Inputs ``[B, T, D]``.
      cell: The cell.

    Note: With peepholes the derivative also has the path from c through the gates.
    """
    gates: Array = unroll(_ForgetGate(cell), params, cell.zero_carry(params, xs.shape[0]), xs)[1]
    return gates


@dataclass(frozen=True)
class _ForgetGate:
    """An LSTM cell whose output is its forget gate."""

    cell: LSTMCell

    def step(self, params: LSTMCell.Params, carry: LSTMCell.Carry, x: Array) -> tuple[LSTMCell.Carry, Array]:
        """One step, with the forget gate as the output."""

        def next_c(c: Array) -> tuple[Array, LSTMCell.Carry]:
            new, _ = self.cell.step(params, LSTMCell.Carry(c, carry.h), x)
            return new.c, new

        _, f, new = jax.jvp(next_c, (carry.c,), (jnp.ones_like(carry.c),), has_aux=True)
        return new, f
