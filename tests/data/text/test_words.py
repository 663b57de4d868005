"""Words of any script, and texts that come back as they were."""

# ruff: noqa: RUF001

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqjax.data.text.words import JOINER, attach, join_words, one_line, split_words

ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
# By hand, with "|" between tokens.
WORDS = {
    "Hindi": ("हिन्दी में बात करो।", "हिन्दी|में|बात|करो|।"),
    "Tamil": ("தமிழ் மொழி", "தமிழ்|மொழி"),
    "Bengali": ("আমি বাংলা", "আমি|বাংলা"),
    "Arabic with harakat": ("أَهْلًا وَسَهْلًا، يا", "أَهْلًا|وَسَهْلًا|،|يا"),
    "Hebrew with points": ("שָׁלוֹם צה״ל", "שָׁלוֹם|צה״ל"),
    "Persian with ZWNJ": ("می\u200cخواهم کتاب", "می\u200cخواهم|کتاب"),
    "Sinhala with ZWJ": ("ශ්\u200dරී ලංකා", "ශ්\u200dරී|ලංකා"),
    "decomposed": ("e\u0301te\u0301 z\u030c", "e\u0301te\u0301|z\u030c"),
    "soft hyphen": ("co\u00adoperate", "co\u00adoperate"),
    "Thai by letters": ("น้ำ ดี", "น้ำ|ดี"),
    "Khmer by letters": ("ខ្មែរ", "ខ្|មែ|រ"),
    "Burmese by letters": ("မြန်မာစာ", "မြ|န်|မာ|စာ"),
    "flag of England": (f"{ENGLAND}!", f"{ENGLAND}|!"),
    "Chinese by letters": ("你好，世界 3月", "你|好|，|世|界|3|月"),
    "variation selector": ("葛\U000e0100飾", "葛\U000e0100|飾"),
    "kana": ("カード です", "カ|ー|ド|で|す"),
    "Korean": ("한국어를 배워요", "한국어를|배워요"),
    "family and flags": ("👩\u200d👩\u200d👧🇩🇪🇫🇷", "👩\u200d👩\u200d👧|🇩🇪|🇫🇷"),
    "keycap and skin": ("1\ufe0f\u20e3 👍🏽👍 ❤\ufe0f", "1\ufe0f\u20e3|👍🏽|👍|❤\ufe0f"),
    "apostrophes": ("don't l\u2019homme 'tis dogs'", "don't|l\u2019homme|'|tis|dogs|'"),
    "signs": ("t-shirt 10:30, 3.14 (a) 50%", "t|-|shirt|10|:|30|,|3|.|14|(|a|)|50|%"),
}

TOKENS = {
    "in the park.": "in|the|park|+.",
    "10:30 3.14 t-shirt": "10|+:+|30|3|+.+|14|t|+-+|shirt",
    "(a) 50%": "(+|a|+)|50|+%",
    "¿Qué? «Ja»": "¿+|Qué|+?|«+|Ja|+»",
    '"So." he said': '"+|So|+.|+"|he|said',
    "« où\u202f! »": "«|où|\u202f|!|»",
    "करो।": "करो|+।",
    "你好，3月 好": "你|好|，|3|月| |好",
    "one\n\n    two": "one|\n\n|    |two",
    " a\tb  ": " |a|\t|b|  ",
    "🇩🇪🇫🇷x": "🇩🇪|+🇫🇷+|x",
    "<eos> <unk>": "<+|eos|+>|<+|unk|+>",
}


@pytest.mark.parametrize("name", WORDS)
def test_split_words_keeps_marks_and_joiners_in_every_script(name):
    text, words = WORDS[name]
    pieces = split_words(text)
    assert "|".join(piece for piece in pieces if not piece.isspace()) == words
    assert "".join(pieces) == text


@pytest.mark.parametrize("text", TOKENS)
def test_attach_marks_the_spacing_and_join_words_restores_it(text):
    tokens = attach(split_words(text))
    assert "|".join(tokens).replace(JOINER, "+") == TOKENS[text]
    assert join_words(tokens) == text


LETTERS = "ab1_ .,'’()\"-\n\t\r\x1c\x00\u00a0\u3000।हिन्あ好，ส้️👍🏽🇩🇪\u200d\u200c\u0301<>#é"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(alphabet=LETTERS), st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_words_restore_every_text(text):
    text = text.replace(JOINER, "")
    assert join_words(attach(split_words(text))) == text


def test_the_joiner_in_a_text_is_unknown():
    assert split_words(f"a {JOINER} b") == ["a", " ", "<unk>", " ", "b"]


def test_join_words_continues_what_it_has_written():
    tokens = attach(split_words('He said (at 10:30): "No."\n好 a/b'))
    texts = [join_words(tokens[:count]) for count in range(len(tokens) + 1)]
    assert all(longer.startswith(shorter) for shorter, longer in pairwise(texts))


def test_one_line_keeps_spaces_that_do_not_break():
    assert one_line(" a\t\r\n b\u202f! \u2028c\x0b") == "a b\u202f! \u2028c"
