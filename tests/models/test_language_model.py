"""Language models: carried state, resets, noise, and what every one must learn."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from seqjax.data.text.streams import parallel_streams, stream
from seqjax.models.language_model import LanguageModel

V, T = 7, 12


def make(cell: str = "lstm", **options: Any) -> LanguageModel:
    keys: dict[str, Any] = {"embed_features": 4, "hidden_features": 5, "num_layers": 2, "tied": False}
    keys |= dict.fromkeys(("embed_dropout", "input_dropout", "weight_dropout", "output_dropout"), 0.0)
    return LanguageModel(V, cell=cell, **(keys | options), rngs=nnx.Rngs(0))


TOKENS = jnp.asarray(np.random.default_rng(0).integers(4, V, (2, T)), jnp.int32)
quick = pytest.mark.usefixtures("quick_compilation")


@quick
@pytest.mark.parametrize("cell", ["lstm", "mingru"])
def test_chunks_with_their_carry_are_the_whole(cell):
    model = make(cell)

    @jax.jit
    def in_chunks():
        whole = model(TOKENS).logits
        chunked = []
        for length in (1, 5):
            carry, parts = None, []
            for start in range(0, T, length):
                said = model(TOKENS[:, start : start + length], carry=carry)
                carry = said.carry
                parts.append(said.logits)
            chunked.append(jnp.concatenate(parts, axis=1))
        return whole, chunked

    whole, chunked = in_chunks()
    for logits in chunked:
        np.testing.assert_allclose(logits, whole, atol=1e-6)


@quick
def test_a_document_does_not_see_the_one_before():
    model = make()
    starts = (jnp.arange(T) == 5)[None].repeat(2, axis=0)
    read = jax.jit(lambda tokens: model(tokens, reset=starts).logits)
    one, other = read(TOKENS), read(TOKENS.at[:, :5].set(6))
    assert bool(jnp.any(one[:, :5] != other[:, :5]))
    np.testing.assert_array_equal(one[:, 5:], other[:, 5:])
    np.testing.assert_allclose(one[:, 5:], jax.jit(lambda tokens: model(tokens).logits)(TOKENS[:, 5:]), atol=1e-6)


@quick
def test_a_step_is_a_call_with_one_token():
    model = make(tied=True)

    @jax.jit
    def both_ways():
        carry, _ = model.step(model.initial_carry(2), TOKENS[:, 0])
        return model.step(carry, TOKENS[:, 1])[1], model(TOKENS[:, :2]).logits[:, 1]

    np.testing.assert_allclose(*both_ways(), atol=1e-6)


@quick
def test_a_tied_output_is_the_embedding():
    model = make(tied=True, num_layers=1)
    y = model.layer(model.embed(TOKENS))[0] @ model.narrow.kernel[...]
    np.testing.assert_allclose(model(TOKENS).logits, y @ model.embed.embedding[...].T, atol=1e-5)
    assert make(tied=True, embed_features=5).narrow is None


@quick
@pytest.mark.parametrize("kind", ["embed_dropout", "input_dropout", "weight_dropout", "output_dropout"])
def test_dropout_is_noise_from_the_key_alone(kind):
    model = make(num_layers=1, **{kind: 0.5})
    noisy = jax.jit(lambda key: model(TOKENS, key=key).logits)
    one, same, other = (noisy(jax.random.key(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@quick
def test_a_token_without_embedding_has_none_at_any_place():
    graph, params = nnx.split(make(embed_dropout=0.5, num_layers=1))

    @jax.jit
    def gradient(key):
        def loss(params):
            return jnp.sum(nnx.merge(graph, params)(TOKENS, key=key).logits ** 2)

        return nnx.to_pure_dict(jax.grad(loss)(params))["embed"]["embedding"]

    missing = sum(int((~jnp.any(gradient(jax.random.key(seed)), axis=1)[4:]).sum()) for seed in range(8))
    assert 5 <= missing <= 19  # of 24; 12 are expected


@quick
def test_the_penalties_are_those_of_the_paper():
    model = make(num_layers=1, output_dropout=0.5)
    said, noisy = jax.jit(lambda: (model(TOKENS), model(TOKENS, key=jax.random.key(0))))()
    y = jax.jit(lambda: model.layer(model.embed(TOKENS))[0])()
    np.testing.assert_allclose(said.activity, jnp.mean(y**2), rtol=1e-5)
    np.testing.assert_allclose(said.change, jnp.mean((y[:, 1:] - y[:, :-1]) ** 2), rtol=1e-5)
    np.testing.assert_allclose(noisy.change, said.change, rtol=1e-5)
    assert noisy.activity != said.activity


def test_what_is_said_of_a_document_does_not_depend_on_its_stream():
    model = make()
    documents = [np.asarray(TOKENS[0, :n]) for n in (3, 7, 1, 5)]
    logits = jax.jit(lambda tokens, starts: model(tokens, reset=starts).logits)
    found = []
    for tokens in (stream(documents, whole=True), parallel_streams(documents, 2, whole=True)):
        said = np.asarray(jax.nn.log_softmax(logits(tokens.inputs, tokens.starts)))
        nats = np.take_along_axis(said, tokens.targets[..., None], axis=-1)[..., 0]
        found.append(np.sort(nats[tokens.targets != 0]))
        assert len(found[-1]) == 3 + 7 + 1 + 5 + 4
    np.testing.assert_allclose(*found, atol=1e-6)
