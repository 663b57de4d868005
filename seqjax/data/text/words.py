"""Words: texts divided into words and signs of any script, and put together again with their spacing."""

import re
from collections.abc import Iterable
from functools import cache

from tokenizers import Regex, pre_tokenizers

JOINER = "\uffed"  # no blank here: as a token, or at the side of a sign (as the joiners of OpenNMT's tokenizer)
UNKNOWN = "<unk>"

# Scripts without blanks between words, with their punctuation: Thai, Lao, Myanmar, Khmer, Tai, Han, kana, Bopomofo.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u200b\u2e80-\u2fdf\u3001-\u312f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40"
    "\uff5b-\uff9f\U00020000-\U0003ffff"
)
_LETTER = rf"[\p{{L}}\p{{N}}_&&[^{UNSPACED}]]"
_INSIDE = rf"[\p{{L}}\p{{N}}_\p{{M}}\u00ad\u200c\u200d\u2060&&[^{UNSPACED}]]"  # marks, soft hyphens, zero-width joiners

# A word; or up to four equal white-space characters; or one grapheme cluster (Unicode UAX #29): a sign with its marks,
# an emoji sequence, or a letter of a script without blanks.
WORD = rf"{_LETTER}{_INSIDE}*(?:['\u2019\u05f3\u05f4](?={_LETTER}){_INSIDE}+)*|(\s)\1{{0,3}}|\X\p{{M}}*"
EARLIER_WORD = r"[\p{L}\p{N}_]+(?:'[\p{L}\p{N}_]+)*|[^\p{L}\p{N}_\s]"  # of vocabularies saved without a pattern

_UNSPACED = re.compile(f"[{UNSPACED}]")


def split_words(text: str, pattern: str = WORD) -> list[str]:
    """Divides a text into words, signs and white space; joined again they are the text.

    A word is a run of letters and digits of any script with their marks and zero-width joiners, perhaps with
    apostrophes inside. In scripts without blanks between words, each letter with its marks is a word.

    Args:
      text: The text. A piece with the joiner character itself becomes ``<unk>``.
      pattern: Regular expression of the pieces, in Oniguruma's syntax.
    """
    pieces = [piece for piece, _ in _splitter(pattern).pre_tokenize_str(text)]
    return [UNKNOWN if JOINER in piece else piece for piece in pieces] if JOINER in text else pieces


def attach(pieces: Iterable[str]) -> list[str]:
    """The tokens of pieces of a text, which hold its spacing; :func:`join_words` is the inverse.

    A blank stands between two tokens, none beside a letter or sign of a script without blanks. Where the text has no
    blank, the joiner marks the sign ("park", "￭."), or stands between two words. All other white space is a token.

    Args:
      pieces: As from :func:`split_words`.
    """
    tokens: list[str] = []
    gap: list[str] = []
    before = ""
    for piece in pieces:
        if piece.isspace():
            gap.append(piece)
            continue
        blank = "".join(gap)
        if blank == _usual(before, piece):
            tokens.append(piece)
        elif blank:
            tokens += [*gap, piece]
        elif not _is_word(piece):
            tokens.append(JOINER + piece)
        elif not _is_word(before):
            tokens[-1] += JOINER
            tokens.append(piece)
        else:
            tokens += [JOINER, piece]
        before, gap = piece, []
    return tokens + gap


def join_words(tokens: Iterable[str]) -> str:
    """The text of tokens from :func:`attach`."""
    parts: list[str] = []
    before, is_attached = "", True
    for token in tokens:
        if token == JOINER or token.isspace():
            parts.append("" if token == JOINER else token)
            is_attached = True
            continue
        bare = token.strip(JOINER)
        if not is_attached and token[0] != JOINER:
            parts.append(_usual(before, bare))
        parts.append(bare)
        before, is_attached = bare, token[-1] == JOINER
    return "".join(parts)


def detach(token: str) -> list[str]:
    """A token without its joiners, which become tokens of their own."""
    bare = token.strip(JOINER)
    if not bare or bare == token:
        return [token]
    return [JOINER] * token.startswith(JOINER) + [bare] + [JOINER] * token.endswith(JOINER)


def _usual(before: str, after: str) -> str:
    """The spacing between two pieces that is not marked."""
    return "" if not before or _UNSPACED.match(before) or _UNSPACED.match(after) else " "


def _is_word(piece: str) -> bool:
    return piece[:1].isalnum() or piece[:1] == "_"


@cache
def _splitter(pattern: str) -> pre_tokenizers.Split:
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def one_line(text: str) -> str:
    """A text on one line: a blank for each run of ASCII white space, none at its ends; other spaces are kept."""
    return " ".join(re.split(r"[ \t\n\r\f\v]+", text)).strip(" ")
