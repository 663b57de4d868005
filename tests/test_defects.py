"""Ten defects of recurrent layers in other libraries, each as a test that passes here.

If the other library is installed for the tests anyway, the test also shows the defect there. If such a line fails, the
defect has been repaired, and the line can be removed.
"""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from flax.errors import TraceContextError
from random_modules import normal, random_module

from seqjax.interop.torch import from_state_dict
from seqjax.layers import GRU, LSTM, RNN, Dtypes
from seqjax.losses import weighted_mean

B, T, D, H = 2, 5, 3, 4
X = normal((B, T, D))
KINDS = [RNN, LSTM, GRU]


@cache
def layer_of(kind, **options):
    return random_module(lambda: kind(D, H, **options, rngs=nnx.Rngs(0)))


def network_of(cell, **options):
    """Flax's layer of a cell; it is put together where it is traced, as Flax demands."""
    return lambda x, **call: nnx.RNN(random_module(lambda: cell(D, H, rngs=nnx.Rngs(0))), **options)(x, **call)


@pytest.fixture
def promotion():
    """The other libraries rely on JAX's standard promotion of types."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def test_defect_01_bfloat16_parameters_are_drawn_and_bfloat16_inputs_run(promotion):
    x = np.asarray(X).astype(jnp.bfloat16)
    layers = [kind(D, H, dtypes=Dtypes(param=jnp.bfloat16), rngs=nnx.Rngs(0)) for kind in KINDS]
    for y in jax.jit(lambda x: [layer(x)[0] for layer in layers])(x):
        assert np.isfinite(np.asarray(y, np.float32)).all()
    narrow = network_of(partial(nnx.SimpleCell, dtype=jnp.bfloat16))
    with pytest.raises(TypeError, match="carry"):
        jax.eval_shape(narrow, x)
    with pytest.raises(NotImplementedError, match="Unsupported dtype"):
        nnx.SimpleCell(D, H, param_dtype=jnp.bfloat16, rngs=nnx.Rngs(0))


def test_defect_02_bfloat16_stays_bfloat16_between_layers(promotion):
    for kind in KINDS:
        y, _ = jax.eval_shape(layer_of(kind, num_layers=2), np.asarray(X).astype(jnp.bfloat16))
        assert y.dtype == jnp.bfloat16
    for cell in (nnx.GRUCell, nnx.OptimizedLSTMCell):
        theirs = network_of(partial(cell, dtype=jnp.bfloat16))
        assert jax.eval_shape(theirs, np.asarray(X).astype(jnp.bfloat16)).dtype == jnp.float32


def test_defect_03_empty_row_returns_its_initial_carry():
    lengths = jax.device_put(np.array([T, 0]))
    layers, network = [layer_of(kind) for kind in KINDS], network_of(nnx.GRUCell, return_carry=True)

    @jax.jit
    def run(x, lengths):
        pairs = []
        for layer in layers:
            start = jax.tree.map(lambda leaf: leaf + 0.5, layer.initial_carry(B))
            pairs.append((layer(x, carry=start, mask=jnp.arange(T) < lengths[:, None])[1], start))
        start = jnp.full((B, H), 0.5)
        return pairs, network(x, initial_carry=start, seq_lengths=lengths)[0]

    pairs, last = jax.device_get(run(X, lengths))
    for ours, start in pairs:
        jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[1], b[1]), ours, start)
    assert np.abs(last[1] - 0.5).max() > 1e-3


def test_defect_03_pytorch_refuses_an_empty_row():
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError, match="greater than 0"):
        torch.nn.utils.rnn.pack_padded_sequence(torch.zeros(B, T, D), [T, 0], batch_first=True)


def test_defect_04_outputs_at_padding_are_zero():
    lengths = jax.device_put(np.array([T, 2]))
    layers, network = [layer_of(kind, num_layers=2, bidirectional=True) for kind in KINDS], network_of(nnx.GRUCell)

    @jax.jit
    def run(x, lengths):
        ours = [layer(x, mask=jnp.arange(T) < lengths[:, None])[0] for layer in layers]
        return ours, network(x, seq_lengths=lengths)

    ours, theirs = jax.device_get(run(X, lengths))
    for y in ours:
        np.testing.assert_array_equal(y[1, 2:], 0)
    assert np.abs(theirs[1, 2:]).max() > 1e-3


def test_defect_05_gru_has_the_recurrent_bias_of_the_candidate():
    layer = random_module(lambda: GRU(D, H, rngs=nnx.Rngs(0)))
    rng = np.random.default_rng(0)
    shapes = {"weight_ih_l0": (12, D), "weight_hh_l0": (12, H), "bias_ih_l0": (12,), "bias_hh_l0": (12,)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    from_state_dict(layer, weights)
    np.testing.assert_allclose(layer.forward[0].b_h[...], weights["bias_hh_l0"][8:], rtol=1e-6)
    assert random_module(lambda: nnx.GRUCell(D, H, rngs=nnx.Rngs(0))).dense_h.bias is None


def test_defect_06_gradient_without_a_carry_draws_no_random_numbers():
    for kind in KINDS:
        layer = layer_of(kind)
        gradient = jax.jit(jax.grad(lambda x, layer=layer: jnp.sum(layer(x)[0])))(X)
        assert np.abs(gradient).min() > 0
    network = nnx.RNN(random_module(lambda: nnx.GRUCell(D, H, rngs=nnx.Rngs(0))), rngs=nnx.Rngs(0))
    with pytest.raises(TraceContextError):
        jax.grad(lambda x: jnp.sum(network(x)))(X)


@pytest.mark.parametrize("kind", KINDS)
def test_defect_07_zero_carry_has_the_sharding_of_the_inputs(kind):
    """On one device; tests/layers/test_sharding.py uses eight."""
    layer = layer_of(kind)
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("data")
    run = jax.shard_map(lambda x: layer(x)[0], mesh=mesh, in_specs=spec, out_specs=spec)
    np.testing.assert_allclose(*jax.jit(lambda x: (run(x), layer(x)[0]))(X), atol=1e-6)

    def from_zeros(x):
        def body(h, x):
            h = jnp.tanh(x + h)
            return h, h

        return jax.lax.scan(body, jnp.zeros(D), x)[1]

    with pytest.raises(TypeError, match="varying"):
        jax.shard_map(from_zeros, mesh=mesh, in_specs=spec, out_specs=spec)(np.asarray(X)[:, 0])


def test_defect_08_each_gate_block_is_orthogonal():
    """tests/test_initializers.py tests all cells."""
    w_h = LSTM(D, H, rngs=nnx.Rngs(0)).forward[0].w_h[...]
    theirs = nnx.OptimizedLSTMCell(D, H, rngs=nnx.Rngs(0)).dense_h.kernel[...]

    def worst(kernel):
        return max(np.abs(block.T @ block - np.eye(H)).max() for block in np.split(np.asarray(kernel), 4, axis=1))

    assert worst(w_h) < 1e-5
    assert worst(theirs) > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_defect_09_vmap_second_derivatives_resets_and_export(kind):
    """``torch.nn`` lacks these, on a GPU at least; tests/layers/test_transforms.py tests every option."""
    graph, state = nnx.split(layer_of(kind))

    resets = np.zeros((2, 2, 1, T), bool)  # without, and within the first row
    resets[1, 0, 0, 2] = True

    @jax.jit
    @partial(jax.vmap, in_axes=(None, 0, 0))
    def product(state, x, reset):
        def loss(x):
            return jnp.sum(nnx.merge(graph, state)(x[None], reset=reset)[0] ** 2)

        return jax.jvp(jax.grad(loss), (x,), (x,))[1]

    without, within = (np.asarray(product(state, X, reset)) for reset in resets)
    np.testing.assert_allclose(without[1], within[1], atol=1e-6)
    assert np.abs(without[0] - within[0]).max() > 1e-3


def test_defect_09_pytorch_has_no_batching_rule_for_gru():
    torch = pytest.importorskip("torch")
    layer = torch.nn.GRU(D, H, batch_first=True)
    with pytest.raises(RuntimeError):
        torch.vmap(layer)(torch.zeros(2, B, T, D))


def test_defect_10_last_carry_is_the_last_real_output_and_means_exclude_padding():
    mask = np.arange(T) < np.array([[3], [1]])
    loss = np.where(mask, np.array([[1], [5]], np.float32), np.float32(1e9))
    mean = jax.jit(jax.value_and_grad(weighted_mean))
    value, gradient = mean(loss, np.float32(mask))
    assert value == (3 * 1 + 1 * 5) / 4
    np.testing.assert_array_equal(gradient, np.where(mask, 0.25, 0))
    assert mean(loss, np.zeros_like(loss))[0] == 0
    # The last real output equals the last carry for any length.
    layer = layer_of(GRU)
    y, (carry,) = jax.device_get(jax.jit(lambda x, mask: layer(x, mask=mask))(X, mask))
    np.testing.assert_array_equal(carry.h, np.stack([y[0, 2], y[1, 0]]))
