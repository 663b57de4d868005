"""Encoder-decoder models: the papers' equations, T steps equal one by one, invisible padding, gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from numpy_oracle import STEPS
from seq2seq_zoo import (
    SRC,
    TGT_IN,
    TGT_OUT,
    TGT_SIZE,
    VARIANTS,
    T,
    forward,
    make,
    options_of,
    outputs,
    program,
    results,
    shared,
)

from seqjax.decoding import greedy
from seqjax.losses import token_cross_entropy
from seqjax.tokens import BOS, EOS, PAD

ATTENTIVE = ("attention", "feeding")
SOME = [pytest.param(name, marks=pytest.mark.slow if name != "attention" else ()) for name in VARIANTS]


@pytest.mark.parametrize("name", SOME)
def test_all_steps_at_once_equal_steps_one_by_one(name):
    got = results(name)
    assert got.logits.shape == (*TGT_IN.shape, TGT_SIZE)
    np.testing.assert_allclose(got.logits, got.stepped, atol=1e-6)
    assert (got.weights is not None) == (name in ATTENTIVE)
    if got.weights is not None:
        np.testing.assert_allclose(got.weights, got.stepped_weights, atol=1e-6)


def linear(layer, x):
    return x @ np.asarray(layer.kernel[...]) + (0 if layer.bias is None else np.asarray(layer.bias[...]))


def attend(attention, memory, query):
    """Luong et al. 2015, equation 8, or Bahdanau et al. 2015, appendix A.1.2; 0 for a source without a position."""
    keys, values, mask = map(np.asarray, memory)
    if attention.score == "additive":
        scores = linear(attention.v, np.tanh(linear(attention.query, query)[:, None] + keys))[..., 0]
    else:
        scores = np.einsum("ba,bsa->bs", query, keys)
    terms = np.where(mask, np.exp(scores), 0)
    weights = terms / np.maximum(terms.sum(axis=1, keepdims=True), 1e-30)
    return np.einsum("bs,bsm->bm", weights, values)


@pytest.mark.parametrize("name", VARIANTS)
def test_logits_equal_the_papers_equations(name):
    """The decoder in NumPy, row by row and step by step, from the encoder's outputs."""
    model, got = shared(name), outputs(name)
    decoder, recurrent = model.decoder, model.decoder.recurrent
    options, step = options_of(name), STEPS[options_of(name)["cell"]]
    embedding, vector = np.asarray(decoder.embed.embedding[...]), np.asarray(got.encoded.vector)
    layers = [
        {k: np.asarray(v) for k, v in cell.as_tuple()._asdict().items() if v is not None}
        for cell in recurrent.stack.forward
    ]
    carries = [
        [{k: np.asarray(v)[row] for k, v in cell._asdict().items()} for cell in got.carry.cells]
        for row in range(len(SRC))
    ]
    readout = np.zeros((len(SRC), recurrent.readout_features))
    for t in range(T):
        x = np.where((TGT_IN[:, t] != PAD)[:, None], embedding[TGT_IN[:, t]], 0)
        y = x
        if options["conditioning"] == "vector":
            y = np.concatenate([x, vector], axis=1)
        if options["input_feeding"]:
            y = np.concatenate([x, readout], axis=1)
        for index, p in enumerate(layers):
            steps = [step(p, carries[row][index], y[row]) for row in range(len(SRC))]
            for row, (after, _) in enumerate(steps):
                carries[row][index] = after
            y = np.stack([out for _, out in steps])
        if options["conditioning"] == "vector":
            y = np.tanh(linear(recurrent.readout, np.concatenate([y, x], axis=1)) + linear(recurrent.vector, vector))
        elif options["conditioning"] == "attention":
            attended = attend(recurrent.attention, got.context.memory, y)
            y = np.tanh(linear(recurrent.readout, np.concatenate([attended, y], axis=1)))
        elif recurrent.readout is not None:
            y = np.tanh(linear(recurrent.readout, y))
        readout = y
        tied = decoder.output is None
        logits = y @ embedding.T + np.asarray(decoder.output_bias[...]) if tied else linear(decoder.output, y)
        np.testing.assert_allclose(got.logits[:, t], logits, atol=1e-5)


@pytest.mark.parametrize("name", SOME)
def test_every_parameter_has_a_finite_nonzero_gradient(name):
    """With an empty source and an empty target in the batch."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(results(name).gradients):
        assert np.isfinite(leaf).all(), path
        if "bridge" not in jax.tree_util.keystr(path):  # the gradient of a bridge is 0 where units saturate
            assert np.any(np.asarray(leaf) != 0), path


@pytest.mark.parametrize("name", SOME)
def test_nan_at_padding_changes_nothing(name):
    """NaN as the embedding of PAD reaches neither logits of real positions, nor the loss, nor a gradient."""
    params, run = program(name)
    poisoned = jax.tree.map(lambda leaf: leaf, params)
    tables = [poisoned["encoder"]["embed"]["embedding"]]
    if not options_of(name)["tie_embeddings"]:  # tied, it is the weight of PAD's logit, too
        tables.append(poisoned["decoder"]["embed"]["embedding"])
    for table in tables:
        values = np.array(table[...])
        values[PAD] = np.nan
        table[...] = jax.device_put(values)
    jax.tree.map(np.testing.assert_array_equal, run(poisoned, SRC, TGT_IN, TGT_OUT), results(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["attention", "feeding"])
def test_wider_padding_changes_nothing(name):
    params, run = program(name)
    wide, plain = run(params, *(jnp.pad(tokens, ((0, 0), (0, 3))) for tokens in (SRC, TGT_IN, TGT_OUT))), results(name)
    np.testing.assert_allclose(wide.logits[:, :T], plain.logits, atol=1e-6)
    np.testing.assert_allclose(wide.loss, plain.loss, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), wide.gradients, plain.gradients)


@pytest.mark.parametrize("name", ATTENTIVE)
def test_attention_sums_to_one_over_real_positions(name):
    weights = outputs(name).weights
    np.testing.assert_array_equal(np.where((np.asarray(SRC) != PAD)[:, None], 0, weights), 0)
    np.testing.assert_allclose(
        np.asarray(weights).sum(axis=-1),
        np.where(np.any(np.asarray(SRC) != PAD, axis=1), 1, 0)[:, None] + np.zeros(T),
        atol=1e-6,
    )


@pytest.mark.parametrize("name", ["vector", "feeding"])
def test_logits_depend_on_earlier_tokens_of_their_row_alone(name):
    params, run = forward(name)
    for t in range(1, T):
        tokens = np.array(TGT_IN)
        tokens[0, t] = 3
        other = run(params, SRC, tokens).logits
        changed = np.any(np.asarray(other) != np.asarray(outputs(name).logits), axis=-1)
        assert not changed[:, :t].any()
        assert changed[0, t:].all()
        assert not changed[1:].any()


def test_dropout_is_random_with_a_key_alone():
    model = shared("feeding")
    run = jax.jit(lambda key: model(SRC, TGT_IN, key=key))
    one, same, other = (run(jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, outputs("feeding").logits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conditioning": "none"}, "conditioning must be 'carry', 'vector' or 'attention', not 'none'"),
        ({"conditioning": "vector", "input_feeding": True}, "input_feeding must be False with conditioning='vector'"),
        ({"cell": "rnn"}, "cell must be one of elman, gru, lstm, not 'rnn'"),
        ({"bidirectional": True, "reverse_source": True}, "reverse_source must be False with bidirectional=True"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, not 1.0"),
        ({"bidirectional": True, "score": "dot"}, "score must be 'general' or 'additive', not 'dot'"),
    ],
)
def test_options_that_exclude_each_other_are_named(options, message, unchecked):
    with pytest.raises(ValueError, match=message):
        make("plain", **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_training_learns_to_spell_backwards(name):
    rng = np.random.default_rng(0)
    words = rng.integers(3, TGT_SIZE, (256, 3))
    end = np.full((256, 1), EOS)
    src = jnp.asarray(np.concatenate([words, end], axis=1))
    tgt_out = jnp.asarray(np.concatenate([words[:, ::-1], end], axis=1))
    tgt_in = jnp.asarray(np.concatenate([np.full((256, 1), BOS), words[:, ::-1]], axis=1))
    sizes = {"embed_features": 24, "encoder_features": 24, "decoder_features": 48 if name == "attention" else 24}
    graph, params = nnx.split(make(name, **sizes))
    optimizer = optax.adam(1e-2)

    def loss(params):
        return token_cross_entropy(nnx.merge(graph, params)(src, tgt_in), tgt_out).mean()

    @jax.jit
    def learn(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(grads, state, params)
        return (optax.apply_updates(params, updates), state), value

    with jax.numpy_dtype_promotion("standard"):  # Optax promotes types
        (params, _), losses = jax.lax.scan(learn, (params, optimizer.init(params)), length=300)
    model = nnx.merge(graph, params)
    context, carry = model.encode(src)
    spelled = greedy(lambda carry, token: model.step(context, carry, token), carry, max_length=4).tokens
    assert np.mean(np.all(spelled == tgt_out, axis=1)) > 0.95, losses[-1]
