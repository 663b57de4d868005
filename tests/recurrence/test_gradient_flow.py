"""Gradient flow against products of Jacobians written out, finite differences in float64, and closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import numpy_oracle
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.layers import GRU
from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell
from seqjax.recurrence.gradient_flow import forget_gates, gradient_flow

B, T, D, H = 2, 6, 3, 4


def problem(cell, seed=0):
    rng = np.random.default_rng(seed)
    params = jax.tree.map(lambda leaf: leaf + 0.3, cell.init(jax.random.key(seed), D, H))
    return params, cell.zero_carry(params, B), rng.normal(size=(B, T, D)).astype(np.float32)


def loss(y):
    return jnp.sum(jnp.sin(2 * y), axis=-1)


def flow(step, carry, xs):
    """The norms, compiled."""
    return jax.jit(lambda carry, xs: gradient_flow(step, carry, xs, loss))(carry, jnp.asarray(xs))


def test_gradient_flow_of_an_elman_cell_is_the_product_of_its_jacobians():
    """Pascanu et al. 2013, equation 5: dL/dh_{T-k} = dL/dh_T  prod_t diag(1 - h_t^2) W_h^T."""
    cell = ElmanCell()
    params, carry, xs = problem(cell)
    norms = flow(lambda c, x: cell.step(params, c, x), carry, xs)
    w_x, w_h, b = (np.asarray(leaf, np.float64) for leaf in params)
    for row in range(B):
        hs = [np.zeros(H)]
        for x in xs[row].astype(np.float64):
            hs.append(np.tanh(x @ w_x + hs[-1] @ w_h + b))
        gradient, expected = 2 * np.cos(2 * hs[-1]), []
        for h in hs[:0:-1]:
            gradient = w_h @ ((1 - h**2) * gradient)
            expected.append(np.linalg.norm(gradient))
        np.testing.assert_allclose(norms.h[row], expected, rtol=1e-4)


@pytest.mark.parametrize(("name", "cell"), [("lstm", LSTMCell()), ("gru", GRUCell())])
def test_gradient_flow_of_every_field_equals_finite_differences(name, cell):
    params, carry, xs = problem(cell)
    norms = flow(lambda c, x: cell.step(params, c, x), carry, xs)
    step = numpy_oracle.STEPS[name]
    params = {name: np.asarray(leaf, np.float64) for name, leaf in params._asdict().items() if leaf is not None}

    def total(start, row, first):
        """The last loss of a row that starts at step ``first`` from the carry ``start``."""
        for x in xs[row, first:].astype(np.float64):
            start, y = step(params, start, x)
        return np.sum(np.sin(2 * y))

    for row in range(B):
        start = {name: np.zeros(H) for name in cell.Carry._fields}
        for first in range(T):
            for field in start:
                gradient = [
                    (
                        total(start | {field: start[field] + e}, row, first)
                        - total(start | {field: start[field] - e}, row, first)
                    )
                    / 2e-6
                    for e in 1e-6 * np.eye(H)
                ]
                norm = getattr(norms, field)[row, T - first - 1]  # that many steps back, less one
                np.testing.assert_allclose(norm, np.linalg.norm(gradient), rtol=1e-3)
            start, _ = step(params, start, xs[row, first].astype(np.float64))


def test_gradient_flow_is_exact_for_norms_whose_squares_underflow():
    """With h_t = h_{t-1} / 10 the norm falls by a factor of ten with each step."""
    cell = ElmanCell(activation=lambda a: a)
    params = cell.Params(w_x=jnp.zeros((1, H)), w_h=jnp.eye(H) / 10)
    xs = jnp.zeros((1, 35, 1))
    norms = flow(lambda c, x: cell.step(params, c, x), cell.zero_carry(params, 1), xs)  # near y = 0 the loss is 2 y
    np.testing.assert_allclose(norms.h[0], 4 * 10.0 ** -np.arange(1, 36), rtol=1e-4)


def test_gradient_flow_of_a_stack_has_a_norm_for_every_carry():
    layer = random_module(lambda: GRU(D, H, num_layers=2, rngs=nnx.Rngs(0)))
    carry, xs = layer.initial_carry(B), jnp.asarray(problem(GRUCell())[2])
    flows = flow(layer.step, carry, xs)
    assert [norms.h.shape for norms in flows] == [(B, T), (B, T)]

    # A perturbation before the first step is a perturbation of the first carry.
    def total(carry):
        return jnp.sum(loss(layer(xs, carry=carry)[0][:, -1]))

    for norms, gradient in zip(flows, jax.jit(jax.grad(total))(carry), strict=True):
        np.testing.assert_allclose(norms.h[:, -1], jnp.linalg.norm(gradient.h, axis=-1), rtol=1e-4)


def test_forget_gates_equal_the_equation():
    params, _, xs = problem(LSTMCell())
    gates = jax.jit(forget_gates)(params, jnp.asarray(xs))
    params = {name: np.asarray(leaf, np.float64) for name, leaf in params._asdict().items() if leaf is not None}
    for row in range(B):
        carry = {"c": np.zeros(H), "h": np.zeros(H)}
        for t, x in enumerate(xs[row].astype(np.float64)):
            z = x @ params["w_x"] + carry["h"] @ params["w_h"] + params["b"]
            np.testing.assert_allclose(gates[row, t], numpy_oracle.sigmoid(z[H : 2 * H]), rtol=1e-4)
            carry, _ = numpy_oracle.lstm_step(params, carry, x)
