"""The choice of a plan, and plans that are refused."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from layer_zoo import D, H
from random_modules import random_module

from seqjax.layers import GRU, LSTM, MinGRU
from seqjax.recurrence import ElmanCell, GRUCell, LSTMCell, MinGRUCell, Plan
from seqjax.recurrence.plan import choose
from tests.recurrence.problems import draw

B, T = 3, 7
FUSED = Plan(projection="fused")


def drawn(cell):
    """Random parameters of a cell."""
    return draw(jax.eval_shape(lambda: cell.init(jax.random.key(0), D, H)), np.random.default_rng(0))


def test_choose_selects_backend_and_projection():
    def chosen(cell, batch, platform="cpu", time=T, in_features=D, hidden_features=H, **asked):
        params = jax.eval_shape(lambda key: cell.init(key, in_features, hidden_features), jax.random.key(0))
        plan = choose(Plan(**asked), cell, params, (time, batch, in_features), platform)
        return plan.backend, plan.projection

    lstm = LSTMCell()
    assert chosen(lstm, 32) == ("custom_vjp", "in_loop")
    assert chosen(lstm, 1) == ("custom_vjp", "hoisted")
    assert chosen(lstm, 32, "gpu") == ("custom_vjp", "hoisted")
    assert chosen(lstm, 32, backend="autodiff") == ("autodiff", "hoisted")
    assert chosen(lstm, 1, "tpu", projection="in_loop") == ("custom_vjp", "in_loop")
    assert chosen(ElmanCell(activation=jax.nn.relu), 32) == ("custom_vjp", "hoisted")
    assert chosen(lstm, 32, time=0) == ("autodiff", "hoisted")
    # By D and H: a small input, one large enough to be fused with h, one much larger than h; and a large h.
    sizes = {(16, 64): "in_loop", (128, 128): "fused", (300, 64): "hoisted", (512, 256): "in_loop"}
    assert {(d, h): chosen(lstm, 16, in_features=d, hidden_features=h)[1] for d, h in sizes} == sizes
    assert chosen(GRUCell(), 16, in_features=160, hidden_features=128) == ("custom_vjp", "in_loop")
    # Cells that are not gated, or not with their options.
    assert chosen(MinGRUCell(), 32) == ("autodiff", "hoisted")
    assert chosen(GRUCell(reset_after=False), 32) == ("autodiff", "hoisted")
    # The associative scan is used on request only.
    assert chosen(MinGRUCell(), 32, backend="associative") == ("associative", "hoisted")


def test_choose_fills_in_chunk_and_prefetch():
    cell = LSTMCell()
    params = drawn(cell)

    def chosen(time=T, platform="cpu", **asked):
        return choose(Plan(**asked), cell, params, (time, 32, D), platform)

    assert [chosen(time, residuals="output").chunk for time in (0, 1, 100, 101)] == [None, 1, 10, 11]
    assert chosen(residuals="output", chunk=4).chunk == 4
    assert [chosen(platform=name).prefetch for name in ("cpu", "gpu")] == [True, False]
    assert chosen(prefetch=False).prefetch is False
    assert not choose(Plan(), ElmanCell(), drawn(ElmanCell()), (T, 32, D), "cpu").prefetch


@pytest.mark.usefixtures("unchecked")
def test_invalid_plans_are_refused():
    for asked, text in (
        (
            {"backend": "costum_vjp"},
            "backend must be one of auto, autodiff, custom_vjp, associative, cudnn, not 'costum_vjp'",
        ),
        ({"residuals": "none"}, "residuals must be one of gates, carry, output, not 'none'"),
        ({"projection": "before"}, "projection must be one of auto, hoisted, in_loop, fused, not 'before'"),
        ({"chunk": 0}, "chunk must be at least 1, not 0"),
        ({"unroll": 0}, "unroll must be at least 1, not 0"),
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            Plan(**asked)
    x = jnp.zeros((B, T, D))
    layer = random_module(lambda: MinGRU(D, H, plan=Plan(backend="custom_vjp"), rngs=nnx.Rngs(0)))
    with pytest.raises(ValueError, match="backend='custom_vjp' needs a gated cell"):
        jax.eval_shape(layer, x)
    for kind, options in ((GRU, {}), (LSTM, {"norm": True})):
        layer = random_module(lambda kind=kind, options=options: kind(D, H, **options, plan=FUSED, rngs=nnx.Rngs(0)))
        with pytest.raises(ValueError, match="projection='fused' needs an Elman cell or an LSTM without norm"):
            jax.eval_shape(layer, x)
