"""Reads pictures and clips as frames of one size. Pillow decodes them."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seqjax.data.files import is_hidden
from seqjax.errors import InputError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
LARGEST_PIXELS = 50_000_000  # of a frame; decoding takes four bytes for each
LONGEST = 10_000  # frames of a clip
WHITE = (255, 255, 255)
# What Pillow raises for damaged files, besides OSError.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError, MemoryError)


def read_frames(path: Path | str, size: int, largest: int) -> np.ndarray:
    """Reads a picture, an animated GIF or WebP, or a folder of frames.

    A frame is scaled so that its longer side has ``size`` pixels, and centred on white; what is transparent is white.
    A picture is turned as its EXIF data say. Of a clip with more than ``largest`` frames, as many at equal distances
    are read, from the middle of each stretch; their durations do not matter.

    Args:
      path: The file, or a folder of pictures, which are ordered by name, numbers in it by value.
      size: Height and width S of the result in pixels.
      largest: The largest number of frames T.

    Returns:
      ``uint8 [T, S, S, 3]``; a picture is one frame.

    Raises:
      InputError: For a file that is missing, no picture or damaged, or has too many pixels or frames, and for a folder
        without pictures.
    """
    path = Path(path)
    if not path.is_dir():
        return np.stack(_read_file(path, size, largest))
    files = frame_files(path)
    if not files:
        raise InputError(f"{path} is a folder without pictures; name a picture, a clip or a folder of frames")
    return np.concatenate([np.stack(_read_file(files[index], size, 1)) for index in spread(len(files), largest)])


def frame_files(folder: Path) -> list[Path]:
    """The pictures of a folder, ordered by name, numbers in it by value. Hidden files do not count."""
    try:
        files = [each for each in folder.iterdir() if each.suffix.lower() in ENDINGS]
    except OSError as error:
        raise InputError(f"{folder} cannot be listed ({error.strerror}); change its permissions") from None
    return sorted((each for each in files if not is_hidden(PurePath(each.name))), key=lambda each: _natural(each.name))


def spread(count: int, largest: int) -> list[int]:
    """At most ``largest`` of the indices below ``count``: the middles of as many equal stretches."""
    if count <= largest:
        return list(range(count))
    return [int((2 * index + 1) * count // (2 * largest)) for index in range(largest)]


def fitted(picture: Image.Image, size: int) -> np.ndarray:
    """A picture, scaled to fit a white square of ``size`` pixels, as ``uint8 [size, size, 3]``."""
    scale = size / max(picture.size)
    width, height = (max(round(side * scale), 1) for side in picture.size)
    square = Image.new("RGB", (size, size), WHITE)
    scaled = opaque(picture).resize((width, height), Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    square.paste(scaled, ((size - width) // 2, (size - height) // 2))
    return np.asarray(square)


def opaque(picture: Image.Image) -> Image.Image:
    """A picture in RGB, on white where it is transparent.

    Raises:
      ValueError: If a value is not finite.
    """
    if picture.mode.startswith(("I", "F")):  # 16 bits and more, which RGB would cut off
        values = np.asarray(picture, np.float64)
        if not np.isfinite(values).all():
            raise ValueError("the picture has values that are not finite")
        low, high = (0.0, 65535.0) if picture.mode.startswith("I;16") else (float(values.min()), float(values.max()))
        picture = Image.fromarray(((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8))
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    square = Image.new("RGBA", layer.size, (*WHITE, 255))
    square.alpha_composite(layer)
    return square.convert("RGB")


def _read_file(path: Path, size: int, largest: int) -> Sequence[np.ndarray]:
    """The frames of a file, at most ``largest``."""
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow, on large pictures and odd metadata
            with Image.open(path) as picture:
                return _decoded(picture, path, size, largest)
    except InputError:  # a ValueError too
        raise
    except UnidentifiedImageError:
        raise InputError(f"{path} is no picture that can be read; save it as PNG, JPEG, WebP or GIF") from None
    except Image.DecompressionBombError:
        raise InputError(_too_large(path, "too many")) from None
    except DAMAGE as error:
        reason = getattr(error, "strerror", None)
        what = f"cannot be read ({reason})" if reason else "is damaged or cut off"
        raise InputError(f"{path} {what}; save it again as PNG, JPEG, WebP or GIF") from None


def _decoded(picture: Image.Image, path: Path, size: int, largest: int) -> list[np.ndarray]:
    width, height = picture.size
    if width * height > LARGEST_PIXELS:
        raise InputError(_too_large(path, f"{width:,} x {height:,}"))
    count = getattr(picture, "n_frames", 1) if picture.format in ("GIF", "WEBP", "PNG") else 1
    if count > LONGEST:
        raise InputError(f"{path} has {count:,} frames; cut it to at most {LONGEST:,}")
    if count == 1:
        picture.draft("RGB", (size, size))  # A large JPEG is decoded at a fraction of its size.
        return [fitted(ImageOps.exif_transpose(picture), size)]
    frames = []
    for index in spread(count, largest):
        picture.seek(index)
        frames.append(fitted(picture, size))
    return frames


def _too_large(path: Path, pixels: str) -> str:
    return f"{path} has {pixels} pixels; make it smaller: at most {LARGEST_PIXELS // 10**6} million"


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key that orders "frame2.png" before "frame10.png"."""
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]
