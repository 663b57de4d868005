"""Dates, durations and quantities in English and in other languages: pairs without end, made with Babel's CLDR data."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.units import format_unit

from seqjax.data.text.pairs import Pairs
from seqjax.errors import InputError

LANGUAGES = ("fr", "de", "es")
WIDTHS = ("full", "long", "medium", "short")  # of a date, as CLDR calls them
FIRST_DAY, DAYS = date(1970, 1, 1), 36_525  # a hundred years, so that two digits tell the year
UNITS = (
    "duration-second",
    "duration-minute",
    "duration-hour",
    "duration-day",
    "duration-week",
    "duration-month",
    "duration-year",
    "length-meter",
    "length-kilometer",
    "mass-gram",
    "mass-kilogram",
    "volume-liter",
    "temperature-celsius",
    "speed-kilometer-per-hour",
    "digital-gigabyte",
)


def dates(count: int, *, languages: tuple[str, ...] = LANGUAGES, seed: int = 0) -> Pairs:
    """Pairs of English text and what it means in another language, the same for every call with the same arguments.

    Half are dates, half durations and other quantities. The English stands in one of several formats ("Wednesday,
    March 3, 2021", "3/3/21", "12.5 km", "12.5 kilometers"), as it is or all in small or in capital letters; the
    target in one alone ("3 mars 2021", "12,5 kilomètres"), but that a source with a day of the week has a target with
    one. With several languages the source says at its front which is wanted, as in "de: Mar 3, 2021".

    The group of a pair is its day and month, or its number and unit. So what :func:`split_pairs` holds out are
    combinations that training does not show in any format, year or language.

    Args:
      count: How many pairs; no source occurs twice.
      languages: Names of CLDR's locales, such as "fr" or "pt_BR".
      seed: Of the draws.

    Raises:
      InputError: For a language that CLDR does not have, and for more pairs than there can be.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, tuple[str, str]] = {}  # target and group by source
    tries = 0
    while len(found) < count:
        tries += 1
        if tries > 100 * count + 1000:
            raise InputError(f"there are fewer than {count} pairs of dates; ask for {len(found)} or fewer")
        language = languages[rng.integers(len(languages))]
        source, target, group = _date(rng, language) if rng.random() < 0.5 else _quantity(rng, language)
        source = (source, source.lower(), source.upper())[rng.choice(3, p=(0.6, 0.2, 0.2))]
        if len(languages) > 1:
            source = f"{language}: {source}"
        found.setdefault(_plain(source), (_plain(target), group))
    targets, groups = zip(*found.values(), strict=True) if found else ((), ())
    return Pairs("the generated dates", tuple(found), targets, groups)


def _date(rng: np.random.Generator, language: str) -> tuple[str, str, str]:
    day = FIRST_DAY + timedelta(days=int(rng.integers(DAYS)))
    width = WIDTHS[rng.integers(len(WIDTHS))]
    target = _in(language, format_date, day, "full" if width == "full" else "long")
    return format_date(day, width, locale="en"), target, f"{day.month}-{day.day}"


def _quantity(rng: np.random.Generator, language: str) -> tuple[str, str, str]:
    unit = UNITS[rng.integers(len(UNITS))]
    number = int(rng.integers(1, 1000)) / (1, 10)[rng.integers(2)]
    number = int(number) if number == int(number) else number
    source = format_unit(number, unit, ("long", "short")[rng.integers(2)], locale="en")
    return source, _in(language, format_unit, number, unit, "long"), f"{number} {unit}"


def _in(language: str, form: Callable[..., str], *values: object) -> str:
    try:
        return form(*values, locale=language)
    except (UnknownLocaleError, ValueError):
        raise InputError(f"CLDR has no language {language!r}; name one such as {', '.join(LANGUAGES)}") from None


def _plain(text: str) -> str:
    """Spaces that do not break, of which CLDR has three widths, as plain ones."""
    return " ".join(text.split())
