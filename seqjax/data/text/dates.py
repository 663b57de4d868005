"""Generated pairs of dates, durations and quantities, from English into other languages, with Babel's CLDR data."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.units import format_unit

from seqjax.data.text.pairs import Pairs
from seqjax.errors import InputError

LANGUAGES = ("fr", "de", "es")
FORMATS = ("full", "long", "medium", "short")  # CLDR's names of the lengths of a date
FIRST_DAY, DAYS = date(1970, 1, 1), 36_525  # one century, so that two digits identify a year
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
    """Generates pairs of an English text and its translation; equal arguments give equal pairs.

    Half are dates, half durations and other quantities. A source has one of several formats ("Wednesday, March 3,
    2021", "3/3/21", "12.5 km", "12.5 kilometers") and is left as it is, lower-cased or upper-cased; a target always
    has the long format ("3 mars 2021", "12,5 kilomètres"), with the day of the week if the source has one. With
    several languages a source starts with the one to translate into, as in "de: Mar 3, 2021".

    The group of a pair is its day and month, or its number and unit. The pairs that :func:`split_pairs` holds out are
    therefore combinations that the training part has in no format, year or language.

    Args:
      count: Number of pairs; no source occurs twice.
      languages: Names of CLDR locales, such as "fr" or "pt_BR".
      seed: Source of randomness.

    Raises:
      InputError: For a language that CLDR does not have, and for a count above the number of distinct pairs.
    """
    rng = np.random.default_rng(seed)
    pairs: dict[str, tuple[str, str]] = {}  # from a source to its target and group
    tries = 0
    while len(pairs) < count:
        tries += 1
        if tries > 100 * count + 1000:
            raise InputError(f"there are fewer than {count} distinct pairs of dates; ask for {len(pairs)} or fewer")
        language = languages[rng.integers(len(languages))]
        source, target, group = _date(rng, language) if rng.random() < 0.5 else _quantity(rng, language)
        source = (source, source.lower(), source.upper())[rng.choice(3, p=(0.6, 0.2, 0.2))]
        if len(languages) > 1:
            source = f"{language}: {source}"
        pairs.setdefault(_plain(source), (_plain(target), group))
    targets, groups = zip(*pairs.values(), strict=True) if pairs else ((), ())
    return Pairs("the generated dates", tuple(pairs), targets, groups)


def _date(rng: np.random.Generator, language: str) -> tuple[str, str, str]:
    day = FIRST_DAY + timedelta(days=int(rng.integers(DAYS)))
    form = FORMATS[rng.integers(len(FORMATS))]
    target = _translated(language, format_date, day, "full" if form == "full" else "long")
    return format_date(day, form, locale="en"), target, f"{day.month}-{day.day}"


def _quantity(rng: np.random.Generator, language: str) -> tuple[str, str, str]:
    unit = UNITS[rng.integers(len(UNITS))]
    number = int(rng.integers(1, 1000)) / (1, 10)[rng.integers(2)]
    number = int(number) if number == int(number) else number
    source = format_unit(number, unit, ("long", "short")[rng.integers(2)], locale="en")
    return source, _translated(language, format_unit, number, unit, "long"), f"{number} {unit}"


def _translated(language: str, formatter: Callable[..., str], *values: object) -> str:
    try:
        return formatter(*values, locale=language)
    except (UnknownLocaleError, ValueError):
        raise InputError(f"CLDR has no language {language!r}; name another, such as {', '.join(LANGUAGES)}") from None


def _plain(text: str) -> str:
    """Replaces CLDR's non-breaking spaces by plain ones."""
    return " ".join(text.split())
