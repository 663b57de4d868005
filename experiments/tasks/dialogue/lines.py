"""Lines of standard input that may be JSON objects."""

import json
from typing import Any


def json_object(line: str, keys: tuple[str, ...]) -> dict[str, Any] | None:
    """The object that a line holds; None for a line that is a text, which does not begin with a brace.

    Args:
      line: The line.
      keys: The keys that the object may have; the first one is needed.

    Raises:
      ValueError: For a line that begins with a brace and is no such object.
    """
    if not line.lstrip().startswith("{"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON object ({error})") from None
    if keys[0] not in record:
        raise ValueError(f"has no key {keys[0]!r}; write it as {json.dumps({keys[0]: '...'})}")
    if other := [key for key in record if key not in keys]:
        raise ValueError(f"has a key {other[0]!r}, but may have {', '.join(map(repr, keys))}")
    if not isinstance(record[keys[0]], str):
        raise ValueError(f"has no text under {keys[0]!r}")
    return dict(record)
