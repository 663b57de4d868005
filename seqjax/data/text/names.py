"""English names of languages and countries, from the Unicode CLDR data in Babel."""

from babel import Locale


def names() -> tuple[str, ...]:
    """Returns the English names of languages and countries, each once, in alphabetical order."""
    english = Locale("en")
    return tuple(sorted({*english.languages.values(), *english.territories.values()}))
