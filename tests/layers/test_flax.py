"""RNN, LSTM and GRU against Flax's SimpleCell, LSTMCell and GRUCell with the same weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from random_modules import random_module

from seqjax.layers import GRU, LSTM, RNN

B, T, D, H = 3, 5, 4, 6


def linen_params(layer, params):
    """Our weights in linen's dictionaries: one kernel for each gate."""
    if isinstance(layer, RNN):
        return {"i": {"kernel": params.w_x, "bias": params.b}, "h": {"kernel": params.w_h}}
    names = "ifgo" if isinstance(layer, LSTM) else "rzn"
    w_x, w_h, b = (jnp.split(value, len(names), axis=-1) for value in params[:3])
    if isinstance(layer, LSTM):
        inputs = {f"i{n}": {"kernel": w} for n, w in zip(names, w_x, strict=True)}
        return inputs | {f"h{n}": {"kernel": w, "bias": v} for n, w, v in zip(names, w_h, b, strict=True)}
    inputs = {f"i{n}": {"kernel": w, "bias": v} for n, w, v in zip(names, w_x, b, strict=True)}
    hidden = {f"h{n}": {"kernel": w} for n, w in zip(names, w_h, strict=True)}
    hidden["hn"]["bias"] = params.b_h
    return inputs | hidden


@pytest.mark.parametrize(
    ("kind", "cell"), [(RNN, linen.SimpleCell(H)), (LSTM, linen.LSTMCell(H)), (GRU, linen.GRUCell(H))]
)
def test_layers_equal_linen_in_outputs_carry_and_gradients(kind, cell):
    layer = random_module(lambda: kind(D, H, rngs=nnx.Rngs(1)), seed=1)
    rng = np.random.default_rng(0)
    params = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(size=leaf.shape), jnp.float32), layer.forward[0].as_tuple()
    )
    x = jnp.asarray(rng.normal(size=(B, T, D)), jnp.float32)
    graph, state = nnx.split(layer)

    def ours(params, x):
        model = nnx.merge(graph, state, copy=True)
        for name, value in params._asdict().items():
            if value is not None:
                getattr(model.forward[0], name)[...] = value
        y, (carry,) = model(x)
        return y, tuple(carry)

    def theirs(params, x):
        network = linen.RNN(cell, return_carry=True)
        carry, y = network.apply({"params": {"cell": linen_params(layer, params)}}, x)
        return y, carry if isinstance(carry, tuple) else (carry,)

    def total(run, params, x):
        y, carry = run(params, x)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in carry), (y, carry)

    compare = jax.jit(jax.value_and_grad(total, argnums=(1, 2), has_aux=True), static_argnums=0)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5 * max(1, np.abs(b).max())),
        compare(ours, params, x),
        compare(theirs, params, x),
    )
