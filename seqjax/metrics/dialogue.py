"""Metrics of replies: BLEU-4 and slot errors as the RNNLG toolkit counts them, distinct words, copied replies."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from seqjax.data.text.dialogue_acts import DialogueAct, placeholder

TINY = 1e-7  # added to precisions and counts
LONGEST = 4  # words of an n-gram

# Words that express a slot whose value is yes, no, none or dontcare (RNNLG, resource/detect.pair).
SPOKEN = {
    "kidsallowed": ("child", "kid", "kids", "children"),
    "dogsallowed": ("dog", "dogs", "puppy"),
    "hasinternet": ("internet", "wifi"),
    "acceptscreditcards": ("card", "cards"),
    "isforbusinesscomputing": ("business", "nonbusiness", "home", "personal", "general"),
    "hasusbport": ("usb",),
}
UNCOUNTED = ("?select", "suggest")  # acts that are not checked: they name a slot twice
NAMELESS = ("type",)  # slots that are not checked


def bleu4(hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> float:
    """Corpus BLEU-4 from 0 to 1 as the RNNLG toolkit counts it (Papineni et al. 2002, section 2.3).

    Words are what blanks separate. The reference length is that of the reference nearest in length, the first of
    several. Precisions have 1e-7 added, so that none is 0.

    Args:
      hypotheses: One or more texts for each of N acts; all count.
      references: One or more texts for each act.
    """
    total, clipped = [0] * LONGEST, [0] * LONGEST
    length = reference_length = 0
    for texts, those in zip(hypotheses, references, strict=True):
        targets = [each.split() for each in those]
        for words in (text.split() for text in texts):
            for n in range(LONGEST):
                counts, most = _ngrams(words, n + 1), Counter[tuple[str, ...]]()
                for target in targets:
                    most |= _ngrams(target, n + 1)
                total[n] += sum(counts.values())
                clipped[n] += sum((counts & most).values())
            nearest = min(targets, key=lambda target: abs(len(target) - len(words)))
            length, reference_length = length + len(words), reference_length + len(nearest)
    if not length:
        return 0.0
    brevity = 1.0 if length > reference_length else math.exp(1 - reference_length / length)
    precisions = [hits / (count + TINY) + TINY for hits, count in zip(clipped, total, strict=True)]
    return brevity * math.exp(math.fsum(map(math.log, precisions)) / LONGEST)


def _ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


class SlotErrors(NamedTuple):
    """Slots of an act, and those that a reply says too rarely or too often.

    Attributes:
      slots: Number of slots that are checked.
      values: Errors of slots with values, whose placeholders are counted.
      spoken: Errors of slots that are yes, no, none or dontcare, whose words are counted.
    """

    slots: int
    values: int
    spoken: int

    @property
    def errors(self) -> int:
        """All errors."""
        return self.values + self.spoken


def slot_errors(act: DialogueAct, reply: str) -> SlotErrors:
    """Missing and redundant slots of a reply with placeholders, as the RNNLG toolkit counts them.

    The slot error rate is the sum of the errors divided by that of the slots (Wen et al. 2015, equation 12). Acts of
    ``UNCOUNTED`` types have no slots. Of slots that are asked for or do not matter, only those of ``SPOKEN`` are
    checked, by their words, whatever is said of them.
    """
    if act.type in UNCOUNTED:
        return SlotErrors(0, 0, 0)
    words = Counter(reply.split())
    wanted = Counter(placeholder(name) for name, _ in act.values if name not in NAMELESS)
    said = {word for word in words if word.startswith("SLOT_")} - {placeholder(name) for name in NAMELESS}
    values = sum(abs(wanted[word] - words[word]) for word in said | wanted.keys())
    asked = Counter(name for name, value in act.slots if value in ("yes", "no", "none", "dontcare"))
    spoken = sum(abs(asked[name] - sum(words[word] for word in each)) for name, each in SPOKEN.items())
    return SlotErrors(sum(wanted.values()) + sum(asked[name] for name in SPOKEN), values, spoken)


def word_f1(replies: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The mean F1 of the words of N replies with those of the best of their references (Dinan et al. 2019, section 5).

    Words are runs of letters and digits, lower-cased.
    """
    return math.fsum(
        max(_f1(_words(reply), _words(each)) for each in those)
        for reply, those in zip(replies, references, strict=True)
    ) / max(len(replies), 1)


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))


def _f1(one: Counter[str], other: Counter[str]) -> float:
    return 2 * (one & other).total() / max(one.total() + other.total(), 1)


def distinct(texts: Sequence[str], n: int) -> float:
    """Distinct-n: different n-grams of words divided by all words of the texts (Li et al. 2016, section 5.3)."""
    words = [text.lower().split() for text in texts]
    total = sum(map(len, words))
    return len({ngram for each in words for ngram in _ngrams(each, n)}) / total if total else 0.0


def copied_share(texts: Sequence[str], training: Collection[str]) -> float:
    """The share of texts that are texts of the training part, word by word, without regard to capitals."""
    known = {" ".join(text.casefold().split()) for text in training}
    return sum(" ".join(text.casefold().split()) in known for text in texts) / max(len(texts), 1)
