"""A plan says how a sequence is computed; the numbers are those of the scan that JAX differentiates by itself."""

import itertools
import re
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.experimental import rnn
from jax.extend.core import jaxprs_in_params
from layer_zoo import D, H, make

from seqjax.layers import GRU, LSTM, RNN, MinGRU
from seqjax.recurrence import Plan, bind, cudnn, elman, gru, lstm, mingru, unroll
from seqjax.recurrence.plan import choose
from tests.marks import slow_but

B, T = 3, 7
AUTODIFF = Plan(backend="autodiff")
JOINED = Plan(projection="joined")
PLANS = {
    "as chosen": Plan(),
    "inside": Plan(projection="inside"),
    "ahead": Plan(projection="ahead", prefetch=False),
    "prefetched, in chunks": Plan(projection="ahead", prefetch=True, chunk=4),
    "cell, two steps a round": Plan(residuals="cell", unroll=2),
    "output": Plan(residuals="output"),
    "chunks": Plan(chunk=3),
    "chunks, cell": Plan(residuals="cell", chunk=7),
    "autodiff in chunks": Plan(backend="autodiff", chunk=2),
}
JOINS = ["lstm", "lstm-coupled"]  # what adds its two products, so that one may stand for both
# All that come in parts, with every option, masks, resets, both directions and learned first carries among them.
NAMES = ["gru", "lstm-options", "rnn", "lstm", "lstm-coupled", "gru-before"]


def inputs(dtype):
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(B, T, D)), dtype)
    return x, jnp.asarray(rng.random((B, T)) < 0.7), jnp.asarray(rng.random((B, T)) < 0.3)


def loss_of(layer, flags):
    """A loss on all outputs and last carries, of the layer's parameters, the first carry and the inputs."""
    graph, state = nnx.split(layer)
    options = dict(zip(("mask", "reset"), flags, strict=True)) if flags else {}

    def loss(state, carry, x):
        y, last = nnx.merge(graph, state)(x, carry=carry, key=jax.random.key(1), **options)
        return jnp.sum(jnp.sin(y)) + sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(last))

    carry = jax.tree.map(lambda leaf: leaf + 0.5, layer.initial_carry(B, jnp.float32))
    return loss, state, carry


def gradients(name, flagged, dtype):
    """By plan, the loss and its gradient, with masks and resets or without; one program computes all."""
    x, *flags = inputs(dtype)
    programs = {}
    for plan in (AUTODIFF, *PLANS.values(), *([JOINED] if name in JOINS else [])):
        loss, state, carry = loss_of(make(name, dtype=dtype, zoneout=0.0, plan=plan), flags if flagged else None)
        programs[plan] = jax.value_and_grad(loss, argnums=(0, 1, 2))
    carry = jax.tree.map(lambda leaf: leaf.astype(dtype), carry)
    run = jax.jit(
        lambda *point: [program(*point) for program in programs.values()],
        compiler_options={"xla_backend_optimization_level": 0},
    )
    return dict(zip(programs, run(state, carry, x), strict=True))


def all_close(found, tolerance):
    expected = found[AUTODIFF]
    largest = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(expected))
    for plan, value in found.items():
        close = partial(np.testing.assert_allclose, rtol=tolerance, atol=tolerance * largest, err_msg=str(plan))
        jax.tree.map(close, value, expected)


CASES = list(itertools.product(NAMES, (True, False)))


@pytest.mark.parametrize(("name", "flagged"), slow_but(1, CASES))
def test_every_plan_has_the_gradients_of_autodiff_in_float64(name, flagged):
    with jax.enable_x64(True):
        all_close(gradients(name, flagged, jnp.float64), 1e-10)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "flagged"), CASES)
def test_the_same_in_float32(name, flagged):
    all_close(gradients(name, flagged, jnp.float32), 1e-5)


def shapes_in_loops(jaxpr):
    """The shapes that the loops of a program carry, and those of the programs in it."""
    for equation in jaxpr.eqns:
        if equation.primitive.name == "scan":
            consts, carries = equation.params["num_consts"], equation.params["num_carry"]
            yield from (v.aval.shape for v in equation.invars[consts : consts + carries])
        for inner in jaxprs_in_params(equation.params):
            yield from shapes_in_loops(inner)


@pytest.mark.parametrize(("cell", "blocks"), [(lstm, 4), (gru, 3)])
def test_no_loop_carries_the_gradient_of_a_weight(cell, blocks):
    params = cell.init(jax.random.key(0), D, H)
    x, mask, reset = inputs(jnp.float32)

    def loss(params, plan):
        return unroll(cell, params, cell.zero_carry(params, B), x, mask=mask, reset=reset, plan=plan)[1].sum()

    def carried(plan):
        return set(shapes_in_loops(jax.make_jaxpr(jax.grad(lambda params: loss(params, plan)))(params).jaxpr))

    weight = (H, blocks * H)
    assert weight in carried(AUTODIFF)
    assert weight not in carried(Plan())
    assert (D, blocks * H) not in carried(Plan(projection="inside"))


def value(plan, x):
    params = gru.init(jax.random.key(0), D, H)
    return jnp.sum(unroll(gru, params, gru.zero_carry(params, B), x, plan=plan)[1] ** 2)


def test_forward_mode_is_for_autodiff():
    x, *_ = inputs(jnp.float32)
    (slope,) = jax.jvp(lambda x: value(AUTODIFF, x), (x,), (x,))[1:]
    np.testing.assert_allclose(slope, jnp.vdot(jax.grad(lambda x: value(Plan(), x))(x), x), rtol=1e-5)
    with pytest.raises(TypeError, match="forward-mode") as caught:
        jax.jvp(lambda x: value(Plan(), x), (x,), (x,))
    assert "need plan=Plan(backend='autodiff')" in caught.value.__notes__[0]


@pytest.mark.slow
def test_second_derivatives_are_those_of_autodiff():
    x, *_ = inputs(jnp.float32)

    def curvature(plan):
        def slope(x):
            return jnp.vdot(jax.grad(lambda x: value(plan, x))(x), jnp.cos(x))

        ahead = jax.jit(lambda x: jax.jvp(jax.grad(lambda x: value(plan, x)), (x,), (jnp.cos(x),))[1])
        return jax.jit(jax.grad(lambda x: slope(x)))(x), ahead(x)

    for found, expected in zip(curvature(Plan()), curvature(AUTODIFF), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_what_each_layer_keeps_in_memory():
    time, width = 512, 16

    def temporary(layers, plan):
        params = [lstm.init(jax.random.key(0), width, width) for _ in range(layers)]

        def loss(params):
            y = jnp.ones((B, time, width))
            for layer in params:
                last, y = unroll(lstm, layer, lstm.zero_carry(layer, B), y, plan=plan)
            return last.h.sum()

        return jax.jit(jax.grad(loss)).lower(params).compile().memory_analysis().temp_size_in_bytes

    one = B * time * width * 4  # an array of all steps
    for residuals, arrays in (("gates", 6), ("cell", 2), ("output", 2.3)):
        plan = Plan(residuals=residuals)
        assert temporary(4, plan) - temporary(2, plan) < 2 * 1.1 * arrays * one, plan
    assert temporary(4, AUTODIFF) - temporary(2, AUTODIFF) > 2 * 12 * one
    everything, output, chunks = (temporary(1, plan) for plan in (Plan(), Plan(residuals="output"), Plan(chunk=32)))
    assert everything > 5 * one
    assert output < everything
    assert chunks < everything / 4


def test_the_rule():
    def chosen(cell, batch, platform="cpu", time=T, in_features=D, hidden_features=H, **asked):
        params = jax.eval_shape(lambda key: cell.init(key, in_features, hidden_features), jax.random.key(0))
        plan = choose(Plan(**asked), cell, params, (time, batch, in_features), platform)
        return plan.backend, plan.projection

    assert chosen(lstm, 32) == ("gathered", "inside")
    assert chosen(lstm, 1) == ("gathered", "ahead")
    assert chosen(lstm, 32, "gpu") == ("gathered", "ahead")
    assert chosen(lstm, 32, backend="autodiff") == ("autodiff", "ahead")
    assert chosen(lstm, 1, "tpu", projection="inside") == ("gathered", "inside")
    assert chosen(bind(elman, activation=jax.nn.relu), 32) == ("gathered", "ahead")
    assert chosen(lstm, 32, time=0) == ("autodiff", "ahead")
    # By the input's width: narrow, wide enough to share a product with h, wider than h by far; and h wide by itself.
    widths = {(16, 64): "inside", (128, 128): "joined", (300, 64): "ahead", (512, 256): "inside"}
    assert {(d, h): chosen(lstm, 16, in_features=d, hidden_features=h)[1] for d, h in widths} == widths
    assert chosen(gru, 16, in_features=160, hidden_features=128) == ("gathered", "inside")
    # What does not come in parts, or in none that heed its options.
    assert chosen(mingru, 32) == ("autodiff", "ahead")
    assert chosen(bind(gru, reset_after=False), 32) == ("autodiff", "ahead")


def test_what_a_plan_leaves_open():
    params = lstm.init(jax.random.key(0), D, H)

    def chosen(time=T, platform="cpu", **asked):
        return choose(Plan(**asked), lstm, params, (time, 32, D), platform)

    assert [chosen(time, residuals="output").chunk for time in (0, 1, 100, 101)] == [None, 1, 10, 11]
    assert chosen(residuals="output", chunk=4).chunk == 4
    assert [chosen(platform=name).prefetch for name in ("cpu", "gpu")] == [True, False]
    assert chosen(prefetch=False).prefetch is False
    assert not choose(Plan(), elman, elman.init(jax.random.key(0), D, H), (T, 32, D), "cpu").prefetch


@pytest.mark.usefixtures("unchecked")
def test_plans_that_cannot_be_are_refused():
    for asked, text in (
        ({"backend": "gatherd"}, "backend must be one of auto, autodiff, gathered, cudnn, not 'gatherd'"),
        ({"residuals": "none"}, "residuals must be one of gates, cell, output, not 'none'"),
        ({"projection": "before"}, "projection must be one of auto, ahead, inside, joined, not 'before'"),
        ({"chunk": 0}, "chunk must be at least 1, not 0"),
        ({"unroll": 0}, "unroll must be at least 1, not 0"),
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            Plan(**asked)
    layer = MinGRU(D, H, plan=Plan(backend="gathered"), rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="backend='gathered' needs a cell with project, feed, mix and gate"):
        layer(jnp.zeros((B, T, D)))
    for layer in (RNN(D, H, plan=JOINED, rngs=nnx.Rngs(0)), LSTM(D, H, norm=True, plan=JOINED, rngs=nnx.Rngs(0))):
        with pytest.raises(ValueError, match="projection='joined' needs an LSTM without norm"):
            layer(jnp.zeros((B, T, D)))


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_no_steps_at_all(kind):
    layer = kind(D, H, plan=Plan(chunk=4), rngs=nnx.Rngs(0))
    y, _ = layer(jnp.zeros((B, 0, D)))
    assert y.shape == (B, 0, H)


def as_cudnn(x, h, c, weights, lengths, in_features, hidden_features, layers, rate, bidirectional, precision):
    """Stands in for the kernel: JAX's own reference of it, which takes the same weights."""
    assert precision == jax.lax.Precision.HIGHEST  # never TF32 unasked
    unpacked = rnn.unpack_lstm_weights(weights, in_features, hidden_features, layers, bidirectional)
    return rnn.lstm_ref(x, h, c, *unpacked, lengths, in_features, hidden_features, layers, rate, bidirectional)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("reverse", [True, False])
def test_cudnn_is_handed_the_same_lstm(monkeypatch, bias, reverse):
    monkeypatch.setattr(rnn, "lstm", as_cudnn)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    params = jax.tree.map(lambda leaf: leaf + 0.1, lstm.init(jax.random.key(0), D, H, bias=bias))
    carry = jax.tree.map(lambda leaf: leaf + 0.5, lstm.zero_carry(params, B))
    x, *_ = inputs(jnp.float32)
    found, expected = (
        unroll(lstm, params, carry, x, reverse=reverse, plan=plan) for plan in (Plan(backend="cudnn"), AUTODIFF)
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), found, expected)


def test_cudnn_is_refused_what_it_cannot_take():
    def obstacle(cell=lstm, dtype=jnp.float32, platform="gpu", rest=(None, None, None), **options):
        params = cell.init(jax.random.key(0), D, H, **options)
        x, *_ = inputs(dtype)
        return cudnn.obstacle(cell, params, cell.zero_carry(params, B), x, *rest, platform=platform)

    assert obstacle() == ""
    assert obstacle(bias=False) == ""
    assert obstacle(platform="cpu") == "an NVIDIA GPU"
    assert obstacle(gru) == "an LSTM"
    assert obstacle(peepholes=True) == "an LSTM without peepholes, projection or normalisation"
    assert obstacle(coupled=True) == "an LSTM whose gates are not coupled"
    assert obstacle(dtype=jnp.bfloat16) == "float32 throughout"
    assert obstacle(rest=(jnp.ones((B, T), bool), None, None)) == "rows without mask, reset or recurrent dropout"
    layer = LSTM(D, H, plan=Plan(backend="cudnn"), rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="backend='cudnn' needs an NVIDIA GPU; backend='auto' takes any call"):
        layer(inputs(jnp.float32)[0])
