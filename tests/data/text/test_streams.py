"""Streams of tokens: every token is a target once, documents stay whole, chunks continue each other."""

import numpy as np
import pytest

from seqjax.data.text.streams import ChunkedStreams, parallel_streams, stream
from seqjax.tokens import BOS, EOS, PAD

DOCUMENTS = [np.array(each, np.int32) for each in ([4, 5, 6], [7], [], [8, 9])]


def test_stream_has_every_token_as_a_target_once():
    tokens = stream(DOCUMENTS, whole=True)
    assert tokens.targets[0].tolist() == [4, 5, 6, EOS, 7, EOS, EOS, 8, 9, EOS]
    assert tokens.inputs[0].tolist() == [BOS, 4, 5, 6, BOS, 7, BOS, BOS, 8, 9]
    assert np.flatnonzero(tokens.starts[0]).tolist() == [0, 4, 6, 7]
    sections = stream(DOCUMENTS, whole=False)
    assert sections.targets[0].tolist() == [4, 5, 6, 7, 8, 9]
    assert sections.inputs[0].tolist() == [BOS, 4, 5, BOS, BOS, 8]


def test_parallel_streams_hold_whole_documents():
    tokens = parallel_streams(DOCUMENTS, 2, whole=True)
    assert tokens.targets.shape == (2, 5)
    targets = tokens.targets[tokens.targets != PAD]
    assert sorted(targets.tolist()) == sorted(stream(DOCUMENTS, whole=True).targets[0].tolist())
    assert tokens.starts.sum() == 4
    assert parallel_streams(DOCUMENTS[:1], 9, whole=False).targets.tolist() == [[4, 5, 6]]


def test_chunked_streams_continue_each_row():
    text = stream([np.arange(4, 104)], whole=False)
    chunked = ChunkedStreams(text, 3, 5, seed=0)
    assert chunked.steps_per_epoch == 6
    chunks = [chunked[step] for step in range(6)]
    rows = np.concatenate([chunk.targets for chunk in chunks], axis=1)
    assert np.all(np.diff(rows) % 100 == 1)  # Rows have no gaps; after the end of the text they continue at its start.
    assert len(np.unique(rows)) == 90
    starts = np.concatenate([chunk.starts for chunk in chunks], axis=1)
    assert starts[:, 0].all()
    later_starts = np.argwhere(starts[:, 1:])
    assert all(rows[row, column + 1] == 4 for row, column in later_starts)  # at the start of the text, nowhere else


def test_chunked_streams_are_a_function_of_the_step():
    text = stream([np.arange(4, 104)], whole=False)
    chunked = ChunkedStreams(text, 3, 5, seed=0)
    first, third = chunked[0], chunked[2]
    assert not np.array_equal(chunked[6].targets, first.targets)  # The next epoch begins at another position.
    np.testing.assert_array_equal(chunked[2].targets, third.targets)


def test_chunked_streams_refuse_too_few_tokens():
    with pytest.raises(ValueError, match="100 tokens are too few for 3 rows of 34"):
        ChunkedStreams(stream([np.arange(4, 104)], whole=False), 3, 34, seed=0)
