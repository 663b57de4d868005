"""Encoder and decoder: one code for training and decoding, padding that nothing sees, scores that are what they say."""

from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from numpy_oracle import STEPS

from seqjax.decoding import beam_search, greedy, sample
from seqjax.losses import token_cross_entropy, weighted_mean
from seqjax.models.seq2seq import Seq2Seq
from seqjax.tokens import BOS, EOS, PAD

SRC_SIZE, TGT_SIZE = 9, 8
SRC = jnp.array([[4, 5, 6, 2], [7, 2, 0, 0], [0, 0, 0, 0], [8, 8, 2, 0]])
TGT_IN = jnp.array([[1, 4, 5, 7], [1, 0, 0, 0], [1, 6, 3, 0], [1, 5, 5, 0]])
TGT_OUT = jnp.array([[4, 5, 7, 2], [2, 0, 0, 0], [6, 3, 2, 0], [5, 5, 2, 0]])
T = 4

PLAIN = {
    "cell": "gru",
    "embed_features": 5,
    "encoder_features": 6,
    "decoder_features": 6,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "bidirectional": False,
    "reverse_source": False,
    "conditioning": "attention",
    "score": "general",
    "feeding": False,
    "tied": False,
    "dropout": 0.0,
}
VARIANTS = {
    "carry": {"cell": "elman", "conditioning": "carry", "reverse_source": True},
    "carry-tied": {"cell": "lstm", "conditioning": "carry", "encoder_layers": 2, "decoder_layers": 2, "tied": True},
    "vector": {"conditioning": "vector", "decoder_layers": 2},
    "attention": {"score": "dot", "encoder_features": 3, "bidirectional": True},
    "feeding": {
        "cell": "lstm",
        "score": "additive",
        "feeding": True,
        "tied": True,
        "decoder_layers": 2,
        "bidirectional": True,
    },
}
ATTENTIVE = ("attention", "feeding")


def make(name, **options):
    return Seq2Seq(SRC_SIZE, TGT_SIZE, **(PLAIN | VARIANTS.get(name, {}) | options), rngs=nnx.Rngs(0))


class Facts(NamedTuple):
    logits: jax.Array
    stepped: jax.Array
    weights: jax.Array | None
    stepped_weights: jax.Array | None
    loss: jax.Array
    slopes: dict


@cache
def program(name):
    """The parameters, and what the tests want to know of them, as one program."""
    graph, params = nnx.split(make(name))

    def run(params, src, tgt_in, tgt_out):
        def loss(params):
            logits = nnx.merge(graph, params)(src, tgt_in)
            mask = (tgt_out != PAD).astype(jnp.float32)
            return weighted_mean(token_cross_entropy(logits, tgt_out, 0.1), mask), logits

        (value, logits), slopes = jax.value_and_grad(loss, has_aux=True)(params)
        model = nnx.merge(graph, params)
        context, carry = model.encode(src)
        _, _, weights = model.decode(context, carry, tgt_in)
        steps = []
        for t in range(tgt_in.shape[1]):
            carry, *out = model.step(context, carry, tgt_in[:, t])
            steps.append(out)
        stepped, *stepped_weights = (jnp.stack(leaves, axis=1) for leaves in zip(*steps, strict=True))
        return Facts(logits, stepped, weights, stepped_weights[0] if stepped_weights else None, value, slopes)

    return params, jax.jit(run)


@cache
def facts(name):
    params, run = program(name)
    return run(params, SRC, TGT_IN, TGT_OUT)


quick = pytest.mark.usefixtures("quick_compilation")
SOME = [pytest.param(name, marks=pytest.mark.slow if name != "attention" else ()) for name in VARIANTS]


@quick
@pytest.mark.parametrize("name", SOME)
def test_all_steps_at_once_are_the_steps_one_by_one(name):
    found = facts(name)
    assert found.logits.shape == (*TGT_IN.shape, TGT_SIZE)
    np.testing.assert_allclose(found.logits, found.stepped, atol=1e-6)
    assert (found.weights is not None) == (name in ATTENTIVE)
    if found.weights is not None:
        np.testing.assert_allclose(found.weights, found.stepped_weights, atol=1e-6)


@quick
@pytest.mark.parametrize("name", SOME)
def test_logits_are_the_papers_equations(name):
    """The decoder once more, row by row and step by step; cells from the NumPy oracle, attention from its own tests."""
    model = make(name)
    embedding = np.asarray(model.tgt_embed.embedding[...])
    layers = [
        {k: np.asarray(v) for k, v in cell.as_tuple()._asdict().items() if v is not None}
        for cell in model.decoder.stack.forward
    ]
    context, carry = jax.jit(lambda: model.encode(SRC))()
    _, ends = jax.jit(lambda: model.encoder(model.src_embed(SRC), mask=SRC != PAD))()
    vector = np.concatenate([np.asarray(end.h) for end in ends[-len(model.encoder.reverses) :]], axis=1)
    attend = jax.jit(lambda query: model.decoder.attention(query[:, None], context.memory)[0][:, 0])
    conditioning = (PLAIN | VARIANTS[name])["conditioning"]

    def linear(layer, x):
        return x @ np.asarray(layer.kernel[...]) + (0 if layer.bias is None else np.asarray(layer.bias[...]))

    carries = [
        [{k: np.asarray(v)[row] for k, v in cell._asdict().items()} for cell in carry.cells] for row in range(len(SRC))
    ]
    fed = np.zeros((len(SRC), model.decoder.readout_features))
    for t in range(T):
        x = np.where((TGT_IN[:, t] != PAD)[:, None], embedding[TGT_IN[:, t]], 0)
        y = x
        if conditioning == "vector":
            y = np.concatenate([x, vector], axis=1)
        if model.decoder.feeding:
            y = np.concatenate([x, fed], axis=1)
        for index, p in enumerate(layers):
            steps = [STEPS[(PLAIN | VARIANTS[name])["cell"]](p, carries[row][index], y[row]) for row in range(len(SRC))]
            for row, (after, _) in enumerate(steps):
                carries[row][index] = after
            y = np.stack([out for _, out in steps])
        if conditioning == "vector":
            y = np.tanh(
                linear(model.decoder.readout, np.concatenate([y, x], axis=1)) + linear(model.decoder.of_vector, vector)
            )
        elif conditioning == "attention":
            attended = np.asarray(attend(jnp.asarray(y, jnp.float32)))
            y = np.tanh(linear(model.decoder.readout, np.concatenate([attended, y], axis=1)))
        elif model.decoder.readout is not None:
            y = np.tanh(linear(model.decoder.readout, y))
        fed = y
        logits = (
            y @ embedding.T + np.asarray(model.output_bias[...]) if model.output is None else linear(model.output, y)
        )
        np.testing.assert_allclose(facts(name).logits[:, t], logits, atol=1e-5)


@quick
@pytest.mark.parametrize("name", SOME)
def test_every_parameter_learns_from_finite_gradients(name):
    """With an empty source and an empty target in the batch."""
    for path, slope in _leaves(name):
        assert bool(jnp.all(jnp.isfinite(slope))), path
        if "bridge" not in path:  # a bridge's bias may be idle where units saturate
            assert bool(jnp.any(slope != 0)), path


def _leaves(name):
    return [
        (jax.tree_util.keystr(path), leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(facts(name).slopes)
    ]


@quick
@pytest.mark.parametrize("name", SOME)
def test_what_stands_at_padding_changes_nothing(name):
    """NaN as the embedding of PAD reaches neither logits of real positions, nor the loss, nor a gradient."""
    params, run = program(name)
    poisoned = jax.tree.map(lambda leaf: leaf, params)
    poisoned["src_embed"]["embedding"][...] = params["src_embed"]["embedding"][...].at[PAD].set(jnp.nan)
    if not make(name).output_bias:  # Tied, it is the weight of PAD's logit, too.
        poisoned["tgt_embed"]["embedding"][...] = params["tgt_embed"]["embedding"][...].at[PAD].set(jnp.nan)
    jax.tree.map(np.testing.assert_array_equal, run(poisoned, SRC, TGT_IN, TGT_OUT), facts(name))


@quick
@pytest.mark.slow
@pytest.mark.parametrize("name", ["attention", "feeding"])
def test_wider_padding_changes_nothing(name):
    params, run = program(name)
    wide = [jnp.pad(tokens, ((0, 0), (0, 3))) for tokens in (SRC, TGT_IN, TGT_OUT)]
    found, plain = run(params, *wide), facts(name)
    np.testing.assert_allclose(found.logits[:, :T], plain.logits, atol=1e-6)
    np.testing.assert_allclose(found.loss, plain.loss, atol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), found.slopes, plain.slopes)


@quick
@pytest.mark.parametrize("name", ATTENTIVE)
def test_attention_sums_to_one_on_the_source_alone(name):
    weights = facts(name).weights
    np.testing.assert_array_equal(jnp.where((SRC != PAD)[:, None], 0, weights), 0)
    np.testing.assert_allclose(
        weights.sum(axis=-1), np.where(np.any(SRC != PAD, axis=1), 1, 0)[:, None] + np.zeros(T), atol=1e-6
    )


@quick
@pytest.mark.parametrize("name", ["vector", "feeding"])
def test_a_position_sees_no_later_token_and_all_earlier_ones(name):
    params, run = program(name)
    for t in range(1, T):
        other = run(params, SRC, TGT_IN.at[0, t].set(3), TGT_OUT).logits
        changed = np.any(other != facts(name).logits, axis=-1)
        assert not changed[:, :t].any()
        assert changed[0, t:].all()
        assert not changed[1:].any()


@quick
@pytest.mark.parametrize("name", ["vector"])
def test_several_rows_of_a_source_stand_together(name):
    """As in a beam. With attention, the test of scores below says so."""
    model = make(name)

    @jax.jit
    def run():
        context, carry = model.encode(SRC)
        tokens = jnp.stack([TGT_IN, jnp.roll(TGT_IN, 1, axis=0)], axis=1).reshape(-1, T)
        carry = jax.tree.map(lambda leaf: jnp.repeat(leaf, 2, axis=0), carry)
        return model.decode(context, carry, tokens)[1]

    np.testing.assert_allclose(run()[::2], facts(name).logits, atol=1e-6)


class Decodings(NamedTuple):
    greedy: object
    sample: object
    beam: object
    forced: tuple


@cache
def decodings(name):
    graph, params = nnx.split(make(name))

    @jax.jit
    def run(params, src, keys):
        model = nnx.merge(graph, params)
        context, carry = model.encode(src)
        step = partial(model.step, context)
        options = {"max_length": 6}
        beams = beam_search(step, carry, beam=3, n_best=3, length_penalty=0.6, **options)
        ways = greedy(step, carry, **options), sample(step, carry, keys, temperature=2.0, **options), beams
        rows = jnp.concatenate([ways[0].tokens[:, None], ways[1].tokens[:, None], beams.tokens], axis=1)  # [B, 5, T]
        tokens = rows.reshape(-1, rows.shape[-1])
        tgt_in = jnp.concatenate([jnp.full_like(tokens[:, :1], BOS), tokens[:, :-1]], axis=1)
        _, logits, weights = model.decode(
            context, jax.tree.map(lambda leaf: jnp.repeat(leaf, 5, axis=0), carry), tgt_in
        )
        forced = (
            -token_cross_entropy(logits, tokens).sum(axis=1).reshape(-1, 5),
            weights.reshape(-1, 5, *weights.shape[1:]),
        )
        return Decodings(*ways, forced)

    return partial(run, params)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["feeding"])
def test_scores_are_teacher_forced_log_probabilities_and_rows_do_not_depend_on_their_batch(name):
    run, keys = decodings(name), jax.random.split(jax.random.key(3), len(SRC))
    found = run(SRC, keys)
    ways = [found.greedy, found.sample]
    ways += [jax.tree.map(lambda leaf, n=n: leaf[:, n], found.beam) for n in range(3)]
    scores, weights = found.forced
    for n, way in enumerate(ways):
        np.testing.assert_allclose(way.scores, scores[:, n], atol=1e-5)
        said = (jnp.arange(6) < way.lengths[:, None])[..., None]
        np.testing.assert_allclose(way.attention, jnp.where(said, weights[:, n], 0), atol=1e-6)
    # Alone in a batch of the same shape, and in another place. (Of another shape a program may round otherwise.)
    for row, place in ((0, 0), (1, 3)):
        alone = run(jnp.zeros_like(SRC).at[place].set(SRC[row]), keys.at[place].set(keys[row]))
        jax.tree.map(
            lambda a, b, at=(place, row): np.testing.assert_array_equal(a[at[0]], b[at[1]]), alone[:3], found[:3]
        )


@quick
def test_a_carry_that_fits_crosses_as_it_is_and_a_reversed_source_is_one_written_backwards():
    reverse, plain = make("carry"), make("carry", reverse_source=False)
    (carry,) = jax.jit(lambda src: reverse.encode(src)[1].cells)(SRC)
    backwards = jnp.array([[2, 6, 5, 4], [2, 7, 0, 0], [0, 0, 0, 0], [2, 8, 8, 0]])
    (expected,) = jax.jit(lambda src: plain.encode(src)[1].cells)(backwards)
    np.testing.assert_array_equal(carry.h, expected.h)
    np.testing.assert_array_equal(carry.h[2], 0)
    _, (last,) = plain.encoder(plain.src_embed(backwards), mask=backwards != PAD)
    np.testing.assert_allclose(expected.h, last.h, atol=1e-6)


@quick
def test_the_top_of_the_encoder_leads_to_the_top_of_the_decoder():
    model = make("feeding", encoder_layers=3)
    carries = tuple(
        type(model.encoder.initial_carry(1)[0])(c=jnp.full((2, 6), 1.0 + i), h=jnp.full((2, 6), 10.0 + i))
        for i in range(6)
    )
    crossed = model.bridge(carries)
    for index, cell in enumerate(crossed):
        c, h = (
            linear(jnp.concatenate([getattr(carries[2 * index + 2 + side], name) for side in (0, 1)], axis=-1))
            for name, linear in (("c", model.bridge.layers[index]["c"]), ("h", model.bridge.layers[index]["h"]))
        )
        np.testing.assert_allclose(cell.c, c, atol=1e-6)
        np.testing.assert_allclose(cell.h, jnp.tanh(h), atol=1e-6)


# Noise


@quick
def test_dropout_is_noise_from_the_key_alone():
    model = make("feeding", dropout=0.5)
    run = jax.jit(lambda key: model(SRC, TGT_IN, key=key))
    one, same, other = (run(jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, facts("feeding").logits)


@quick
@pytest.mark.slow
def test_own_tokens():
    """Scheduled sampling: at rate 0 it is teacher forcing; at rate 1 a model that is sure of itself reads its own."""
    model = make("attention")
    graph, params = nnx.split(model)
    run = jax.jit(lambda params, rate: nnx.merge(graph, params)(SRC, TGT_IN, key=jax.random.key(0), own_tokens=rate))
    np.testing.assert_allclose(run(params, jnp.float32(0)), facts("attention").logits, atol=1e-6)

    model.output.kernel[...] = 1e5 * model.output.kernel[...]
    params = nnx.split(model)[1]

    @jax.jit
    def by_hand(params):
        model = nnx.merge(graph, params)
        context, carry = model.encode(SRC)
        token, said = TGT_IN[:, 0], []
        for _ in range(T):
            carry, logits, _ = model.step(context, carry, token)
            token = jnp.argmax(logits, axis=-1)
            said.append(logits)
        return jnp.stack(said, axis=1)

    sure = run(params, jnp.float32(1))
    np.testing.assert_allclose(sure, by_hand(params), rtol=1e-4, atol=0.1)
    assert not np.allclose(sure, run(params, jnp.float32(0)), atol=10)
    with pytest.raises(ValueError, match="key must be given, not None, with own_tokens"):
        model(SRC, TGT_IN, own_tokens=0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conditioning": "none"}, "conditioning must be 'carry', 'vector' or 'attention', not 'none'"),
        ({"conditioning": "vector", "feeding": True}, "feeding must be False with conditioning='vector'"),
        ({"cell": "rnn"}, "cell must be one of elman, gru, lstm, not 'rnn'"),
        ({"bidirectional": True, "reverse_source": True}, "reverse_source must be False with bidirectional=True"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, not 1.0"),
        ({"bidirectional": True, "score": "dot"}, "score must be 'general' or 'additive', not 'dot'"),
    ],
)
def test_options_that_do_not_fit_are_named(options, message, unchecked):
    with pytest.raises(ValueError, match=message):
        make("plain", **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_training_learns_to_spell_backwards(name):
    """A model that cannot learn what any encoder and decoder should is broken, whatever its shapes."""
    rng = np.random.default_rng(0)
    words = rng.integers(3, TGT_SIZE, (256, 3))
    end = np.full((256, 1), EOS)
    src = jnp.asarray(np.concatenate([words, end], axis=1))
    tgt_out = jnp.asarray(np.concatenate([words[:, ::-1], end], axis=1))
    tgt_in = jnp.asarray(np.concatenate([np.full((256, 1), BOS), words[:, ::-1]], axis=1))
    widths = {"embed_features": 24, "encoder_features": 24, "decoder_features": 48 if name == "attention" else 24}
    graph, params = nnx.split(make(name, **widths))
    optimizer = optax.adam(1e-2)

    def loss(params):
        return token_cross_entropy(nnx.merge(graph, params)(src, tgt_in), tgt_out).mean()

    @jax.jit
    def learn(carry, _):
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(grads, state, params)
        return (optax.apply_updates(params, updates), state), value

    with jax.numpy_dtype_promotion("standard"):  # Optax does not heed strict promotion.
        (params, _), losses = jax.lax.scan(learn, (params, optimizer.init(params)), length=300)
    model = nnx.merge(graph, params)
    context, carry = model.encode(src)
    said = greedy(partial(model.step, context), carry, max_length=4).tokens
    assert np.mean(np.all(said == tgt_out, axis=1)) > 0.95, losses[-1]
