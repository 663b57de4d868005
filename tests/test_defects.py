"""Ten defects of recurrent layers in other libraries, each as a test that passes here.

If the other library is installed for the tests anyway, the test also shows the defect there. If such a line fails, the
defect has been repaired, and the line can be removed.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from flax.errors import TraceContextError

from seqjax.interop.torch import from_state_dict
from seqjax.layers import GRU, LSTM, RNN, Dtypes
from seqjax.losses import weighted_mean

B, T, D, H = 2, 5, 3, 4
X = jax.random.normal(jax.random.key(0), (B, T, D))
KINDS = [RNN, LSTM, GRU]


@pytest.fixture
def promotion():
    """The other libraries rely on JAX's standard promotion of types."""
    with jax.numpy_dtype_promotion("standard"):
        yield


def test_defect_01_bfloat16_parameters_are_drawn_and_bfloat16_inputs_run(promotion):
    for kind in KINDS:
        layer = kind(D, H, dtypes=Dtypes(param=jnp.bfloat16), rngs=nnx.Rngs(0))
        y, _ = jax.jit(layer.__call__)(X.astype(jnp.bfloat16))
        assert np.isfinite(np.asarray(y, np.float32)).all()
    narrow = nnx.RNN(nnx.SimpleCell(D, H, dtype=jnp.bfloat16, rngs=nnx.Rngs(0)))
    with pytest.raises(TypeError, match="carry"):
        narrow(X.astype(jnp.bfloat16))
    with pytest.raises(NotImplementedError, match="Unsupported dtype"):
        nnx.SimpleCell(D, H, param_dtype=jnp.bfloat16, rngs=nnx.Rngs(0))


def test_defect_02_bfloat16_stays_bfloat16_between_layers(promotion):
    for kind in KINDS:
        y, _ = jax.eval_shape(kind(D, H, num_layers=2, rngs=nnx.Rngs(0)), X.astype(jnp.bfloat16))
        assert y.dtype == jnp.bfloat16
    for cell in (nnx.GRUCell, nnx.OptimizedLSTMCell):
        theirs = nnx.RNN(cell(D, H, dtype=jnp.bfloat16, rngs=nnx.Rngs(0)))(X.astype(jnp.bfloat16))
        assert theirs.dtype == jnp.float32


def test_defect_03_empty_row_returns_its_initial_carry():
    lengths = jnp.array([T, 0])
    for kind in KINDS:
        layer = kind(D, H, rngs=nnx.Rngs(0))
        start = jax.tree.map(lambda leaf: leaf + 0.5, layer.initial_carry(B))
        _, last = jax.jit(lambda x, carry, layer=layer: layer(x, carry=carry, mask=jnp.arange(T) < lengths[:, None]))(
            X, start
        )
        jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[1], b[1]), last, start)
    network = nnx.RNN(nnx.GRUCell(D, H, rngs=nnx.Rngs(0)), return_carry=True)
    start = jnp.full((B, H), 0.5)
    last, _ = network(X, initial_carry=start, seq_lengths=lengths)
    assert np.abs(last[1] - start[1]).max() > 1e-3


def test_defect_03_pytorch_refuses_an_empty_row():
    torch = pytest.importorskip("torch")
    with pytest.raises(RuntimeError, match="greater than 0"):
        torch.nn.utils.rnn.pack_padded_sequence(torch.zeros(B, T, D), [T, 0], batch_first=True)


def test_defect_04_outputs_at_padding_are_zero():
    lengths = jnp.array([T, 2])
    for kind in KINDS:
        layer = kind(D, H, num_layers=2, bidirectional=True, rngs=nnx.Rngs(0))
        y, _ = jax.jit(lambda x, layer=layer: layer(x, mask=jnp.arange(T) < lengths[:, None]))(X)
        np.testing.assert_array_equal(y[1, 2:], 0)
    theirs = nnx.RNN(nnx.GRUCell(D, H, rngs=nnx.Rngs(0)))(X, seq_lengths=lengths)
    assert np.abs(theirs[1, 2:]).max() > 1e-3


def test_defect_05_gru_has_the_recurrent_bias_of_the_candidate():
    layer = GRU(D, H, rngs=nnx.Rngs(0))
    rng = np.random.default_rng(0)
    shapes = {"weight_ih_l0": (12, D), "weight_hh_l0": (12, H), "bias_ih_l0": (12,), "bias_hh_l0": (12,)}
    weights = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    from_state_dict(layer, weights)
    np.testing.assert_allclose(layer.forward[0].b_h[...], weights["bias_hh_l0"][8:], rtol=1e-6)
    assert nnx.GRUCell(D, H, rngs=nnx.Rngs(0)).dense_h.bias is None


def test_defect_06_gradient_without_a_carry_draws_no_random_numbers():
    for kind in KINDS:
        layer = kind(D, H, rngs=nnx.Rngs(0))
        gradient = jax.jit(jax.grad(lambda x, layer=layer: jnp.sum(layer(x)[0])))(X)
        assert np.abs(gradient).min() > 0
    network = nnx.RNN(nnx.GRUCell(D, H, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(0))
    with pytest.raises(TraceContextError):
        jax.grad(lambda x: jnp.sum(network(x)))(X)


@pytest.mark.parametrize("kind", KINDS)
def test_defect_07_zero_carry_has_the_sharding_of_the_inputs(kind):
    """On one device; tests/layers/test_sharding.py uses eight."""
    layer = kind(D, H, rngs=nnx.Rngs(0))
    expected = layer(X)[0]
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("data")
    run = jax.shard_map(lambda x: layer(x)[0], mesh=mesh, in_specs=spec, out_specs=spec)
    np.testing.assert_allclose(jax.jit(run)(X), expected, atol=1e-6)

    def from_zeros(x):
        def body(h, x):
            h = jnp.tanh(x + h)
            return h, h

        return jax.lax.scan(body, jnp.zeros(D), x)[1]

    with pytest.raises(TypeError, match="varying"):
        jax.shard_map(from_zeros, mesh=mesh, in_specs=spec, out_specs=spec)(X[:, 0])


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
    layer = kind(D, H, rngs=nnx.Rngs(0))

    def loss(x, reset):
        return jnp.sum(layer(x, reset=reset)[0] ** 2)

    never = jnp.zeros((1, T), bool)
    product = jax.jit(jax.vmap(lambda x, r: jax.jvp(jax.grad(lambda x: loss(x[None], r)), (x,), (x,))[1]))
    without = product(X, jnp.stack([never, never]))
    within = product(X, jnp.stack([never.at[0, 2].set(True), never]))
    np.testing.assert_allclose(without[1], within[1], atol=1e-6)
    assert np.abs(without[0] - within[0]).max() > 1e-3


def test_defect_09_pytorch_has_no_batching_rule_for_gru():
    torch = pytest.importorskip("torch")
    layer = torch.nn.GRU(D, H, batch_first=True)
    with pytest.raises(RuntimeError):
        torch.vmap(layer)(torch.zeros(2, B, T, D))


def test_defect_10_last_carry_is_the_last_real_output_and_means_exclude_padding():
    mask = jnp.arange(T) < jnp.array([[3], [1]])
    loss = jnp.where(mask, jnp.array([[1.0], [5.0]]), 1e9)
    weights = mask.astype(loss.dtype)
    assert weighted_mean(loss, weights) == (3 * 1 + 1 * 5) / 4
    gradient = jax.grad(lambda loss: weighted_mean(loss, weights))(loss)
    np.testing.assert_array_equal(gradient, np.where(mask, 0.25, 0))
    assert weighted_mean(loss, jnp.zeros_like(loss)) == 0
    # The last real output equals the last carry for any length.
    layer = GRU(D, H, rngs=nnx.Rngs(0))
    y, (carry,) = jax.jit(lambda x: layer(x, mask=mask))(X)
    np.testing.assert_array_equal(carry.h, jnp.stack([y[0, 2], y[1, 0]]))
