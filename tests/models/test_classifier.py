"""Classifiers: invisible padding, poolings equal NumPy, dropout off without a key, learning."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.vocabulary import UNK
from seqjax.models.classifier import POOLINGS, AveragingClassifier, RecurrentClassifier, RecurrentFrameClassifier
from tests.marks import slow_but

V, C, E, H = 11, 3, 4, 5
WORDS = np.random.default_rng(0).integers(4, V, (3, 6)).astype(np.int32)
REAL = np.arange(6) < np.array([[6], [2], [0]])
IDS, MASK = jax.device_put((WORDS, REAL))


def make(pooling: str = "mean", bidirectional: bool = True, **options) -> RecurrentClassifier:
    rates = {"word_dropout": 0.0, "embed_dropout": 0.0, "output_dropout": 0.0} | options
    return random_module(
        lambda: RecurrentClassifier(
            V,
            C,
            cell="lstm",
            embed_features=E,
            hidden_features=H,
            pooling=pooling,
            bidirectional=bidirectional,
            rngs=nnx.Rngs(0),
            **rates,
        )
    )


def average(**options) -> AveragingClassifier:
    rates = {"word_dropout": 0.0, "embed_dropout": 0.0, "output_dropout": 0.0} | options
    options = {"embed_features": E, "hidden_features": 32, "num_layers": 1} | rates
    return random_module(lambda: AveragingClassifier(V, C, **options, rngs=nnx.Rngs(0)))


def compiled(model: nnx.Module):
    """The model as one program."""
    graph, params = nnx.split(model, nnx.Param)
    return jax.jit(lambda ids, mask, key=None: nnx.merge(graph, params)(ids, mask, key=key))


MODELS = {**{pooling: lambda p=pooling: make(p) for pooling in POOLINGS}, "average": average}


@pytest.mark.parametrize("name", slow_but(2, MODELS))
def test_padding_is_invisible(name):
    model = MODELS[name]()
    program = compiled(model)
    logits = program(IDS, MASK)
    assert logits.shape == (3, C)
    assert np.isfinite(logits).all(), "a row without tokens too"
    np.testing.assert_array_equal(logits, program(np.where(REAL, WORDS, np.int32(7)), MASK))
    np.testing.assert_allclose(np.asarray(logits)[1:2], program(WORDS[1:2, :2], REAL[1:2, :2]), atol=1e-6)

    @jax.jit
    def gradient_of(ids, mask):
        return jax.grad(lambda x: jnp.sum(model.classify(x, mask)[0] ** 2))(model.embed(ids))

    gradient = np.asarray(gradient_of(IDS, MASK))
    assert not np.any(gradient[~REAL])
    assert np.array_equal(np.any(gradient != 0, axis=-1), REAL) or name == "max"


@pytest.mark.parametrize("pooling", slow_but(2, POOLINGS))
def test_poolings_equal_numpy(pooling):
    model = make(pooling)

    @jax.jit
    def run():
        x = model.embed(IDS)
        return model.encoder(x, mask=MASK), model.classify(x, MASK)

    def linear(layer, x):
        return x @ np.asarray(layer.kernel[...]) + (0 if layer.bias is None else np.asarray(layer.bias[...]))

    (y, (forward, backward)), (logits, weights) = jax.device_get(run())
    for row, length in ((0, 6), (1, 2)):
        outputs = y[row, :length]
        if pooling == "last":
            pooled = np.concatenate([outputs[-1, :H], outputs[0, H:]])
            np.testing.assert_allclose(pooled, np.concatenate([forward.h[row], backward.h[row]]), atol=1e-6)
        elif pooling == "attention":
            scores = linear(model.attention_score, np.tanh(linear(model.attention_hidden, outputs)))[:, 0]
            shares = np.exp(scores) / np.exp(scores).sum()
            np.testing.assert_allclose(weights[row, :length], shares, atol=1e-6)
            pooled = shares @ outputs
        else:
            pooled = getattr(outputs, pooling)(axis=0)
        np.testing.assert_allclose(logits[row], linear(model.output, pooled), atol=1e-5)
    np.testing.assert_allclose(weights.sum(axis=1), [1, 1, 0], atol=1e-6)
    np.testing.assert_array_equal(weights[~REAL], 0)


def test_average_ignores_word_order_and_recurrence_does_not():
    mean, recurrent = compiled(average()), compiled(make(bidirectional=False))
    one, turned = ((WORDS[:1, ::step], REAL[:1]) for step in (1, -1))
    np.testing.assert_allclose(mean(*turned), mean(*one), atol=1e-6)
    assert np.abs(np.asarray(recurrent(*turned)) - np.asarray(recurrent(*one))).max() > 1e-3


@pytest.mark.parametrize("rate", slow_but(1, ["word_dropout", "embed_dropout", "output_dropout", "dropout"]))
def test_each_dropout_needs_a_key(rate):
    layers = 2 if rate == "dropout" else 1
    model, plain = (make(bidirectional=False, num_layers=layers, **{rate: each}) for each in (0.5, 0.0))

    @jax.jit
    def run(key):
        return [each(IDS, MASK, key=k) for each in (model, plain) for k in (key, None)]

    (one, off, plain_one, plain_off), (other, *_) = (run(jax.random.key(seed)) for seed in (0, 1))
    np.testing.assert_array_equal(off, plain_off)
    np.testing.assert_allclose(plain_one, plain_off, atol=1e-6)
    assert not np.array_equal(one, other)


def test_frames_are_read_as_embedded_tokens_are_and_their_padding_is_invisible():
    words = make("attention")
    frames = random_module(
        lambda: RecurrentFrameClassifier(
            E,
            C,
            cell="lstm",
            hidden_features=H,
            pooling="attention",
            bidirectional=True,
            input_dropout=0.5,
            output_dropout=0.0,
            rngs=nnx.Rngs(1),
        ),
        seed=1,
    )
    state = {name: value for name, value in nnx.to_pure_dict(nnx.state(words)).items() if name != "embed"}
    nnx.update(frames, nnx.State(state))
    x, logits = jax.jit(lambda ids, mask: (words.embed(ids), words(ids, mask)))(IDS, MASK)
    program = jax.jit(lambda x, mask: (frames(x, mask), frames(x, mask, key=jax.random.key(0))))
    plain, noisy = program(x, MASK)
    poisoned, _ = program(np.where(REAL[..., None], x, np.float32(np.nan)), MASK)
    np.testing.assert_array_equal(poisoned, plain)
    np.testing.assert_allclose(plain, logits, atol=1e-6)
    assert not np.array_equal(noisy, plain)


def test_word_dropout_replaces_words_by_unk():
    embedded = np.asarray(jax.jit(make(word_dropout=0.5).embed)(IDS, jax.random.key(0)))
    table = np.asarray(make().embed.table.embedding[...])
    unknown = np.all(embedded == table[UNK], axis=-1)
    assert 0 < unknown.mean() < 1
    np.testing.assert_array_equal(embedded[~unknown], table[WORDS][~unknown])


def test_unknown_pooling_is_named():
    with pytest.raises(ValueError, match="pooling must be one of 'last', 'mean', 'max', 'attention', not 'sum'"):
        make("sum")


@pytest.mark.slow
def test_training_learns_which_of_two_words_comes_first():
    """A bag of words cannot learn it."""
    rng = np.random.default_rng(0)
    ids = rng.integers(6, V, (64, 8))
    places = np.sort(rng.permuted(np.tile(np.arange(8), (64, 1)), axis=1)[:, :2], axis=1)
    labels = rng.integers(0, 2, 64)
    for place, word in ((0, 4 + labels), (1, 5 - labels)):
        ids[np.arange(64), places[:, place]] = word
    graph, params = nnx.split(make("last", bidirectional=False), nnx.Param)
    optimizer = optax.adam(0.03)

    def loss(params):
        logits = nnx.merge(graph, params)(jnp.asarray(ids, jnp.int32), jnp.ones((64, 8), bool))
        return optax.losses.softmax_cross_entropy_with_integer_labels(logits, jnp.asarray(labels)).mean()

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return optax.apply_updates(params, updates), state

    with jax.numpy_dtype_promotion("standard"):
        state = optimizer.init(params)
        for _ in range(100):
            params, state = step(params, state)
        assert float(loss(params)) < 0.1
