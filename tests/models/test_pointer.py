"""The pointer-generator: the paper's equations, words never seen, rows and searches, coverage."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from random_modules import random_module
from seq2seq_zoo import PLAIN, SRC, TGT_IN, make, outputs

from seqjax.decoding import beam_search, greedy, sample
from seqjax.losses import coverage_loss
from seqjax.models.encoder import CopySource
from seqjax.models.pointer import Mixture
from seqjax.models.seq2seq import Seq2Seq
from seqjax.tokens import BOS, EOS, PAD, UNK

V, S, T = 8, 4, 5
STEPS = 250  # of training
# Words 8 and 9 are no tokens; position 1 of the third row stands for no token, and the last row has none at all.
SOURCE = CopySource(
    jnp.array([[4, 3, 5, 3], [3, 3, 0, 0], [6, 7, 4, 0], [4, 5, 0, 0], [0, 0, 0, 0]], jnp.int32),
    jnp.array([[4, 8, 5, 8], [8, 9, 0, 0], [6, 0, 4, 0], [0, 0, 0, 0], [0, 0, 0, 0]], jnp.int32),
)
TGT = jnp.array(
    [[1, 8, 4, 8, 2, 0], [1, 9, 8, 2, 0, 0], [1, 4, 6, 7, 3, 2], [1, 4, 2, 0, 0, 0], [1, 5, 2, 0, 0, 0]], jnp.int32
)
KINDS = {
    "covered": {"copying": True, "coverage": True, "bidirectional": True},
    "feeding": {
        "copying": True,
        "coverage": True,
        "score": "additive",
        "input_feeding": True,
        "cell": "lstm",
        "share_embedding": True,
    },
}


@cache
def shared(kind):
    options = PLAIN | KINDS[kind]
    return random_module(lambda: Seq2Seq(V, V, **options, rngs=nnx.Rngs(0)))


@cache
def results(kind):
    """Probabilities, losses, weights and gates of the batch; searches and their teacher-forced scores."""
    graph, params = nnx.split(shared(kind))

    @jax.jit
    def run(params, source, tgt, keys):
        model = nnx.merge(graph, params)
        mixture = model.mixture(source, tgt[:, :-1])
        losses = mixture.token_losses(tgt[:, 1:]), mixture.token_losses(tgt[:, 1:], 0.3)
        context, carry = model.encode(source)
        options = {"max_length": T, "no_repeat_ngram_size": 2}
        step = partial(model.step, context)
        searches = greedy(step, carry, **options), sample(step, carry, keys, **options)
        beams = beam_search(step, carry, beam=3, n_best=2, **options)
        rows = jnp.concatenate([*(each.tokens[:, None] for each in searches), beams.tokens], axis=1)
        tokens = rows.reshape(-1, T)
        repeated = jax.tree.map(lambda leaf: jnp.repeat(leaf, 4, axis=0), carry)
        read = jnp.concatenate([jnp.full_like(tokens[:, :1], BOS), tokens[:, :-1]], axis=1)
        forced = model.decoder.decode_mixture(context, repeated, read)[1]
        scores = -forced.token_losses(tokens).sum(axis=1).reshape(-1, 4)
        return mixture, mixture.log_probabilities(), losses, (*searches, beams), scores

    return params, run


@cache
def outcome(kind):
    params, run = results(kind)
    return jax.device_get(run(params, SOURCE, TGT, jax.random.split(jax.random.key(0), len(TGT))))


def by_loop(mixture, row, t):
    """Equation 9 of the paper, word by word, in float64; weight at no token goes to the vocabulary."""
    logits = mixture.logits[row, t].astype(np.float64)
    vocabulary = np.exp(logits) / np.exp(logits).sum()
    p_gen = 1 / (1 + np.exp(-np.float64(mixture.gate[row, t])))
    p = np.zeros(V + S)
    lost = 1.0
    for s in range(S):
        word = int(mixture.copy_ids[row, s])
        if word != PAD:
            p[word] += (1 - p_gen) * mixture.weights[row, t, s]
            lost -= mixture.weights[row, t, s]
    p[:V] += (p_gen + (1 - p_gen) * lost) * vocabulary
    return p


SOME = ["covered", pytest.param("feeding", marks=pytest.mark.slow)]


@pytest.mark.parametrize("kind", SOME)
def test_probabilities_are_the_papers_and_sum_to_1(kind):
    mixture, log_p, (losses, smoothed), *_ = outcome(kind)
    for row in range(len(TGT)):
        for t in range(T):
            expected = by_loop(mixture, row, t)
            np.testing.assert_allclose(np.exp(log_p[row, t].astype(np.float64)), expected, atol=1e-6)
            assert np.exp(log_p[row, t].astype(np.float64)).sum() == pytest.approx(1, abs=1e-6)
            token = int(TGT[row, t + 1])
            loss = -np.log(expected[token]) if token else 0
            assert losses[row, t] == pytest.approx(loss, abs=1e-5)
            logits = mixture.logits[row, t].astype(np.float64)
            even = np.mean(np.log(np.exp(logits).sum()) - logits) if token else 0
            assert smoothed[row, t] == pytest.approx(0.7 * loss + 0.3 * even, abs=1e-5)
    absent = np.array([[word not in ids for word in range(V, V + S)] for ids in np.asarray(SOURCE.copy_ids)])
    assert np.all(np.isneginf(log_p[..., V:]) == absent[:, None])


@pytest.mark.parametrize("kind", SOME)
def test_greedy_sampled_and_beam_scores_are_those_of_training_and_rows_are_independent(kind):
    params, run = results(kind)
    *_, (first, drawn, beams), scores = outcome(kind)
    every = [first.scores, drawn.scores, beams.scores[:, 0], beams.scores[:, 1]]
    np.testing.assert_allclose(np.stack(every, axis=1), scores, atol=1e-5)
    assert np.any(drawn.tokens >= V)
    keys = jax.random.split(jax.random.key(0), len(TGT))
    for row, place in ((1, 3), (0, 4)):
        alone = [jnp.zeros_like(each).at[place].set(each[row]) for each in (*SOURCE, TGT)]
        apart = run(params, CopySource(*alone[:2]), alone[2], keys.at[place].set(keys[row]))
        for one, both in zip(jax.tree.leaves(apart[1:4]), jax.tree.leaves(outcome(kind)[1:4]), strict=True):
            np.testing.assert_array_equal(one[place], both[row])


def test_coverage_loss_is_that_of_a_loop_and_leaves_padding_out():
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(S), (2, T)).astype(np.float32)
    tokens = jnp.array([[4, 5, 6, 2, 0], [4, 2, 0, 0, 0]])
    weights[tokens == 0] = np.nan
    found, gradient = jax.jit(jax.value_and_grad(lambda each: coverage_loss(each, tokens).sum()))(weights)
    assert np.all(np.isfinite(gradient))
    total = 0.0
    for row in range(2):
        covered = np.zeros(S)
        for t in range(int((tokens[row] != 0).sum())):
            total += np.minimum(weights[row, t], covered).sum()
            covered += weights[row, t]
    assert float(found) == pytest.approx(total, rel=1e-5)


def test_loss_is_finite_where_attention_does_not_look_and_padding_is_invisible():
    weights = np.array([[[1.0, 0.0], [np.nan, np.nan]]], np.float32)
    logits = np.stack([np.zeros((1, V)), np.full((1, V), np.nan)], axis=1).astype(np.float32)
    gate, ids = np.array([[0.0, np.nan]], np.float32), jnp.array([[8, 9]])

    @jax.jit
    @jax.value_and_grad
    def loss(parts, tokens):
        return Mixture(*parts, ids).token_losses(tokens).sum()

    for token in (9, 8, 5):
        value, gradients = loss((logits, gate, weights), jnp.array([[token, PAD]]))
        assert np.isfinite(value)
        assert all(np.all(np.isfinite(each)) for each in gradients)


@pytest.mark.slow
def test_options_leave_other_parameters_as_they_were():
    """With copying and coverage, the parameters that a model has without them are the same bit for bit."""
    plain = Seq2Seq(V, V, **PLAIN, rngs=nnx.Rngs(0))
    more = Seq2Seq(V, V, **PLAIN, copying=True, coverage=True, rngs=nnx.Rngs(0))
    known = dict(nnx.to_flat_state(nnx.state(more, nnx.Param)))
    for path, leaf in nnx.to_flat_state(nnx.state(plain, nnx.Param)):
        np.testing.assert_array_equal(leaf[...], known.pop(path)[...])
    assert {path[-2:] for path in known} == {("gate", "bias"), ("gate", "kernel"), ("attention", "coverage")}


def test_encoder_in_chunks_gives_the_same_logits():
    graph, params = nnx.split(make("attention", chunk=3))
    chunked = jax.jit(lambda params: nnx.merge(graph, params)(SRC, TGT_IN))(params)
    np.testing.assert_allclose(chunked, outputs("attention").logits, atol=1e-6)


@pytest.mark.slow
def test_words_never_seen_are_copied_exactly():
    """Sources of 3 to 6 words, most of them no tokens, after training on others: all are right, by either search."""
    rng = np.random.default_rng(0)
    longest = 6

    def draw(count):
        words = rng.integers(0, 1000, (count, longest))  # the first four are tokens, 996 are none
        lengths = rng.integers(3, longest + 1, count)
        read, copied = np.zeros((2, count, longest), np.int32)
        tgt = np.zeros((count, longest + 2), np.int32)
        for row, (each, length) in enumerate(zip(words, lengths, strict=True)):
            unknown = list(dict.fromkeys(int(word) for word in each[:length] if word >= 4))
            ids = [int(word) + 4 if word < 4 else V + unknown.index(int(word)) for word in each[:length]]
            copied[row, :length] = ids
            read[row, :length] = [word if word < V else UNK for word in ids]
            tgt[row, : length + 2] = [BOS, *ids, EOS]
        return CopySource(jnp.asarray(read), jnp.asarray(copied)), jnp.asarray(tgt)

    options = PLAIN | {"copying": True, "bidirectional": True, "embed_features": 16, "encoder_features": 24}
    model = Seq2Seq(V, V, **(options | {"decoder_features": 48, "score": "general"}), rngs=nnx.Rngs(0))
    graph, params = nnx.split(model)
    optimizer = optax.adam(1e-2)

    def learn(carry, batch):
        params, state = carry
        source, tgt = batch

        def loss(params):
            losses = nnx.merge(graph, params).mixture(source, tgt[:, :-1]).token_losses(tgt[:, 1:])
            return losses.sum() / (tgt[:, 1:] != PAD).sum()

        value, gradients = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(gradients, state, params)
        return (optax.apply_updates(params, updates), state), value

    batches = jax.tree.map(lambda leaf: leaf.reshape(STEPS, 32, -1), draw(STEPS * 32))
    with jax.numpy_dtype_promotion("standard"):
        (params, _), losses = jax.jit(partial(jax.lax.scan, learn))((params, optimizer.init(params)), batches)

    @jax.jit
    def decode(params, source):
        model = nnx.merge(graph, params)
        context, carry = model.encode(source)
        step = partial(model.step, context)
        options = {"max_length": longest + 1}
        beams = beam_search(step, carry, beam=3, **options)
        return greedy(step, carry, **options).tokens, beams.tokens[:, 0]

    source, tgt = draw(200)
    for tokens in decode(params, source):
        assert np.mean(np.all(tokens == tgt[:, 1:], axis=1)) == 1.0, losses[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conditioning": "carry", "copying": True}, "copying must be False with conditioning='carry'"),
        ({"conditioning": "vector", "coverage": True}, "coverage must be False with conditioning='vector'"),
        ({"share_embedding": True}, "share_embedding must be False for vocabularies of 9 and 8 tokens"),
    ],
)
def test_options_that_exclude_each_other_are_named(options, message, unchecked):
    with pytest.raises(ValueError, match=message):
        make("plain", **options)


def test_a_decoder_that_copies_needs_a_source_that_can_be_copied():
    model, key = shared("covered"), jax.random.key(0)
    with pytest.raises(ValueError, match="copy_ids must be given, not None"):
        jax.eval_shape(lambda: model.encode(SOURCE.tokens))
    with pytest.raises(ValueError, match="sampling_rate must be None"):
        jax.eval_shape(lambda: model(SOURCE, TGT[:, :-1], key=key, sampling_rate=0.5))
    with pytest.raises(ValueError, match="gate must be given"):
        jax.eval_shape(lambda: make("attention").mixture(SOURCE.tokens, TGT[:, :-1]))
