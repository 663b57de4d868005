"""Dialogue acts and the replies that express them, with the values of slots replaced by placeholders."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from seqjax.data.text.files import read_text
from seqjax.errors import InputError

ASKED = "?"  # the value of a slot that is asked for
SPECIAL = {  # values that are expressed by words, not copied
    "none": "none",
    "true": "yes",
    "yes": "yes",
    "false": "no",
    "no": "no",
    "dontcare": "dontcare",
    "dont_care": "dontcare",
}
MOST_PERMUTED = 4  # parts of a value such as "lunch or dinner" that are looked for in any order
FILES = {"training": "train.json", "validation": "valid.json", "test": "test.json"}

PLACEHOLDER = "SLOT_"  # what stands for a value begins with it
_ACT = re.compile(r"\s*(\??[A-Za-z_]+)\s*\((.*)\)\s*", re.DOTALL)

# A value in quotation marks ends with the mark that ends the slot, so that it may hold marks and semicolons.
_SLOT = re.compile(r"""[^;=]+=\s*(?:'[^=]*?'|"[^=]*?")\s*(?=;|$)|[^;]+""")


@dataclass(frozen=True)
class DialogueAct:
    """A dialogue act: a type, and slots with values, as ``inform(name='red door cafe';kidsallowed=no)``.

    Attributes:
      type: Such as "inform" or "?request".
      slots: Names and values in the order of the text. A value is "?" if the slot is asked for, "yes", "no", "none" or
        "dontcare", or a text that the reply repeats.
    """

    type: str
    slots: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> "DialogueAct":
        """Reads an act: slots are separated by semicolons; values may stand in quotation marks, and hold some then.

        Raises:
          ValueError: For a text that is no act.
        """
        match = _ACT.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no dialogue act; write it as inform(name='red door cafe';food=thai)")
        slots = []
        for part in filter(str.strip, _SLOT.findall(match[2])):
            name, has_value, value = part.partition("=")
            name = re.sub(r"[\s_'\"]", "", name).lower()
            if not name:
                raise ValueError(f"{text!r} has a slot without a name; write it as name='red door cafe'")
            value = value.strip().strip("'\"").strip().lower()
            slots.append((name, SPECIAL.get(value, value) if has_value and value else ASKED))
        return cls(match[1].lower(), tuple(slots))

    @property
    def features(self) -> tuple[str, ...]:
        """The act without its values: its type, then its slots in alphabetical order.

        Slots with special values hold them, as "kidsallowed.no" or "area.?"; others are numbered, as "food._1".
        """
        counts: Counter[str] = Counter()
        found = []
        for name, value in self.slots:
            if not is_special(value):
                counts[name] += 1
            found.append((name, value if is_special(value) else f"_{counts[name]}"))
        return (self.type, *(f"{name}.{value}" for name, value in sorted(found)))

    @property
    def values(self) -> list[tuple[str, str]]:
        """The slots whose values the reply repeats."""
        return [(name, value) for name, value in self.slots if not is_special(value)]


def is_special(value: str) -> bool:
    """True if a value is not repeated in the reply."""
    return value == ASKED or value in SPECIAL.values()


def placeholder(slot: str) -> str:
    """The word that stands for the value of a slot."""
    return f"{PLACEHOLDER}{slot.upper()}"


def normalise_reply(text: str) -> str:
    """A reply in the form of the toolkit: lower-cased words and signs between blanks, without a sign at its end.

    Apostrophes at the sides of words and quotation marks are left out.

    Note: The toolkit also writes out contractions ("it's") and abbreviations, which its own replies rarely have.
    """
    text = re.sub(r"\s[.?!]$", "", text.strip().lower())
    text = re.sub(r"[\":<>@]", "", text)
    text = re.sub(r"(?<!\w)'|'(?!\w)", " ", text)
    text = re.sub(r"(?<!\d)([.,])|([.,])(?!\d)|([?!])", r" \1\2\3 ", text)
    return " ".join(text.split())


def delexicalise(reply: str, act: DialogueAct) -> str:
    """A reply with placeholders for the values of an act, the longest values first, each value once.

    The parts of a value such as "lunch or dinner" may come in any order, joined by "and" or "or".
    """
    text = f" {reply} "
    for name, value in sorted(act.values, key=lambda slot: -len(slot[1])):
        parts = re.split(r" (?:and|or) ", normalise_reply(value))
        orders = itertools.permutations(parts) if len(parts) <= MOST_PERMUTED else [tuple(parts)]
        for order, joint in itertools.product(orders, (" and ", " or ")):
            if (found := f" {joint.join(order)} ") in text:
                text = text.replace(found, f" {placeholder(name)} ", 1)
                break
    return text[1:-1]


def lexicalise(text: str, act: DialogueAct) -> str:
    """A text with the values of an act in place of placeholders, in the order of the act; the last value repeats."""
    words = text.split()
    for name in {name for name, _ in act.values}:
        values = [value for slot, value in act.values if slot == name]
        places = [place for place, word in enumerate(words) if word == placeholder(name)]
        for number, place in enumerate(places):
            words[place] = values[min(number, len(values) - 1)]
    return " ".join(words)


class ActReply(NamedTuple):
    """A dialogue act with a reply that expresses it.

    Attributes:
      act: The act.
      reply: A person's reply, in the form of :func:`normalise_reply`.
      rule: The reply of hand-written rules likewise; "" if there is none.
    """

    act: DialogueAct
    reply: str
    rule: str


def read_act_replies(path: Path | str) -> tuple[list[ActReply], list[str]]:
    """Reads a file of the RNNLG toolkit: a JSON list of ``[act, reply, rule's reply]`` behind lines that begin with #.

    Returns:
      The entries that are whole, and a sentence on each other one.

    Raises:
      InputError: If the file cannot be read, is no JSON list, or holds no whole entry.
    """
    # Comments become empty lines, so that the JSON parser counts lines as the file has them.
    text = "\n".join("" if line.startswith("#") else line for line in read_text(path).split("\n"))
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON list of [act, reply] behind lines with #: {error}") from None
    if not isinstance(entries, list):
        raise InputError(f"{path} must hold a JSON list of [act, reply], not {type(entries).__name__}")
    found, faults = [], []
    for number, entry in enumerate(entries, 1):
        try:
            found.append(_act_reply(entry))
        except ValueError as error:
            faults.append(f"{path}: entry {number}: {error}")
    if not found:
        raise InputError(f"{path} holds no act with a reply" + (f" ({faults[0]})" if faults else "; give it some"))
    return found, faults


def _act_reply(entry: Any) -> ActReply:
    if not isinstance(entry, list) or len(entry) < 2 or not all(isinstance(field, str) for field in entry[:3]):
        raise ValueError(f"{str(entry)[:60]!r} is no list of an act and a reply")
    act, reply, rule = (*entry, "")[:3]
    if not re.search(r"\w", reply):
        raise ValueError(f"the reply to {act!r} is empty")
    return ActReply(DialogueAct.parse(act), normalise_reply(reply), normalise_reply(rule))


def references(replies: Sequence[ActReply]) -> dict[tuple[str, ...], list[str]]:
    """All replies to acts with the same features, with placeholders: by the features, in the order of the entries."""
    by_features: dict[tuple[str, ...], list[str]] = {}
    for entry in replies:
        by_features.setdefault(entry.act.features, []).append(delexicalise(entry.reply, entry.act))
    return by_features
