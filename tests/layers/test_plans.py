"""Every plan against the scan that JAX differentiates."""

import itertools
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.experimental import rnn
from jax.extend.core import jaxprs_in_params
from layer_zoo import D, H, make
from random_modules import random_module

from seqjax.layers import GRU, LSTM, RNN
from seqjax.recurrence import GRUCell, LSTMCell, Plan, unroll
from seqjax.recurrence.backends import Operands, cudnn
from tests.marks import slow_but
from tests.recurrence.problems import draw

B, T = 3, 7
AUTODIFF = Plan(backend="autodiff")
FUSED = Plan(projection="fused")
PLANS = {
    "auto": Plan(),
    "in_loop": Plan(projection="in_loop"),
    "hoisted": Plan(projection="hoisted", prefetch=False),
    "prefetched, in chunks": Plan(projection="hoisted", prefetch=True, chunk=4),
    "carry, unrolled": Plan(residuals="carry", unroll=2),
    "output": Plan(residuals="output"),
    "chunks": Plan(chunk=3),
    "carry, one chunk": Plan(residuals="carry", chunk=7),
    "autodiff in chunks": Plan(backend="autodiff", chunk=2),
}
CAN_FUSE = ["rnn", "lstm", "lstm-coupled"]
# All gated cells, with every option, masks, resets, both directions and learned first carries among them.
NAMES = ["gru", "lstm-options", "rnn", "lstm", "lstm-coupled", "gru-before"]


def drawn(cell):
    """Random parameters of a cell."""
    return draw(jax.eval_shape(lambda: cell.init(jax.random.key(0), D, H)), np.random.default_rng(0))


def inputs(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(B, T, D)).astype(dtype)
    return jax.device_put((x, rng.random((B, T)) < 0.7, rng.random((B, T)) < 0.3))


def loss_of(layer, flags):
    """A loss on all outputs and last carries, of the layer's parameters, the first carry and the inputs."""
    graph, state = nnx.split(layer)
    options = dict(zip(("mask", "reset"), flags, strict=True)) if flags else {}

    def loss(state, carry, x):
        y, last = nnx.merge(graph, state)(x, carry=carry, key=jax.random.key(1), **options)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(last))

    carry = jax.eval_shape(lambda: layer.initial_carry(B, jnp.float32))
    return loss, state, jax.tree.map(lambda leaf: np.full(leaf.shape, 0.5), carry)


def gradients(name, flagged, dtype):
    """The loss and its gradient by plan, with masks and resets or without; one program computes all."""
    x, *flags = inputs(dtype)
    programs = {}
    for plan in (AUTODIFF, *PLANS.values(), *([FUSED] if name in CAN_FUSE else [])):
        layer = make(name, dtype=dtype, zoneout=0.0, plan=plan, num_layers=1)
        loss, state, carry = loss_of(layer, flags if flagged else None)
        programs[plan] = jax.value_and_grad(loss, argnums=(0, 1, 2))
    carry = jax.device_put(jax.tree.map(lambda leaf: leaf.astype(dtype), carry))
    run = jax.jit(
        lambda *point: [program(*point) for program in programs.values()],
        compiler_options={"xla_backend_optimization_level": 0},
    )
    return dict(zip(programs, run(state, carry, x), strict=True))


def assert_all_close(values, tolerance):
    values = {plan: jax.device_get(value) for plan, value in values.items()}
    expected = values[AUTODIFF]
    largest = max(float(np.abs(leaf).max()) for leaf in jax.tree.leaves(expected))
    for plan, value in values.items():
        close = partial(np.testing.assert_allclose, rtol=tolerance, atol=tolerance * largest, err_msg=str(plan))
        jax.tree.map(close, value, expected)


CASES = list(itertools.product(NAMES, (True, False)))


@pytest.mark.parametrize(("name", "flagged"), slow_but(1, CASES))
def test_every_plan_equals_autodiff_in_float64(name, flagged):
    with jax.enable_x64(True):
        assert_all_close(gradients(name, flagged, jnp.float64), 1e-10)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "flagged"), CASES)
def test_every_plan_equals_autodiff_in_float32(name, flagged):
    assert_all_close(gradients(name, flagged, jnp.float32), 1e-5)


def shapes_in_loops(jaxpr):
    """The shapes carried by the loops of a program, and of the programs in it."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "scan":
            consts, carries = equation.params["num_consts"], equation.params["num_carry"]
            yield from (v.aval.shape for v in equation.invars[consts : consts + carries])
        for inner in jaxprs_in_params(equation.params):
            yield from shapes_in_loops(inner)


@pytest.mark.parametrize(("cell", "blocks"), [(LSTMCell(), 4), (GRUCell(), 3)])
def test_custom_vjp_carries_no_gradient_of_a_weight_through_its_loop(cell, blocks):
    params = drawn(cell)
    x, mask, reset = inputs(jnp.float32)

    def loss(params, plan):
        return unroll(cell, params, cell.zero_carry(params, B), x, mask=mask, reset=reset, plan=plan)[1].sum()

    def carried(plan):
        return set(shapes_in_loops(jax.make_jaxpr(jax.grad(lambda params: loss(params, plan)))(params).jaxpr))

    weight = (H, blocks * H)
    assert weight in carried(AUTODIFF)
    assert weight not in carried(Plan())
    assert (D, blocks * H) not in carried(Plan(projection="in_loop"))


def value(plan, x):
    cell = GRUCell()
    params = drawn(cell)
    return jnp.sum(unroll(cell, params, cell.zero_carry(params, B), x, plan=plan)[1] ** 2)


def test_forward_mode_needs_autodiff():
    x, *_ = inputs(jnp.float32)

    @jax.jit
    def run(x):
        slope = jax.jvp(lambda x: value(AUTODIFF, x), (x,), (x,))[1]
        return slope, jnp.vdot(jax.grad(lambda x: value(Plan(), x))(x), x)

    np.testing.assert_allclose(*run(x), rtol=1e-5)
    with pytest.raises(TypeError, match="forward-mode") as caught:
        jax.jvp(lambda x: value(Plan(), x), (x,), (x,))
    assert "need plan=Plan(backend='autodiff')" in caught.value.__notes__[0]


@pytest.mark.slow
def test_second_derivatives_equal_autodiff():
    x, *_ = inputs(jnp.float32)

    def curvature(plan):
        def slope(x):
            return jnp.vdot(jax.grad(lambda x: value(plan, x))(x), jnp.cos(x))

        forward = jax.jit(lambda x: jax.jvp(jax.grad(lambda x: value(plan, x)), (x,), (jnp.cos(x),))[1])
        return jax.jit(jax.grad(lambda x: slope(x)))(x), forward(x)

    for ours, expected in zip(curvature(Plan()), curvature(AUTODIFF), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_each_plan_keeps_to_its_memory():
    cell, time, width = LSTMCell(), 512, 16

    def temporary(layers, plan):
        params = [cell.init(jax.random.key(0), width, width) for _ in range(layers)]

        def loss(params):
            y = jnp.ones((B, time, width))
            for layer in params:
                last, y = unroll(cell, layer, cell.zero_carry(layer, B), y, plan=plan)
            return last.h.sum()

        return jax.jit(jax.grad(loss)).lower(params).compile().memory_analysis().temp_size_in_bytes

    one = B * time * width * 4  # an array of all steps
    for residuals, arrays in (("gates", 6), ("carry", 2), ("output", 2.3)):
        plan = Plan(residuals=residuals)
        assert temporary(4, plan) - temporary(2, plan) < 2 * 1.1 * arrays * one, plan
    assert temporary(4, AUTODIFF) - temporary(2, AUTODIFF) > 2 * 12 * one
    everything, output, chunks = (temporary(1, plan) for plan in (Plan(), Plan(residuals="output"), Plan(chunk=32)))
    assert everything > 5 * one
    assert output < everything
    assert chunks < everything / 4


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_chunked_layer_over_no_steps_returns_its_carry(kind):
    layer = random_module(lambda: kind(D, H, plan=Plan(chunk=4), rngs=nnx.Rngs(0)))

    @jax.jit
    def run(x):
        carry = jax.tree.map(lambda leaf: leaf + 0.5, layer.initial_carry(B))
        return *layer(x, carry=carry), carry

    y, last, carry = run(np.zeros((B, 0, D), np.float32))
    assert y.shape == (B, 0, H)
    jax.tree.map(np.testing.assert_array_equal, last, carry)


def as_cudnn(x, h, c, weights, lengths, in_features, hidden_features, layers, rate, bidirectional, precision):
    """JAX's reference implementation of the kernel, with the same arguments."""
    assert precision == jax.lax.Precision.HIGHEST  # TF32 only on request
    unpacked = rnn.unpack_lstm_weights(weights, in_features, hidden_features, layers, bidirectional)
    return rnn.lstm_ref(x, h, c, *unpacked, lengths, in_features, hidden_features, layers, rate, bidirectional)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("reverse", [True, False])
def test_cudnn_backend_equals_autodiff(monkeypatch, bias, reverse):
    monkeypatch.setattr(rnn, "lstm", as_cudnn)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    cell = LSTMCell(bias=bias)
    params = drawn(cell)
    carry = draw(jax.eval_shape(lambda: cell.zero_carry(params, B)), np.random.default_rng(1))
    x, *_ = inputs(jnp.float32)
    plans = (AUTODIFF, Plan(backend="cudnn"), Plan(backend="cudnn", chunk=3))
    run = partial(unroll, cell, params, carry, x, reverse=reverse)
    expected, *others = jax.jit(lambda: [run(plan=plan) for plan in plans])()
    for ours in others:
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), ours, expected)


def test_cudnn_backend_refuses_other_calls():
    def obstacle(cell, dtype=jnp.float32, platform="gpu", **flags):
        params = drawn(cell)
        carry = draw(jax.eval_shape(lambda: cell.zero_carry(params, B)), np.random.default_rng(1))
        x, *_ = inputs(dtype)
        return cudnn.obstacle(cell, Operands(params, carry, carry, x, **flags), platform)

    assert obstacle(LSTMCell()) == ""
    assert obstacle(LSTMCell(bias=False)) == ""
    assert obstacle(LSTMCell(), platform="cpu") == "an NVIDIA GPU, also to export a program for one"
    assert obstacle(GRUCell()) == "an LSTM"
    for options in ({"peepholes": True}, {"proj_features": 2}, {"norm": True}):
        assert obstacle(LSTMCell(**options)) == "an LSTM without peepholes, projection or normalisation"
    assert obstacle(LSTMCell(coupled=True)) == "an LSTM whose gates are not coupled"
    assert obstacle(LSTMCell(), dtype=jnp.bfloat16) == "float32 throughout"
    for flag in ("mask", "reset", "recurrent_mask"):
        assert obstacle(LSTMCell(), **{flag: jnp.ones((T, B), bool)}) == "rows without mask, reset or recurrent dropout"
    layer = random_module(lambda: LSTM(D, H, plan=Plan(backend="cudnn"), rngs=nnx.Rngs(0)))
    with pytest.raises(ValueError, match=r"backend='cudnn' needs an NVIDIA GPU, also.*; backend='auto' takes any call"):
        layer(inputs(jnp.float32)[0])
