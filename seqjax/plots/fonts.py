"""Fonts that have the characters of a text."""

from functools import cache


def font_for(text: str) -> list[str]:
    """Families of fonts that together can draw a text: Matplotlib's own, and an installed one if that does not suffice.

    Empty if there is none. Line breaks and the like count as characters that cannot be drawn.
    """
    from matplotlib import font_manager, rcParams

    own = list(rcParams["font.family"])
    missing = {ord(character) for character in text} - _characters(
        font_manager.findfont(font_manager.FontProperties(family=own))
    )
    if not missing:
        return own
    fonts = sorted(font_manager.fontManager.ttflist, key=lambda font: (font.name, font.fname))
    fonts = [font for font in fonts if "Last Resort" not in font.name]  # It draws boxes.
    return next(([*own, font.name] for font in fonts if missing <= _characters(font.fname)), [])


@cache
def _characters(file: str) -> frozenset[int]:
    """The code points that a font file has; none if it cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return frozenset(FT2Font(file).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()
