"""The recogniser: batches, long and odd recordings, searches, and streams."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from seqjax.data.audio.features import Features
from seqjax.data.audio.tones import tones
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.automaton import words
from seqjax.models.frame_encoder import FrameEncoder, Frames
from seqjax.models.speech import CTCModel
from seqjax.predictors.speech import Recogniser, SpeechSearch, cut_at_quiet, padded_frames
from seqjax.predictors.speech_stream import SpeechStream

RATE, SIZE = 8000, 10
RECORDINGS = tones(12, RATE, 0)
VOCABULARY = Vocabulary.learn(RECORDINGS.texts, kind="character", lowercase=True, size=99, min_count=1)
STATISTICS = np.stack([np.full(SIZE, -8.0), np.full(SIZE, 2.0)]).astype(np.float32)
GREEDY = SpeechSearch()


def recogniser(bidirectional: bool = False, buckets=(60, 180), statistics=STATISTICS, joins=(2,)) -> Recogniser:
    """An untrained model that writes many letters: its output layer is large."""
    rngs = nnx.Rngs(3)
    encoder = FrameEncoder(SIZE, 8, cell="gru", joins=joins, bidirectional=bidirectional, dropout=0.0, rngs=rngs)
    model = CTCModel(encoder, len(VOCABULARY), rngs=rngs)
    model.output.kernel[...] = 20 * model.output.kernel[...]
    return Recogniser(model, VOCABULARY, Features("log_mel", SIZE, RATE), statistics, buckets)


@pytest.fixture(scope="module")
def causal() -> Recogniser:
    return recogniser()


@pytest.fixture(scope="module")
def texts(causal) -> list[str]:
    found = causal.transcribe(causal.initial_params, RECORDINGS.sounds, GREEDY)
    return [each[0].text for each in found]


def test_greedy_text_is_the_most_likely_class_of_each_output(causal, texts):
    model, blank = causal.model(causal.initial_params), len(VOCABULARY)
    frames = causal.normalised(causal.features(RECORDINGS.sounds[0]))
    logits, _ = jax.jit(model)(Frames(frames[None], np.ones((1, len(frames)), bool)))
    path = np.asarray(logits[0]).copy()
    path[:, :4] = -np.inf
    path = path.argmax(axis=1)
    letters = [token for token, before in zip(path, [blank, *path], strict=False) if token not in (before, blank)]
    assert texts[0] == " ".join("".join(VOCABULARY.tokens[token] for token in letters).split())
    assert len(set(texts)) > 8
    assert min(map(len, texts)) > 0


def test_a_recording_is_recognised_the_same_alone_and_among_others(causal, texts):
    params = causal.initial_params
    for row in (0, 5):
        assert causal.transcribe(params, [RECORDINGS.sounds[row]], GREEDY)[0][0].text == texts[row]
    backwards = causal.transcribe(params, RECORDINGS.sounds[::-1], GREEDY)
    assert [each[0].text for each in backwards] == texts[::-1]


def test_same_samples_as_integers_give_the_same_text(causal, texts):
    sound = np.round(RECORDINGS.sounds[2] * 32768).astype(np.int16)
    assert causal.transcribe(causal.initial_params, [sound], GREEDY)[0][0].text == texts[2]


def test_silent_empty_and_short_recordings_have_an_answer(causal, texts):
    sounds = [np.zeros(4000, np.float32), np.zeros(0, np.float32), RECORDINGS.sounds[0][:5], RECORDINGS.sounds[0]]
    silent, empty, short, whole = causal.transcribe(causal.initial_params, sounds, GREEDY)
    assert silent[0].text == empty[0].text == ""
    assert len(short) == 1
    assert whole[0].text == texts[0]


def test_long_recording_is_cut_and_nothing_new_is_compiled(causal):
    long = np.concatenate([*RECORDINGS.sounds] * 3)
    assert causal.features.frames(len(long)) > 5 * 180
    params = causal.initial_params
    causal.transcribe(params, RECORDINGS.sounds, GREEDY)
    before = causal._greedy._cache_size()
    (found,) = causal.transcribe(params, [long], GREEDY)
    causal.transcribe(params, [sound[:-777] for sound in RECORDINGS.sounds], GREEDY)
    assert causal._greedy._cache_size() == before
    assert len(found) == 1
    assert len(found[0].text) > 50


def test_cuts_are_at_quiet_places_and_no_piece_is_too_long():
    loud = np.random.default_rng(0).normal(5, 1, (1000, 3))
    quiet = (170, 290, 410, 560, 700, 880)
    for place in quiet:
        loud[place - 10 : place + 10] = -5
    cuts = cut_at_quiet(loud, 200)
    assert np.diff([0, *cuts, 1000]).max() <= 200
    assert all(min(abs(cut - place) for place in quiet) < 8 for cut in cuts)
    assert cut_at_quiet(loud[:200], 200) == []
    assert np.diff([0, *cut_at_quiet(np.zeros((50, 2)), 1), 50]).max() == 1


def test_beam_finds_texts_that_are_at_least_as_likely_and_a_word_list_writes_its_words(causal):
    params, sounds = causal.initial_params, RECORDINGS.sounds[:4]
    found = causal.transcribe(params, sounds, SpeechSearch(beam=8, n_best=3))
    for each in found:
        scores = [transcript.score for transcript in each]
        assert scores == sorted(scores, reverse=True)
        assert len({transcript.text for transcript in each}) > 1
    before = causal._prefixes._cache_size()
    causal.transcribe(params, [sound[:-777] for sound in sounds], SpeechSearch(beam=8, n_best=3))
    assert causal._prefixes._cache_size() == before, "other lengths in the same buckets"
    spellings = {word: VOCABULARY.encode(word).tolist() for word in ("do", "re", "mi")}
    (space,) = VOCABULARY.encode(" ").tolist()
    automaton = words(spellings, len(VOCABULARY) + 1, space=space)
    listed = causal.transcribe(params, sounds, SpeechSearch(beam=8), automaton)
    written = {word for each in listed for transcript in each for word in transcript.text.split()}
    assert written <= spellings.keys()
    assert written


@pytest.mark.parametrize("size", [2, 333, 100_000])
def test_stream_writes_the_text_of_the_whole(causal, texts, size):
    stream = SpeechStream(causal, causal.initial_params)
    for row in (1, 4) if size == 333 else (1,):
        stream = SpeechStream(causal, causal.initial_params)
        content = np.round(RECORDINGS.sounds[row] * 32768).astype("<i2").tobytes()
        pieces = [stream.feed(content[start : start + size]) for start in range(0, len(content), size)]
        text = "".join([*pieces, stream.end()])
        assert " ".join(text.split()) == texts[row]
        if size == 333:
            assert sum(map(bool, pieces)) > 3, "letters are written while sound arrives"
    assert stream.delay == pytest.approx(0.025 + 0.010)
    assert stream.feed(b"\x00") == ""


def test_stream_needs_a_model_that_does_not_look_ahead(causal):
    for each, message in (
        (recogniser(bidirectional=True), "needs the whole recording"),
        (recogniser(statistics=None), "normalises each recording"),
    ):
        with pytest.raises(ValueError, match=message):
            SpeechStream(each, each.initial_params)


def test_padded_frames_are_padded():
    frames = padded_frames([np.ones((2, 3)), np.ones((4, 3))], 5, 3)
    np.testing.assert_array_equal(frames.mask.sum(axis=1), [2, 4, 0])
    np.testing.assert_array_equal(frames.features.sum(axis=2), 3 * frames.mask)


def test_special_tokens_are_never_written(causal):
    params = jax.tree.map(lambda leaf: leaf, causal.initial_params)
    bias = params["output"]["bias"]
    params["output"]["bias"] = bias.at[jnp.arange(4)].add(100)
    text = causal.transcribe(params, RECORDINGS.sounds[:1], GREEDY)[0][0].text
    assert "<" not in text
    assert text
