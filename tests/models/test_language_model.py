"""Language models: carry, resets, tied embeddings, dropout and its penalties."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.text.streams import parallel_streams, stream
from seqjax.models.language_model import LanguageModel

V, T = 7, 12


def make(cell: str = "lstm", **options: Any) -> LanguageModel:
    keys: dict[str, Any] = {"embed_features": 4, "hidden_features": 5, "num_layers": 2, "tie_embeddings": False}
    keys |= dict.fromkeys(("embed_dropout", "input_dropout", "weight_dropout", "output_dropout"), 0.0)
    return random_module(lambda: LanguageModel(V, cell=cell, **(keys | options), rngs=nnx.Rngs(0)))


TOKENS = jax.device_put(np.random.default_rng(0).integers(4, V, (2, T)).astype(np.int32))


@pytest.mark.parametrize("cell", ["lstm", "mingru"])
def test_chunks_with_their_carry_equal_the_whole(cell):
    model = make(cell)
    run = jax.jit(lambda tokens, carry: model(tokens, carry=carry)[:2])
    whole, first = jax.jit(lambda tokens: (model(tokens).logits, model.initial_carry(2)))(TOKENS)
    for length in (1, 6):
        carry, parts = first, []
        for start in range(0, T, length):
            logits, carry = run(np.asarray(TOKENS)[:, start : start + length], carry)
            parts.append(logits)
        np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)


def test_a_reset_hides_the_document_before():
    model = make()
    changed = np.where(np.arange(T) < 5, np.int32(6), TOKENS)

    @jax.jit
    def read(tokens):
        starts = (jnp.arange(T) == 5)[None].repeat(2, axis=0)
        return model(tokens, reset=starts).logits, model(tokens[:, 5:]).logits

    (one, alone), (other, _) = jax.device_get((read(TOKENS), read(changed)))
    assert np.any(one[:, :5] != other[:, :5])
    np.testing.assert_array_equal(one[:, 5:], other[:, 5:])
    np.testing.assert_allclose(one[:, 5:], alone, atol=1e-6)


def test_step_equals_a_call_with_one_token():
    model = make(tie_embeddings=True)

    @jax.jit
    def both_ways():
        carry, _ = model.step(model.initial_carry(2), TOKENS[:, 0])
        return model.step(carry, TOKENS[:, 1])[1], model(TOKENS[:, :2]).logits[:, 1]

    np.testing.assert_allclose(*both_ways(), atol=1e-6)


def test_tied_output_weight_is_the_embedding():
    model = make(tie_embeddings=True, num_layers=1)
    logits, y = jax.jit(lambda: (model(TOKENS).logits, model.layer(model.embed(TOKENS))[0]))()
    weights = model.narrow.kernel, model.embed.embedding, model.output_bias
    narrow, embedding, bias = (np.asarray(each[...]) for each in weights)
    np.testing.assert_allclose(logits, np.asarray(y) @ narrow @ embedding.T + bias, atol=1e-5)
    assert make(tie_embeddings=True, embed_features=5).narrow is None


@pytest.mark.parametrize("kind", ["embed_dropout", "input_dropout", "weight_dropout", "output_dropout"])
def test_dropout_is_random_with_a_key(kind):
    model = make(num_layers=1, **{kind: 0.5})
    noisy = jax.jit(lambda key: model(TOKENS, key=key).logits)
    one, same, other = (noisy(jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_embedding_dropout_drops_a_token_at_every_position():
    graph, params = nnx.split(make(embed_dropout=0.5, num_layers=1))

    @jax.jit
    def gradient(key):
        def loss(params):
            return jnp.sum(nnx.merge(graph, params)(TOKENS, key=key).logits ** 2)

        return nnx.to_pure_dict(jax.grad(loss)(params))["embed"]["embedding"]

    missing = sum(int((~np.any(np.asarray(gradient(jax.random.key(seed))), axis=1)[4:]).sum()) for seed in range(8))
    assert 5 <= missing <= 19  # of 24; 12 are expected


def test_activation_regularisation_equals_the_paper():
    model = make(num_layers=1, output_dropout=0.5)
    plain, noisy, y = jax.device_get(
        jax.jit(lambda: (model(TOKENS), model(TOKENS, key=jax.random.key(0)), model.layer(model.embed(TOKENS))[0]))()
    )
    np.testing.assert_allclose(plain.activation_reg, np.mean(y**2), rtol=1e-5)
    np.testing.assert_allclose(plain.temporal_activation_reg, np.mean((y[:, 1:] - y[:, :-1]) ** 2), rtol=1e-5)
    np.testing.assert_allclose(noisy.temporal_activation_reg, plain.temporal_activation_reg, rtol=1e-5)
    assert noisy.activation_reg != plain.activation_reg


def test_losses_of_a_document_do_not_depend_on_its_stream():
    model = make()
    documents = [np.asarray(TOKENS)[0, :n] for n in (3, 7, 1, 5)]
    log_probabilities = jax.jit(lambda tokens, starts: jax.nn.log_softmax(model(tokens, reset=starts).logits))
    losses = []
    for tokens in (stream(documents, whole=True), parallel_streams(documents, 2, whole=True)):
        log_p = np.asarray(log_probabilities(tokens.inputs, tokens.starts))
        token_loss = -np.take_along_axis(log_p, tokens.targets[..., None], axis=-1)[..., 0]
        losses.append(np.sort(token_loss[tokens.targets != 0]))
        assert len(losses[-1]) == 3 + 7 + 1 + 5 + 4
    np.testing.assert_allclose(*losses, atol=1e-6)
