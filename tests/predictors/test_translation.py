"""The translator: hypotheses that do not depend on their neighbours, and the texts that it reads and writes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.batching import padded
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Hypothesis, Search
from seqjax.losses import token_cross_entropy
from seqjax.models.seq2seq import Seq2Seq
from seqjax.predictors.translation import Translator
from seqjax.tokens import BOS, EOS

SOURCES = ["abc", "cab", "abcabc", "a", "", "bbbb", "cc", "abcabcabc"]
LONG = ["", "bbbb", "abcabc", "abcabcabc"]  # all in the last bucket
LETTERS = Vocabulary.learn(SOURCES, kind="character", lowercase=False, size=20, min_count=1)
WORDS = Vocabulary.learn(["eins zwei Drei"], kind="word", lowercase=True, size=20, min_count=1)


def make(conditioning: str) -> Translator:
    module = random_module(
        lambda: Seq2Seq(
            len(LETTERS),
            len(WORDS),
            cell="gru",
            embed_features=8,
            encoder_features=8,
            decoder_features=8,
            encoder_layers=1,
            decoder_layers=1,
            bidirectional=True,
            reverse_source=False,
            conditioning=conditioning,
            score="general",
            input_feeding=False,
            tie_embeddings=False,
            dropout=0.0,
            rngs=nnx.Rngs(0),
        )
    )
    return Translator(module, LETTERS, WORDS, (3, 6))


@pytest.fixture(scope="module")
def translator() -> Translator:
    return make("attention")


@pytest.fixture(scope="module")
def loss(translator):
    """The loss of a target ``[1, T]``, summed over its tokens."""

    def loss(params, src, tgt):
        logits = translator.logits(params, src, tgt[:, :-1], None)
        return jnp.sum(token_cross_entropy(logits, tgt[:, 1:]))

    return jax.jit(loss)


@pytest.mark.parametrize(("beam", "sources"), [(1, SOURCES), (3, LONG)])
def test_translation_has_the_score_of_training_alone_or_among_others(translator, loss, beam, sources):
    params, search = translator.initial_params, Search(beam=beam, n_best=beam, max_length=5)
    among = translator.translate(params, sources, search)
    assert [len(hypotheses) for hypotheses in among] == [beam * bool(source) for source in sources]
    programs, row = translator._search._decode._cache_size(), sources.index("abcabc")
    alone = translator.translate(params, ["abcabc"], search)[0]
    assert translator._search._decode._cache_size() == programs, "another number of sources compiles nothing"
    for a, b in zip(among[row], alone, strict=True):
        assert a.score == b.score
        assert np.array_equal(a.ids, b.ids)
        assert np.array_equal(a.attention, b.attention)
        np.testing.assert_allclose(a.attention.sum(axis=1), 1, rtol=1e-5)
        tgt = padded([np.array([BOS, *[*a.ids, EOS][:5]])], 6)
        assert -a.score == pytest.approx(float(loss(params, padded([LETTERS.encode("abcabc")], 6), tgt)), rel=1e-4)


def test_translator_reads_the_first_tokens_of_a_long_source(translator):
    """The last bucket holds six tokens."""
    search = Search(max_length=5)
    long, short = translator.translate(translator.initial_params, ["abcabcabc", "abcabc"], search)
    np.testing.assert_array_equal(long[0].ids, short[0].ids)
    assert long[0].attention.shape == (len(long[0].ids), 6)
    (source,) = translator.translate(translator.initial_params, ["ab"], search)
    assert source[0].attention.shape[1] == 2, "no attention to padding"


def test_translator_gives_each_source_its_own_key(translator, monkeypatch):
    """Also with a source without tokens and two buckets. The search is replaced by one that returns its keys."""
    sources, keys = ["", "bbbb", "a", "abcabc", "cc"], jax.random.split(jax.random.key(0), 5)

    def search(params, src, options, keys):
        return [[Hypothesis(np.asarray(jax.random.key_data(key)), 0.0, None)] for key in keys]

    monkeypatch.setattr(translator, "_search", search)
    found = translator.translate(translator.initial_params, sources, Search(max_length=5, temperature=1.0), keys)
    assert found[0] == []
    for row in range(1, 5):
        np.testing.assert_array_equal(found[row][0].ids, jax.random.key_data(keys)[row])


def test_translator_text_is_one_line_and_reference_is_as_the_model_would_write_it(translator):
    ids = [*WORDS.encode("Zwei eins"), EOS]
    assert translator.text(Hypothesis(np.array(ids), 0.0, None)) == "zwei eins"
    assert translator.reference("Eins, ZWEI!") == "eins, zwei!"
    letters = Translator(nnx.Module(), WORDS, LETTERS, (3,))
    assert letters.reference("a\u00a0B \n c² e\u0301") == "a\u00a0B c² é"
    np.testing.assert_array_equal(*translator.encode(["a\t b\n", "a b"]))
    assert letters.text(Hypothesis(LETTERS.encode("ab"), 0.0, None)) == "ab"


def test_a_translator_that_copies_writes_words_that_it_does_not_know():
    """Its score is that of training, its text holds the source's own words, and the weights are those of copying."""
    texts = ["eins Paris zwei", "zwei London London Rom drei vier"]
    words = Vocabulary.learn(["eins zwei drei"], kind="word", lowercase=False, size=20, min_count=1, spacing=True)
    options = {"cell": "gru", "embed_features": 8, "encoder_features": 8, "decoder_features": 8, "encoder_layers": 1}
    options |= {"decoder_layers": 1, "bidirectional": True, "reverse_source": False, "conditioning": "attention"}
    options |= {"score": "general", "input_feeding": False, "tie_embeddings": False, "dropout": 0.0, "copying": True}
    module = random_module(lambda: Seq2Seq(len(words), len(words), **options, rngs=nnx.Rngs(0)), scale=0.3)
    module.decoder.gate.bias[...] = jnp.array([-9.0])  # it hardly writes from the vocabulary
    translator = Translator(module, words, words, (6,))
    params = translator.initial_params
    found = translator.translate(params, texts, Search(max_length=3, beam=2, banned=(0, 1, EOS, 3)))
    token_losses = jax.jit(translator.token_losses)
    for text, (best,) in zip(texts, found, strict=True):
        written = translator.text(best).split()
        assert len(written) == 3
        assert set(written) <= set(text.split())
        assert translator.written(best) == written
        (source,) = translator.encode_sources([text])
        assert {words.decode(np.array([each]), source.words) for each in source.copy_ids} == set(text.split())
        ids = translator.encode_target(" ".join(written), source)
        np.testing.assert_array_equal(ids, best.ids)
        tgt = jnp.array([[BOS, *ids]], jnp.int32)
        losses = token_losses(params, translator.batch([source], 6), tgt, None)
        assert -best.score == pytest.approx(float(losses.sum()), rel=1e-4)
        weights = translator.copy_weights(params, text, best)
        np.testing.assert_allclose(weights, best.attention, atol=2e-3)  # all is copied
    (source,) = translator.encode_sources([texts[1]])
    assert source.words == ("London", "Rom", "vier")
    assert translator.encode_target("Rom Wien zwei", source)[1] == 3, "a word of no source is unknown"
