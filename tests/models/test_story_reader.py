"""Readers of stories and the model of answers against loops in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.models.pure import pure
from seqjax.models.story_answerer import ABSENT, Asked, StoryAnswerer, support_loss
from seqjax.models.story_reader import Story, _position_weights
from seqjax.tokens import BOS, EOS, PAD
from tests import numpy_oracle

M, TOKENS, PLACEHOLDERS, HOPS = 4, 12, 3, 2
VARIANTS = {"reduction": {"words": "positions"}, "hops": {"words": "gru", "recurrent": True}}
STORY = np.array(
    [
        [[4, 5, 6], [5, 9, PAD], [7, PAD, PAD], [4, 7, 10]],
        [[8, 4, PAD], [6, 6, 6], [PAD] * 3, [PAD] * 3],
        [[PAD] * 3] * 4,
    ],
    np.int32,
)
QUESTION = np.array([[5, 6], [8, PAD], [PAD, PAD]], np.int32)
PRESENT = jnp.array([[True, True, False], [False] * 3, [False] * 3])
TGT = np.array([[BOS, 9, 4], [BOS, 7, PAD], [PAD] * 3], np.int32)
SOURCE = Asked(STORY, QUESTION, PRESENT)


def answerer(reader: str, **options) -> StoryAnswerer:
    options = (
        {"words": "positions", "hops": HOPS, "vector_gates": False, "longest_story": 3, "dropout": 0.0}
        | {"recurrent": False}
        | options
    )
    return random_module(
        lambda: StoryAnswerer(
            TOKENS, reader=reader, features=M, conditioning="carry", **options, rngs=nnx.Rngs(params=0)
        )
    )


@pytest.fixture(scope="module", params=VARIANTS)
def model(request):
    """The name of a reader, its module, its parameters, and a compiled function of what it answers."""
    module = answerer(request.param, **VARIANTS[request.param])
    forward, params = pure(module)

    @jax.jit
    def run(params, source):
        logits, weights = forward(params).answer(source, jnp.asarray(TGT))
        return logits, weights, forward(params).encoder(Story(source.story, source.question))

    return request.param, module, params, run


def wide(tree):
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), tree)


def gru(cell, xs):
    """The outputs of a GRU ``[T, H]`` for inputs ``[T, D]``."""
    params = {name: value for name, value in wide(cell.as_tuple())._asdict().items() if value is not None}
    carry, ys = {"h": np.zeros(len(params["w_h"]))}, []
    for x in xs:
        carry, y = numpy_oracle.STEPS["gru"](params, carry, x)
        ys.append(y)
    return np.array(ys)


def sentence(module, tokens):
    embed = wide(module.encoder.words.embed.embedding[...])
    words = [embed[token] for token in tokens if token != PAD]
    if module.encoder.words.layer is not None:
        return gru(module.encoder.words.layer.forward[0], words)[-1] if words else np.zeros(M)
    total, count = np.zeros(M), len(words)
    for j, word in enumerate(words, 1):
        for k in range(M):
            total[k] += word[k] * ((1 - j / count) - ((k + 1) / M) * (1 - 2 * j / count))
    return total


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reduced(cell, xs, qs):
    """The outputs of a reduction cell, and the share of each step in each."""
    params, h, ys, shares = wide(cell.as_tuple()), np.zeros(M), [], []
    share = np.zeros(len(xs))
    for step, (x, q) in enumerate(zip(xs, qs, strict=True)):
        z, r = sigmoid((x * q) @ params.w_gates + params.b_gates)
        h = (1 - z) * h + z * r * np.tanh(np.concatenate([x, q]) @ params.w_x + params.b)
        share = (1 - z) * share
        share[step] = z
        ys.append(h)
        shares.append(share)
    return np.array(ys), np.array(shares)


def by_reduction(reader, xs, question):
    qs, both = [question] * len(xs), None
    first, last = reader.layers
    forward, shares = reduced(first.forward[0], xs, qs)
    backward, others = reduced(first.backward[0], xs[::-1], qs)
    both = (shares + others[::-1, ::-1]) / 2
    outputs, shares = reduced(last.forward[0], xs, forward + backward[::-1])
    return outputs, outputs[-1], np.array([shares[-1] @ both, shares[-1]])


def by_hops(reader, xs, question):
    memory = [xs @ wide(linear.kernel[...]) for linear in reader.maps]
    for row in range(len(xs)):
        for m, places in zip(memory, wide(reader.ages[...]), strict=True):
            m[row] += places[min(len(xs) - 1 - row, 2)]
    u, weights = question @ wide(reader.maps[0].kernel[...]), []
    for hop in range(HOPS):
        p = np.exp(memory[hop] @ u)
        weights.append(p / p.sum())
        u = u + weights[-1] @ memory[hop + 1]
    told, weights = memory[-1], np.array(weights)
    read = gru(
        reader.layer.forward[0], [np.concatenate([m, u, m * u, p]) for m, p in zip(told, weights.T, strict=True)]
    )
    return told + read, u + read[-1], weights


def test_reading_equals_a_loop_in_numpy_and_padding_does_not_matter(model):
    name, module, params, run = model
    logits, weights, encoded = run(params, SOURCE)
    for row in range(2):
        told = [tokens for tokens in STORY[row] if tokens.any()]
        xs = np.array([sentence(module, tokens) for tokens in told])
        read = {"reduction": by_reduction, "hops": by_hops}[name]
        outputs, vector, expected = read(module.encoder.reader, xs, sentence(module, QUESTION[row]))
        np.testing.assert_allclose(encoded.outputs[row, : len(told)], outputs, atol=2e-5)
        np.testing.assert_allclose(encoded.vector[row], vector, atol=2e-5)
        np.testing.assert_allclose(weights[row, :, : len(told)], expected, atol=2e-5)
        np.testing.assert_array_equal(encoded.outputs[row, len(told) :], 0)
        np.testing.assert_array_equal(np.asarray(weights)[row, :, len(told) :], 0)
    assert np.isfinite(logits).all()  # of an empty row too


def test_answer_is_decoded_from_the_vector_and_absent_placeholders_are_not_written(model):
    _, module, params, run = model
    logits, _, encoded = run(params, SOURCE)
    decoder = module.decoder
    embed, (maps,) = wide(decoder.embed.embedding[...]), decoder.bridge.layers
    carry = {"h": np.tanh(wide(encoded.vector[0]) @ wide(maps["h"].kernel[...]) + wide(maps["h"].bias[...]))}
    cell = wide(decoder.recurrent.stack.forward[0].as_tuple())._asdict()
    for step, token in enumerate(TGT[0]):
        carry, y = numpy_oracle.STEPS["gru"](cell, carry, embed[token])
        expected = embed @ y + wide(decoder.output_bias[...])
        np.testing.assert_allclose(logits[0, step, : TOKENS - 1], expected[:-1], atol=5e-5)
        assert logits[0, step, TOKENS - 1] == np.float32(ABSENT)
    assert (np.asarray(logits[1, :, TOKENS - PLACEHOLDERS :]) == np.float32(ABSENT)).all()


def test_row_does_not_depend_on_the_others(model):
    _, _, params, run = model
    before = run(params, SOURCE)
    turned = jax.tree.map(lambda leaf: leaf[::-1], SOURCE)
    after = run(params, turned._replace(story=np.where(np.arange(3)[:, None, None] == 1, 11, turned.story)))
    tgt_free = (before[1], before[2].outputs, before[2].vector), (after[1], after[2].outputs, after[2].vector)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one[0], other[2], atol=1e-6), *tgt_free)


def test_padding_holding_nan_reaches_neither_reading_nor_gradient(model):
    name, module, _, _ = model
    reader, params = pure(module.encoder.reader)
    mask = jnp.any(STORY != PAD, axis=-1)
    rng = np.random.default_rng(0)
    x, question = (jnp.asarray(rng.normal(size=shape), jnp.float32) for shape in ((3, 4, M), (3, M)))

    @jax.jit
    def run(params, x):
        def loss(params, x):
            reading = reader(params)(x, question, mask)
            return sum(jnp.sum(leaf**2) for leaf in reading), reading

        return jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(params, x)

    clean, dirty = run(params, jnp.where(mask[..., None], x, 7)), run(params, jnp.where(mask[..., None], x, jnp.nan))
    jax.tree.map(np.testing.assert_array_equal, clean, dirty)
    np.testing.assert_array_equal(np.asarray(dirty[1][1])[~mask], 0)
    assert np.isfinite(dirty[0][0]), name


def test_step_of_a_search_gives_the_logits_of_training():
    forward, params = pure(answerer("reduction", words="positions"))

    @jax.jit
    def run(params):
        context, carry = forward(params).encode(SOURCE)
        _, first = forward(params).step(context, jax.tree.map(lambda leaf: jnp.repeat(leaf, 2, axis=0), carry),
                                        jnp.full(6, BOS))  # fmt: skip
        return first, forward(params)(SOURCE, jnp.asarray(TGT))

    step, together = run(params)
    np.testing.assert_allclose(step[::2][:2], together[:2, 0], atol=1e-5)
    np.testing.assert_array_equal(step[::2], step[1::2])


def test_positions_weigh_the_words_in_their_order():
    mask = jnp.array([[True, True, False]])
    np.testing.assert_allclose(_position_weights(mask, 2)[0, :2], [[0.5, 0.5], [0.5, 1.0]])
    words = answerer("reduction").encoder.words
    one, other = (words(jnp.array([tokens])) for tokens in ([4, 5], [5, 4]))
    assert np.abs(one - other).max() > 0.1


def test_support_loss_is_the_mean_over_supporting_sentences():
    weights = np.array([[[0.5, 0.5, 0.0], [0.1, 0.0, 0.9]], [[0.2, 0.3, 0.5]] * 2, [[0.0] * 3] * 2])
    support = np.array([[True, False, True], [False] * 3, [True, False, False]])
    expected = [-(np.log(0.3) + np.log(0.45)) / 2, 0, -np.log(1e-6)]
    np.testing.assert_allclose(
        support_loss(jnp.asarray(weights, jnp.float32), jnp.asarray(support)), expected, rtol=1e-5
    )


def test_unknown_kinds_are_refused():
    with pytest.raises(ValueError, match="reader must be one of hops, reduction, not 'book'"):
        answerer("book")
    with pytest.raises(ValueError, match="words must be one of"):
        answerer("hops", words="letters")
    assert EOS < TOKENS - PLACEHOLDERS
