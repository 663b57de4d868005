"""The caption writer: captions of one picture do not depend on the others, and attention is over its own frames."""

import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Search
from seqjax.models.captioner import Captioner
from seqjax.predictors.captioning import CaptionWriter, padded_clips

WORDS = Vocabulary.learn(["red cat moves"], kind="word", lowercase=True, size=20, min_count=1, spacing=True)


@pytest.fixture(scope="module")
def writer() -> CaptionWriter:
    options = {"frame_features": 4, "embed_features": 4, "decoder_features": 4, "channels": (4, 4)}
    options |= {"size": 8, "reader": "frames", "cell": "gru", "conditioning": "attention", "score": "general"}
    options |= {"input_feeding": False, "dropout": 0.0}
    module = random_module(lambda: Captioner(len(WORDS), **options, rngs=nnx.Rngs(params=0)))
    return CaptionWriter(module, WORDS, 8, 4)


def test_clip_is_captioned_as_if_alone_with_attention_over_its_frames(writer):
    rng = np.random.default_rng(0)
    clips = [rng.integers(0, 256, (frames, 8, 8, 3), dtype=np.uint8) for frames in (1, 4, 2)]
    search = Search(max_length=5, beam=2, n_best=2)
    together = writer.caption(writer.initial_params, clips, search)
    for clip, found in zip(clips, together, strict=True):
        (alone,) = writer.caption(writer.initial_params, [clip], search)
        assert [writer.text(each) for each in alone] == [writer.text(each) for each in found]
        np.testing.assert_allclose([each.score for each in alone], [each.score for each in found], rtol=1e-5)
        for each in found:
            assert each.attention is not None
            assert each.attention.shape == (len(each.ids), len(clip))
            np.testing.assert_allclose(each.attention.sum(axis=1), 1, rtol=1e-5)
            assert len(writer.words(each)) == len(each.ids)
    assert writer.caption(writer.initial_params, [], search) == []


def test_clips_are_padded_to_one_shape():
    pixels, mask = padded_clips([np.ones((2, 8, 8, 3), np.uint8)], 3, 2)
    assert pixels.shape == (2, 3, 8, 8, 3)
    assert mask.tolist() == [[True, True, False], [False] * 3]
    assert pixels.sum() == 2 * 8 * 8 * 3


def test_reference_has_the_form_of_a_caption(writer):
    assert writer.reference("A Red CAT") == "a red cat"
