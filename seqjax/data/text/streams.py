"""Streams of tokens: documents concatenated for a language model, whole or in chunks for truncated back-propagation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqjax.tokens import BOS, EOS


class Stream(NamedTuple):
    """Input tokens and their targets, the tokens that follow. All arrays are ``[B, T]``.

    Attributes:
      inputs: Tokens that the model reads, ``int32``; BOS at the start of a document.
      targets: The token that follows each input, ``int32``; PAD at padding.
      starts: True where a document starts: the model's carry has to be reset there.
    """

    inputs: np.ndarray
    targets: np.ndarray
    starts: np.ndarray


def stream(documents: Sequence[np.ndarray], *, whole: bool) -> Stream:
    """Concatenates documents into a stream ``[1, T]`` in which every token is a target once.

    Args:
      documents: Token ids of each document, ``int32 [T]``, without BOS and EOS.
      whole: True to append EOS, which is also a target, to each document.
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
    """Distributes documents over at most ``rows`` streams of similar length, for evaluation.

    No document is split, and the carry is reset at its start, so its predictions do not depend on the row. Shorter
    streams are padded with PAD.

    Args:
      documents: As for :func:`stream`, at least one.
      rows: Maximum number of rows B.
      whole: As for :func:`stream`.
    """
    longest_first = sorted(range(len(documents)), key=lambda index: -len(documents[index]))
    assigned: list[list[np.ndarray]] = [[] for _ in range(min(rows, len(documents)))]
    lengths = [0] * len(assigned)
    for index in longest_first:
        row = int(np.argmin(lengths))
        assigned[row].append(documents[index])
        lengths[row] += len(documents[index]) + whole
    streams = [stream(each, whole=whole) for each in assigned]
    time = max(each.inputs.shape[1] for each in streams)
    padded = [Stream(*(np.pad(a, ((0, 0), (0, time - a.shape[1]))) for a in each)) for each in streams]
    return Stream(*map(np.concatenate, zip(*padded, strict=True)))


class ChunkedStreams:
    """Endless sequence of chunks ``[B, T]`` of B parallel streams, for truncated back-propagation through time.

    In each epoch the N tokens are divided into B rows, which are read in parallel, T tokens at a time: each row of a
    chunk continues the same row of the chunk before, so the carry can be passed on. Each epoch begins at a different
    random position, so that chunk boundaries vary; its first chunk resets the carry in every row. Tokens after the last
    complete chunk are skipped in that epoch.

    Indexing is a pure function of the step: ``ChunkedStreams(...)[step]`` does not depend on earlier reads.

    Args:
      tokens: All tokens, ``[1, N]``.
      rows: Rows B.
      length: Tokens T of a chunk.
      seed: Seed of the positions at which epochs begin.

    Attributes:
      steps_per_epoch: Chunks in an epoch.

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
        epoch, index = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._streams = epoch, self._arrange(epoch)
        return Stream(*(array[:, index * self._length : (index + 1) * self._length] for array in self._streams))

    def _arrange(self, epoch: int) -> Stream:
        """The B rows of an epoch, ``[B, steps_per_epoch * T]``."""
        time = self.steps_per_epoch * self._length
        total = self._tokens.inputs.shape[1]
        offset = int(np.random.default_rng((self._seed, epoch)).integers(total))
        rotated = (np.roll(array[0], -offset)[: self._rows * time] for array in self._tokens)
        inputs, targets, starts = (array.reshape(self._rows, time) for array in rotated)
        starts[:, 0] = True
        return Stream(inputs, targets, starts)
