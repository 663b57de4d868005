"""Keys of a config on the command line: ``--config.key=value``, parsed by the type of the value in the config file."""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.run.arguments import TYPES, nearest
from seqjax.errors import InputError

KINDS = {**TYPES, tuple: "a tuple like (1,2)"}
WORDS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
FLAG = re.compile(r"--?(?P<no>no)?(?P<name>config(\.[^=]*)?)(=(?P<value>.*))?", re.DOTALL)


def normalised(arguments: Sequence[str]) -> list[str]:
    """A command line in which ``--config=FILE`` comes first, then each key as ``--config.key=value``, then the rest.

    Raises:
      InputError: The config or a key is given twice.
    """
    given: dict[str, str] = {}
    rest: list[str] = []
    left = list(arguments)
    while left:
        argument = left.pop(0)
        match = FLAG.fullmatch(argument)
        if match is None or (match["no"] and match["name"] == "config"):
            rest.append(argument)
            continue
        name, value = match["name"], match["value"]
        if value is None and match["no"]:
            value = "false"
        elif value is None and left and not re.match(r"-(?![\d.])", left[0]):
            value = left.pop(0)
        elif value is None:
            value = "" if name == "config" else "true"
        if name in given:
            raise InputError(f"--{name} is given twice, as {given[name]!r} and as {value!r}; leave one out")
        given[name] = value
    first = [f"--config={given.pop('config')}"] if "config" in given else []
    return [*first, *(f"--{name}={value}" for name, value in given.items()), *rest]


def keys(arguments: Sequence[str]) -> dict[str, str]:
    """The config keys of a normalised command line, with their values as they were written."""
    pairs = (each.removeprefix("--config.").partition("=") for each in arguments if each.startswith("--config."))
    return {key: value for key, _, value in pairs}


def parse_value(key: str, text: str, known: Mapping[str, Any]) -> Any:
    """The value of a key, in the type that it has in the config.

    Args:
      key: The key, as in "train.steps".
      text: Its value as it was written.
      known: All keys of the config, with their values.

    Raises:
      InputError: There is no such key, or the text is not of the key's type.
    """
    if key not in known:
        raise InputError(f"there is no config key {key!r}{_advice(key, known)}")
    kind = type(known[key])
    try:
        if kind is bool:
            return WORDS[text.lower()]
        if kind in (int, float):
            return kind(text)
        if kind is tuple:
            return _tuple(text, is_text=bool(known[key]) and all(isinstance(each, str) for each in known[key]))
    except (KeyError, ValueError):
        raise InputError(f"config key {key!r} is {text!r}, but must be {KINDS[kind]}") from None
    return text


def _advice(key: str, known: Mapping[str, Any]) -> str:
    inside = [each for each in known if each.startswith(f"{key}.")]
    if inside:
        return f", but a group of keys: {', '.join(inside)}"
    leaves = {each.rpartition(".")[2]: each for each in known}
    near = nearest(key, known) or nearest(leaves.get(key.rpartition(".")[2], ""), known)
    return near or "; there are " + ", ".join(known)


def _tuple(text: str, *, is_text: bool) -> tuple[Any, ...]:
    """``(a,b)``, ``[a,b]`` or ``a,b``; entries that look like numbers are numbers unless ``is_text`` or in quotes."""
    inner = text.strip()
    if (inner[:1], inner[-1:]) in (("(", ")"), ("[", "]")):
        inner = inner[1:-1]
    if "'" in inner or '"' in inner:
        try:
            entries = ast.literal_eval(f"({inner},)" if not inner.rstrip().endswith(",") else f"({inner})")
        except (SyntaxError, ValueError):
            pass  # a name with an apostrophe
        else:
            return tuple(entries)
    pieces = [piece.strip() for piece in inner.split(",")]
    return tuple(piece if is_text else _number(piece) for piece in pieces if piece)


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text
