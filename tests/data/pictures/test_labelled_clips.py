"""Clips as labelled frames: their values and their labels."""

import numpy as np
import pytest

from seqjax.data.pictures.captioned import Captioned
from seqjax.data.pictures.labelled import flat, generated_clips, labelled_clips
from seqjax.data.pictures.moving import DIRECTIONS, SPEEDS
from seqjax.errors import InputError


def clips(*captions: str) -> Captioned:
    rng = np.random.default_rng(0)
    frames = tuple(rng.integers(0, 256, (2 + row, 2, 2, 3), dtype=np.uint8) for row in range(len(captions)))
    names = tuple(f"{row}.gif" for row in range(len(captions)))
    return Captioned("toy", names, frames, tuple((each,) for each in captions), captions)


def test_frame_has_the_values_that_its_columns_name():
    source = clips("red ring moves up slowly", "cat moves left quickly")
    labelled = labelled_clips(source, "caption")
    for clip, frames in zip(source.frames, labelled.frames, strict=True):
        assert frames.shape == (len(clip), 12)
        value = dict(zip(labelled.columns, frames[1], strict=True))
        assert value["pixel1_0_g"] == np.float32(clip[1, 1, 0, 1]) / 255
        np.testing.assert_array_equal(frames, flat(clip))
    assert labelled.labels == source.groups
    assert labelled.ids == source.names


def test_label_is_what_moves_or_how_or_the_caption():
    source = clips("red ring moves up slowly", "cat moves left quickly")
    assert labelled_clips(source, "thing").labels == ("red ring", "cat")
    assert labelled_clips(source, "motion").labels == ("up slowly", "left quickly")
    with pytest.raises(InputError, match="'motion', but the caption 'a cat' of toy does not say what moves; set it to"):
        labelled_clips(clips("cat moves up slowly", "a cat"), "motion")


def test_generated_clips_have_one_object_in_every_motion():
    labelled = labelled_clips(generated_clips("moving_shapes", 150, 12, 4), "motion")
    assert len(labelled) == 150
    assert set(labelled.labels) == {f"{direction} {speed}" for direction in DIRECTIONS for speed in SPEEDS}
    assert {each.shape for each in labelled.frames} == {(4, 12 * 12 * 3)}
