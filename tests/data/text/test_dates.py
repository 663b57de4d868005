"""Dates and quantities in several languages: right by hand, the same each time, and held out by combination."""

import pytest

pytest.importorskip("babel")

from seqjax.data.text.dates import dates
from seqjax.data.text.pairs import split_pairs
from seqjax.errors import InputError

PAIRS = dates(3000, seed=1)


def test_known_pairs_are_among_them():
    """Written by hand: how days of January and lengths are said."""
    found = dict(zip(PAIRS.sources, PAIRS.targets, strict=True))
    months = {"fr": "janvier", "de": "Januar", "es": "enero"}
    for language, month in months.items():
        sources = [source for source, target in found.items() if source.startswith(f"{language}: January ")]
        assert sources
        for source in sources:
            day, year = source.removeprefix(f"{language}: January ").split(", ")
            written = {
                "fr": f"{day} {month} {year}",
                "de": f"{day}. {month} {year}",
                "es": f"{day} de {month} de {year}",
            }
            assert found[source] == written[language]
    kilometres = [source for source in found if source.startswith("fr: ") and source.endswith(" km")]
    assert kilometres
    for source in kilometres:
        number = source.removeprefix("fr: ").removesuffix(" km")
        expected = number.replace(".", ",") + (" kilomètre" if float(number) < 2 else " kilomètres")
        assert found[source] == expected


def test_they_are_the_same_each_time_and_no_source_occurs_twice():
    assert dates(3000, seed=1) == PAIRS
    assert dates(200, seed=2).sources != PAIRS.sources[:200]
    assert len(set(PAIRS.sources)) == len(PAIRS) == 3000
    assert not any(set(text) & set("\xa0\u202f") for text in PAIRS.sources + PAIRS.targets)


def test_held_out_combinations_do_not_occur_in_training_in_any_format():
    train, test = split_pairs(PAIRS, (0.9, 0.1), seed=0)
    assert 100 < len(test) < 500
    for month, day in (group.split("-") for group in test.groups if group[-1].isdigit()):
        for part in (train,):
            assert f"{month}-{day}" not in part.groups
    assert {source[:2] for source in test.sources} == {"fr", "de", "es"}


def test_one_language_needs_no_tag():
    pairs = dates(50, languages=("fr",))
    assert not any(source.startswith("fr:") for source in pairs.sources)
    with pytest.raises(InputError, match="CLDR has no language 'xx'"):
        dates(5, languages=("xx",))
