"""Lines of the text of a table: encodings, line ends, and lines that are no rows."""

import codecs
import re
from collections.abc import Callable, Sequence

from seqjax.errors import InputError

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf8(content: bytes, encoding: str, name: str, warn: Callable[[str], None]) -> bytes:
    r"""Converts a text to UTF-8 without a byte order mark, with lines that end in ``\n``.

    Args:
      content: The bytes of the text.
      encoding: Their encoding; "" for UTF-8, or UTF-16 if they begin with its mark.
      name: Name of the text, for messages.
      warn: Called with a remark if they are read as UTF-16.

    Raises:
      InputError: If they are no text in this encoding, or there is no such encoding.
    """
    if not encoding and content.startswith(UTF_16):
        warn(f"{name} is read as UTF-16")
        encoding = "utf-16"
    try:
        codec = codecs.lookup(encoding or "utf-8").name
        if codec != "utf-8":
            content = content.decode(codec).encode()
        elif not content.isascii():
            content.decode()
    except (LookupError, UnicodeEncodeError):
        raise InputError(
            f"data.encoding is {encoding!r}, which is none; give one such as 'latin-1', 'cp1252' or 'utf-16'"
        ) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name} is no {encoding or 'UTF-8'} text (line {line}); save it in UTF-8, or set "
            "data.encoding to its encoding, such as 'cp1252' or 'latin-1'"
        ) from None
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise InputError(
            f"{name}: line {line} holds zero bytes, as UTF-16 and packed files do; save it as CSV in UTF-8, or set "
            "data.encoding, such as 'utf-16-le'"
        )
    return content


def masked(content: bytes, comment: str, skip_lines: Sequence[int], name: str) -> bytes:
    """Empties comments and other lines that are no rows; lines keep their numbers.

    Args:
      content: A text in UTF-8.
      comment: Beginning of comments; "" for none.
      skip_lines: Numbers of lines from 1, or from -1 for the last one.
      name: Name of the text, for messages.

    Raises:
      InputError: If there is no line of such a number.
    """
    if comment:
        content = re.sub(rb"(?m)^[ \t]*" + re.escape(comment.encode()) + rb".*$", b"", content)
    if not skip_lines:
        return content
    lines = content.removesuffix(b"\n").split(b"\n")
    for number in skip_lines:
        if number == 0 or not -len(lines) <= number <= len(lines):
            raise InputError(f"data.skip_lines has {number}, but {name} has the lines 1 to {len(lines)}")
        lines[number - 1 if number > 0 else number] = b""
    return b"\n".join(lines) + b"\n"
