"""Texts to be continued: documents from files, their parts, and the streams of tokens that a language model reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqjax.data.splits import random_split
from seqjax.errors import InputError
from seqjax.tokens import BOS, EOS


@dataclass(frozen=True)
class Documents:
    """Texts of which none tells anything of another.

    Attributes:
      name: What they were read from, for messages.
      texts: The N texts.
      whole: Whether each has its true end, which a model has to foretell; else they were cut somewhere.
    """

    name: str
    texts: tuple[str, ...]
    whole: bool = True

    def __len__(self) -> int:
        return len(self.texts)


def read_documents(path: Path | str, *, lines: bool = False) -> Documents:
    """Reads texts in UTF-8.

    Args:
      path: A file, or a folder whose ``.txt`` files, its folders' too, are read in the order of their names.
      lines: Whether each line is a document, blank ones left out; else each file is.

    Raises:
      InputError: For a file that is absent, empty, or no UTF-8 text.
    """
    path = Path(path)
    files = sorted(path.rglob("*.txt")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{path} holds no .txt file; name a text file, or a folder of .txt files")
    texts = [text for file in files for text in ([_read(file)] if not lines else _read(file).splitlines())]
    texts = [text for text in texts if text.strip()]
    if not texts:
        raise InputError(f"{path} is empty; there is nothing to learn from")
    return Documents(str(path), tuple(texts))


def split_documents(documents: Documents, shares: tuple[float, ...], seed: int) -> tuple[Documents, ...]:
    """Parts of the documents by chance, about as large to each other as ``shares``; a single one is cut by position.

    The part of a document depends on its letters and the seed alone. Of a single document the first part is its
    beginning, and so on; the parts then have no true ends.

    Raises:
      ValueError: If a share is not positive.
    """
    if min(shares) <= 0:
        raise ValueError(f"shares must be positive, not {shares}")
    bounds = np.cumsum(shares) / sum(shares)
    if len(documents) == 1:
        (text,) = documents.texts
        cuts = [0, *(round(len(text) * bound) for bound in bounds)]
        pieces = [text[start:end] for start, end in pairwise(cuts)]
        return tuple(Documents(documents.name, (piece,) if piece else (), whole=False) for piece in pieces)
    return tuple(
        Documents(documents.name, tuple(documents.texts[row] for row in rows))
        for rows in random_split(documents.texts, shares, seed)
    )


class Stream(NamedTuple):
    """Tokens and what follows each. All of ``[B, T]``.

    Attributes:
      inputs: The token that is read, ``int32``; BOS where a document starts.
      targets: The token that follows, ``int32``; PAD where there is none.
      starts: Whether a document starts here, so that what was read before has to be forgotten.
    """

    inputs: np.ndarray
    targets: np.ndarray
    starts: np.ndarray


def stream(documents: Sequence[np.ndarray], *, whole: bool) -> Stream:
    """All tokens of documents one behind the other, each a target once: ``[1, T]``.

    Args:
      documents: The tokens of each, ``int32 [T]``, without BOS and EOS.
      whole: Whether each ends with EOS.
    """
    targets = [np.append(each, EOS) if whole else each for each in documents]
    targets = [each for each in targets if len(each)]
    inputs = [np.append(BOS, each[:-1]) for each in targets]
    starts = [np.arange(len(each)) == 0 for each in targets]
    empty = np.zeros(0, np.int32)
    return Stream(
        np.concatenate([empty, *inputs])[None].astype(np.int32),
        np.concatenate([empty, *targets])[None].astype(np.int32),
        np.concatenate([empty.astype(bool), *starts])[None],
    )


def parallel_streams(documents: Sequence[np.ndarray], rows: int, *, whole: bool) -> Stream:
    """The documents dealt out to at most ``rows`` streams of about one length, none of them divided.

    Since a document's start forgets all before it, what is said of it does not depend on its row. A shorter stream
    ends with PAD.
    """
    order = sorted(range(len(documents)), key=lambda index: -len(documents[index]))
    dealt: list[list[np.ndarray]] = [[] for _ in range(min(rows, len(documents)))]
    lengths = [0] * len(dealt)
    for index in order:
        row = int(np.argmin(lengths))
        dealt[row].append(documents[index])
        lengths[row] += len(documents[index]) + whole
    streams = [stream(each, whole=whole) for each in dealt]
    time = max(each.inputs.shape[1] for each in streams)
    filled = [Stream(*(np.pad(a, ((0, 0), (0, time - a.shape[1]))) for a in each)) for each in streams]
    return Stream(*map(np.concatenate, zip(*filled, strict=True)))


class ChunkedStreams:
    """Chunks of B parallel streams for truncated back-propagation, without end.

    A stream of N tokens is cut into B rows, and an epoch runs through all rows at once, a chunk of T tokens at a time;
    what the model knows after one chunk is where it starts into the next. Each epoch begins somewhere else, so that
    chunks are cut at other places; its first chunk starts anew in every row. What is left behind the last whole chunk
    is not read in that epoch.

    Chunk number ``step`` is the same whatever was read before.

    Args:
      tokens: All tokens, ``[1, N]``.
      rows: Rows B.
      length: Tokens T of a chunk.
      seed: Of where epochs begin.

    Raises:
      ValueError: If there are fewer than B * T tokens.
    """

    def __init__(self, tokens: Stream, rows: int, length: int, seed: int) -> None:
        self.steps_per_epoch = tokens.inputs.shape[1] // rows // length
        if not self.steps_per_epoch:
            raise ValueError(f"{tokens.inputs.shape[1]} tokens are too few for {rows} rows of {length}")
        self._tokens, self._rows, self._length, self._seed = tokens, rows, length, seed
        self._epoch, self._streams = 0, self._arrange(0)

    def __getitem__(self, step: int) -> Stream:
        """The chunk of a step, ``[B, T]``."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._streams = epoch, self._arrange(epoch)
        return Stream(*(array[:, place * self._length : (place + 1) * self._length] for array in self._streams))

    def _arrange(self, epoch: int) -> Stream:
        time = self.steps_per_epoch * self._length
        total = self._tokens.inputs.shape[1]
        offset = int(np.random.default_rng((self._seed, epoch)).integers(total))
        turned = (np.roll(array[0], -offset)[: self._rows * time] for array in self._tokens)
        inputs, targets, starts = (array.reshape(self._rows, time) for array in turned)
        starts[:, 0] = True
        return Stream(inputs, targets, starts)


def _read(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no UTF-8 text ({error.reason} at byte {error.start})") from None
    if "\0" in text:
        raise InputError(f"{path} is no text; it holds zero bytes")
    return text.replace("\r\n", "\n")
