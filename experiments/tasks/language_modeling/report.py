"""Report on a language model: its data, bits per character, loss by position, and hidden units that follow the text."""

import unicodedata
from collections.abc import Sequence

import numpy as np

from experiments.run.parts import PARTS
from seqjax.data.text.documents import Documents
from seqjax.data.text.streams import Stream
from seqjax.data.vocabulary import Vocabulary
from seqjax.plots.text import ColouredText
from seqjax.tokens import PAD, UNK

CODE_POINTS = 0x110000 - 0x800  # characters that Unicode has room for


def data_summary(
    parts: Sequence[Documents], documents: Sequence[Sequence[np.ndarray]], vocabulary: Vocabulary
) -> list[str]:
    """Lines on the data: the parts, their tokens, and what of them is not known or not held by the tokens.

    Args:
      parts: The training, validation and test parts.
      documents: The token ids of each text of each part.
      vocabulary: The tokens.
    """
    counts = [
        f"{len(part)} {name} ({sum(map(len, part.texts))} characters, {sum(map(len, ids))} tokens)"
        for part, name, ids in zip(parts, PARTS, documents, strict=True)
    ]
    kind = "texts" if parts[0].whole else "sections of one text"
    unknown = [sum(np.sum(each == UNK) for each in ids) / max(sum(map(len, ids)), 1) for ids in documents[1:]]
    case = ", lower-cased" if vocabulary.lowercase else ""
    longest = max(len(ids) for part in documents for ids in part)
    lines = [
        f"{parts[0].name}, {kind}: {', '.join(counts)}",
        f"{len(vocabulary)} {vocabulary.kind} tokens, normalization {vocabulary.normalization}{case}; unknown are "
        f"{unknown[0]:.2%} in validation and {unknown[1]:.2%} in the test; the longest text has {longest} tokens",
    ]
    if not _holds(parts[2].texts, vocabulary):
        lines.append("no bits per character: the tokens do not hold the texts as they are written")
    return lines


def text_bits(nats: float, texts: Sequence[str], vocabulary: Vocabulary) -> float | None:
    """Bits per character of texts as they are written; None if their tokens do not hold all that is written.

    Characters are counted with letters and marks composed (NFC), so that the measure does not depend on the form of
    the file, nor on the kind of tokens. An unknown token costs its prediction and a uniform code over all of Unicode
    for each of its characters, and for its end if it is a word.

    Args:
      nats: The sum of the losses of all tokens.
      texts: The texts.
      vocabulary: Their tokens.
    """
    if not _holds(texts, vocabulary):
        return None
    spelt = sum(
        len(token) + (vocabulary.kind == "word")
        for text in texts
        for token, index in zip(vocabulary.split(text), vocabulary.encode(text), strict=True)
        if index == UNK
    )
    characters = sum(len(unicodedata.normalize("NFC", text)) for text in texts)
    return float(nats / np.log(2) + spelt * np.log2(CODE_POINTS)) / characters


def _holds(texts: Sequence[str], vocabulary: Vocabulary) -> bool:
    """True if tokens hold all of the texts, apart from the composition of letters."""
    form = unicodedata.normalize
    return vocabulary.is_lossless and all(form("NFC", vocabulary.normalise(t)) == form("NFC", t) for t in texts)


def loss_by_distance(losses: np.ndarray, tokens: Stream) -> dict[int, float]:
    """Mean losses of tokens by their distance from the start of the document, in groups that double in size.

    Args:
      losses: The loss of each target, ``[B, T]``.
      tokens: The streams ``[B, T]``.

    Returns:
      The mean of each group by the largest distance in it: 1 for the first token, 3 for the next two, 7, 15, ...
    """
    position = np.arange(tokens.inputs.shape[1])
    distance = position - np.maximum.accumulate(np.where(tokens.starts, position, 0), axis=1)
    real = tokens.targets != PAD
    group = np.floor(np.log2(distance[real] + 1)).astype(int)
    sums, counts = np.bincount(group, weights=losses[real]), np.bincount(group)
    return {2 ** (int(index) + 1) - 1: float(sums[index] / counts[index]) for index in np.flatnonzero(counts)}


def text_signals(characters: Sequence[str]) -> dict[str, np.ndarray]:
    """Properties of a text that a hidden unit may track (Karpathy et al. 2015, section 4.2).

    Args:
      characters: The T characters of a text; "" for tokens without a text.

    Returns:
      By name, after each character ``[T]``: 1 inside quotes, 1 inside brackets, and the position in the line. A signal
      that is constant is left out.
    """
    quoted = np.cumsum([character == '"' for character in characters]) % 2
    depth = np.cumsum([(c in "([{") - (c in ")]}") if c else 0 for c in characters])
    breaks = np.array([character == "\n" for character in characters])
    position = np.arange(len(characters))
    line_start = np.maximum.accumulate(np.where(breaks, position, 0))
    column = position - line_start if breaks.any() else np.zeros(len(characters))
    signals = {"inside quotes": quoted, "inside brackets": depth > 0, "position in the line": column}
    return {name: signal.astype(float) for name, signal in signals.items() if np.ptp(signal.astype(float)) > 0}


def most_correlated_unit(outputs: np.ndarray, signal: np.ndarray) -> tuple[int, float]:
    """The unit of ``outputs [T, H]`` with the largest absolute correlation with ``signal [T]``, and its correlation."""
    centred = outputs - outputs.mean(axis=0)
    centred_signal = signal - signal.mean()
    scale = np.sqrt(np.square(centred).sum(axis=0) * np.square(centred_signal).sum())
    correlations = centred_signal @ centred / np.maximum(scale, 1e-12)
    unit = int(np.argmax(np.abs(correlations)))
    return unit, float(correlations[unit])


def unit_texts(characters: Sequence[str], outputs: np.ndarray) -> list[ColouredText]:
    """For each signal of a text the characters, coloured by the output of the unit that correlates most with it.

    Args:
      characters: As for :func:`text_signals`.
      outputs: Outputs of H hidden units after each character, ``[T, H]``.
    """
    texts = []
    for name, signal in text_signals(characters).items():
        unit, correlation = most_correlated_unit(outputs, signal)
        title = f"{name}: unit {unit}, correlation {correlation:.2f}"
        texts.append(ColouredText(title, characters, outputs[:, unit], np.zeros(len(characters)), ""))
    return texts
