"""Pictures and clips from files: every format, transparency, sizes, and files that are none."""

import numpy as np
import pytest
from PIL import Image

from seqjax.data.pictures import files
from seqjax.data.pictures.files import fitted, frame_files, opaque, read_frames, spread
from seqjax.errors import InputError


def halves(width: int, height: int) -> Image.Image:
    """Red on the left, blue on the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "bmp", "tiff"])
def test_picture_of_each_format_is_scaled_and_centred_on_white(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    halves(40, 20).save(path)
    (frame,) = read_frames(path, 8, 5)
    assert frame.shape == (8, 8, 3)
    assert (frame[:2] == 255).all()
    assert (frame[6:] == 255).all()
    np.testing.assert_allclose(frame[2:6, 0], [[255, 0, 0]] * 4, atol=40)
    np.testing.assert_allclose(frame[2:6, 7], [[0, 0, 255]] * 4, atol=40)


def test_scaled_picture_holds_the_means_of_its_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    expected = pixels.reshape(4, 3, 4, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(fitted(Image.fromarray(pixels), 4), expected, atol=1)


def test_transparent_is_white_and_sixteen_bits_are_not_cut_off():
    clear = Image.fromarray(np.array([[[9, 9, 9, 0], [10, 20, 30, 255]]], np.uint8), "RGBA")
    assert np.asarray(opaque(clear)).tolist() == [[[255] * 3, [10, 20, 30]]]
    assert np.asarray(opaque(clear.convert("LA")))[0, 0].tolist() == [255] * 3
    deep = Image.fromarray(np.array([[0, 32768, 65535]], np.uint16))
    assert np.asarray(opaque(deep))[0, :, 0].tolist() == [0, 127, 255]
    assert np.asarray(opaque(deep.crop((1, 0, 2, 1)))).tolist() == [[[127] * 3]]
    fractions = Image.fromarray(np.array([[-1.0, 0.0, 1.0]], np.float32))
    assert np.asarray(opaque(fractions))[0, :, 0].tolist() == [0, 127, 255]
    palette = clear.convert("P")
    assert np.asarray(opaque(palette)).shape == (1, 2, 3)


def test_picture_is_turned_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    halves(40, 20).save(tmp_path / "a.jpg", exif=exif)
    (frame,) = read_frames(tmp_path / "a.jpg", 8, 1)
    np.testing.assert_allclose(frame[0, 4], [255, 0, 0], atol=30)
    np.testing.assert_allclose(frame[7, 4], [0, 0, 255], atol=30)


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_clip_has_its_frames_or_as_many_as_wanted_at_equal_distances(tmp_path, ending):
    shades = [0, 50, 100, 150, 200, 250]
    frames = [Image.new("RGB", (4, 4), (shade, 0, 0)) for shade in shades]
    path = tmp_path / f"clip.{ending}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50, lossless=True)
    np.testing.assert_allclose(read_frames(path, 4, 9)[:, 0, 0, 0], shades, atol=2)
    np.testing.assert_allclose(read_frames(path, 4, 3)[:, 0, 0, 0], shades[1::2], atol=2)
    np.testing.assert_allclose(read_frames(path, 4, 1)[:, 0, 0, 0], shades[3:4], atol=2)


def test_folder_of_frames_is_a_clip_ordered_by_number(tmp_path):
    for number in (10, 2, 1):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / f"frame{number}.png")
    (tmp_path / ".hidden.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no frame")
    assert [path.name for path in frame_files(tmp_path)] == ["frame1.png", "frame2.png", "frame10.png"]
    assert read_frames(tmp_path, 4, 9)[:, 0, 0, 0].tolist() == [1, 2, 10]


def test_spread_takes_the_middles_of_equal_stretches():
    assert spread(3, 5) == [0, 1, 2]
    assert spread(6, 2) == [1, 4]
    assert spread(10, 1) == [5]


def test_picture_of_one_pixel_and_a_very_long_one_are_read(tmp_path):
    Image.new("RGB", (1, 1), (10, 20, 30)).save(tmp_path / "one.png")
    assert (read_frames(tmp_path / "one.png", 6, 1) == [10, 20, 30]).all()
    Image.new("RGB", (3000, 1)).save(tmp_path / "long.png")
    assert read_frames(tmp_path / "long.png", 6, 1).shape == (1, 6, 6, 3)


def test_too_many_pixels_or_frames_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")
    with pytest.raises(InputError, match=r"large.png has 10,000 x 10,000 pixels; make it smaller: at most 50 million"):
        read_frames(tmp_path / "large.png", 8, 1)
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(InputError, match=r"bomb.png has too many pixels"):
        read_frames(tmp_path / "bomb.png", 8, 1)
    monkeypatch.setattr(files, "LONGEST", 2)
    frames = [Image.new("RGB", (4, 4), (shade, 0, 0)) for shade in (0, 99, 200)]
    frames[0].save(tmp_path / "long.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"long.gif has 3 frames; cut it"):
        read_frames(tmp_path / "long.gif", 8, 1)


def test_what_is_no_picture_is_refused_in_one_sentence(tmp_path):
    halves(40, 20).save(tmp_path / "good.png")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "noise.jpg").read_bytes()[:900])
    (tmp_path / "folder").mkdir()
    Image.fromarray(np.full((4, 4), np.nan, np.float32)).save(tmp_path / "nan.tiff")
    for name, words in {
        "missing.png": "there is no file",
        "empty.png": "is no picture that can be read",
        "text.png": "is no picture that can be read",
        "cut.png": "is damaged or cut off",
        "cut.jpg": "is damaged or cut off",
        "nan.tiff": "is damaged or cut off",
        "folder": "is a folder without pictures",
    }.items():
        with pytest.raises(InputError, match=words) as caught:
            read_frames(tmp_path / name, 8, 1)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
