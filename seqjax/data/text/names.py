"""Names from Babel's CLDR data: a short list, to make up more of."""

from babel import Locale


def names() -> tuple[str, ...]:
    """The English names of languages and of countries, each once, in the order of the alphabet."""
    english = Locale("en")
    return tuple(sorted({*english.languages.values(), *english.territories.values()}))
