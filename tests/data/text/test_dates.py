"""Generated dates and quantities: correct by hand, deterministic, and held out by combination."""

import pytest

pytest.importorskip("babel")

from seqjax.data.text.dates import dates
from seqjax.data.text.pairs import split_pairs
from seqjax.errors import InputError

PAIRS = dates(3000, seed=1)


def test_dates_hold_known_pairs():
    """By hand: days of January in three languages, and lengths in French."""
    targets = dict(zip(PAIRS.sources, PAIRS.targets, strict=True))
    months = {"fr": "janvier", "de": "Januar", "es": "enero"}
    for language, month in months.items():
        sources = [source for source in targets if source.startswith(f"{language}: January ")]
        assert sources
        for source in sources:
            day, year = source.removeprefix(f"{language}: January ").split(", ")
            written = {
                "fr": f"{day} {month} {year}",
                "de": f"{day}. {month} {year}",
                "es": f"{day} de {month} de {year}",
            }
            assert targets[source] == written[language]
    kilometres = [source for source in targets if source.startswith("fr: ") and source.endswith(" km")]
    assert kilometres
    for source in kilometres:
        number = source.removeprefix("fr: ").removesuffix(" km")
        expected = number.replace(".", ",") + (" kilomètre" if float(number) < 2 else " kilomètres")
        assert targets[source] == expected


def test_dates_are_deterministic_and_have_no_source_twice():
    assert dates(3000, seed=1) == PAIRS
    assert dates(200, seed=2).sources != PAIRS.sources[:200]
    assert len(set(PAIRS.sources)) == len(PAIRS) == 3000
    assert not any(set(text) & set("\xa0\u202f") for text in PAIRS.sources + PAIRS.targets)


def test_dates_held_out_by_split_pairs_are_in_training_in_no_format():
    train, test = split_pairs(PAIRS, (0.9, 0.1), seed=0)
    assert 100 < len(test) < 500
    assert not set(train.groups) & set(test.groups)
    assert any(group[-1].isdigit() for group in test.groups), "a day and month"
    assert {source[:2] for source in test.sources} == {"fr", "de", "es"}


def test_dates_of_one_language_name_none():
    pairs = dates(50, languages=("fr",))
    assert not any(source.startswith("fr:") for source in pairs.sources)
    with pytest.raises(InputError, match="CLDR has no language 'xx'"):
        dates(5, languages=("xx",))
