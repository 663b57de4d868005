"""The text generator: what a continuation depends on, and how it is sampled."""

from itertools import pairwise

import jax
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.text.streams import stream
from seqjax.data.vocabulary import Vocabulary
from seqjax.models.language_model import LanguageModel
from seqjax.predictors.language_modeling import BANNED, BLOCK, PROMPT_SIZES, TextGenerator
from seqjax.tokens import BOS, EOS, PAD

KEYS = jax.random.split(jax.random.key(0), 8)


def vocabulary(kind: str) -> Vocabulary:
    return Vocabulary.learn(["a film (and a story), you know.\n"], kind=kind, lowercase=False, size=50, min_count=1)


@pytest.fixture(scope="module")
def generator() -> TextGenerator:
    tokens = vocabulary("character")
    sizes = {"cell": "gru", "embed_features": 4, "hidden_features": 8, "num_layers": 1, "tie_embeddings": False}
    rates = dict.fromkeys(("embed_dropout", "input_dropout", "weight_dropout", "output_dropout"), 0.0)
    module = random_module(lambda: LanguageModel(len(tokens), **sizes, **rates, rngs=nnx.Rngs(0)))
    bias = np.zeros(len(tokens), np.float32)
    bias[EOS] = -3.0  # Some texts end in the second block.
    module.output.bias[...] = jax.device_put(bias)
    return TextGenerator(module, tokens)


def generate(generator: TextGenerator, max_length: int, **options) -> list[str]:
    return list(generator.generate(generator.initial_params, "an ", KEYS, max_length=max_length, **options))[-1]


def test_generate_is_a_function_of_prompt_key_and_options(generator):
    long, short, again = generate(generator, 2 * BLOCK), generate(generator, 5), generate(generator, 2 * BLOCK)
    assert long == again
    assert len(set(long)) == len(KEYS)
    assert min(map(len, long)) < 2 * BLOCK == max(map(len, long))
    assert short == [text[:5] for text in long]


def test_generate_compiles_one_program_for_all_lengths(generator):
    generate(generator, 5)
    programs = generator._sample._cache_size()
    generate(generator, 40)
    assert generator._sample._cache_size() == programs


def test_generate_ends_before_the_stop_text(generator):
    texts = generate(generator, 2 * BLOCK)
    stop = max(texts, key=len)[3:5]
    assert generate(generator, 2 * BLOCK, stop=stop) == [text.partition(stop)[0] for text in texts]


def test_log_probabilities_are_those_of_the_tokens_of_the_continuations(generator):
    params, prompt = generator.initial_params, "a film"
    *_, whole = generator.continuations(params, prompt, KEYS, max_length=BLOCK + 8)
    stop = max(whole.texts, key=len)[2:4]
    *_, stopped = generator.continuations(params, prompt, KEYS, max_length=BLOCK + 8, stop=stop)
    assert any(row[-1] == EOS for row in whole.tokens)
    for text, tokens, longer in zip(stopped.texts, stopped.tokens, whole.texts, strict=True):
        assert generator.text(tokens) == text + stop * (stop in longer)

    @jax.jit
    def step(params, carry, token):
        carry, logits = generator.model(params).step(carry, token)
        return carry, jax.nn.log_softmax(logits)

    for made in (whole, stopped):
        found = generator.log_probabilities(params, prompt, made.tokens)
        for score, tokens in zip(found, made.tokens, strict=True):
            carry, total = generator.initial_carry(params, 1), 0.0
            given = [BOS, *generator.vocabulary.encode(prompt).tolist()]
            for last, following in pairwise([*given, *tokens.tolist()]):
                carry, log_p = step(params, carry, np.array([last]))
                total += float(np.asarray(log_p)[0, following]) * (len(given) == 1)
                given = given[1:] or given
            assert score == pytest.approx(total, rel=1e-4)


def test_generate_tokens_at_low_temperature_takes_the_most_probable_token(generator):
    """The most probable token as a forward pass over prompt and continuation finds it."""
    rng = np.random.default_rng(3)  # Large parameters, with which the text does not become periodic.
    params = jax.tree.map(lambda leaf: rng.normal(0, 1, leaf.shape).astype(np.float32), generator.initial_params)
    params["output"]["bias"][EOS] = -100.0
    params = jax.device_put(params)
    prompt = generator.vocabulary.encode("a film")
    blocks = generator.generate_tokens(params, prompt, KEYS, max_length=BLOCK + 8, temperature=0.001)
    tokens = np.concatenate([block[0] for block in blocks])
    assert len(tokens) == BLOCK + 8
    assert EOS not in tokens
    assert tokens[BLOCK - 1] != tokens[0]
    assert len(set(tokens[BLOCK:].tolist())) > 3
    whole = stream([np.concatenate([prompt, tokens])], whole=False)
    logits = np.array(jax.jit(lambda inputs: generator.model(params)(inputs).logits)(whole.inputs)[0])
    logits[:, BANNED] = -np.inf
    np.testing.assert_array_equal(logits.argmax(axis=1)[len(prompt) :], tokens)


def uniform_tokens(generator: TextGenerator, eos_logit: float) -> np.ndarray:
    """Two blocks ``[8, 64]`` of a model to which all tokens but EOS are equally probable."""
    params = jax.tree.map(lambda leaf: np.zeros(leaf.shape, np.float32), generator.initial_params)
    params["output"]["bias"][EOS] = eos_logit
    params = jax.device_put(params)
    options = {"max_length": 2 * BLOCK, "temperature": 1.0}
    return np.concatenate([*generator.generate_tokens(params, np.zeros(0, np.int32), KEYS, **options)], axis=1)


def test_generate_tokens_draws_new_noise_for_each_block(generator):
    first, second = np.split(uniform_tokens(generator, eos_logit=-30.0), 2, axis=1)
    assert np.mean(first == second) < 0.3


def test_generate_tokens_has_padding_after_eos(generator):
    tokens = uniform_tokens(generator, eos_logit=-0.5)
    ended = np.cumsum(tokens == EOS, axis=1) > 0
    assert 0 < ended[:, BLOCK - 1].sum() < len(KEYS)  # Some rows go on in the second block.
    assert np.all(tokens[:, 1:][ended[:, :-1]] == PAD)
    assert np.all(tokens[~ended] != PAD)


def test_generate_tokens_reads_the_end_of_a_long_prompt(generator, monkeypatch):
    monkeypatch.setattr("seqjax.predictors.language_modeling.PROMPT_SIZES", PROMPT_SIZES[:1])
    prompt = generator.vocabulary.encode("a film you know and a story")
    params, options = generator.initial_params, {"max_length": BLOCK, "temperature": 1.0}
    (long,) = generator.generate_tokens(params, prompt, KEYS, **options)
    (end,) = generator.generate_tokens(params, prompt[-PROMPT_SIZES[0] :], KEYS, **options)
    (other,) = generator.generate_tokens(params, prompt[: -PROMPT_SIZES[0]], KEYS, **options)
    np.testing.assert_array_equal(long, end)
    assert not np.array_equal(long, other)


def test_text_writes_spaces_as_the_tokens_hold_them(generator):
    text = "a film (and a story), you know."
    earlier = TextGenerator(generator.model(generator.initial_params), vocabulary("word"))
    assert earlier.text(earlier.vocabulary.encode(text)) == text
    words = Vocabulary.learn([text, "a ,  f\n10:30"], kind="word", lowercase=False, size=50, min_count=1, spacing=True)
    now = TextGenerator(generator.model(generator.initial_params), words)
    for each in (text, "a ,  f\n10:30"):
        assert now.text(words.encode(each)) == each
    assert generator.text(generator.vocabulary.encode("a ,  f")) == "a ,  f"


@pytest.mark.parametrize("kind", ["word", "subword", "character"])
def test_generate_continues_after_a_blank_and_names_of_special_tokens(generator, monkeypatch, kind):
    """A blank at the end of a prompt of words belongs to the next word; a character is read like any other."""
    tokens = Vocabulary.learn(
        ["a <eos> b c\n\n d"], kind=kind, lowercase=False, size=60, min_count=1, normalization="NFC", spacing=True
    )
    texts = TextGenerator(generator.model(generator.initial_params), tokens)
    read = []

    def generate_tokens(params, prompt, keys, **options):
        read.append(tokens.decode(prompt))
        continuation = tokens.encode(read[-1].rstrip() + " c\n\n d")[len(prompt) :]
        yield np.tile(continuation, (len(keys), 1))

    monkeypatch.setattr(texts, "generate_tokens", generate_tokens)
    for prompt, expected in (("a <eos> b", " c\n\n d"), ("a <eos> b ", "c\n\n d")):
        assert list(texts.generate({}, prompt, KEYS[:1], max_length=9))[-1] == [expected]
    assert read == ["a <eos> b", "a <eos> b " if kind == "character" else "a <eos> b"]
