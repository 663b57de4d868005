"""The classifier of frames: its inputs equal a loop, its probabilities depend on one sequence alone."""

import json

import numpy as np
import pytest
from flax import nnx
from random_modules import random_module

from seqjax.models.classifier import RecurrentFrameClassifier
from seqjax.predictors.frame_classification import FrameClassifier, FrameInputs

NAN = np.nan
TRAINING = [np.array([[1.0, 5, NAN], [3, 5, 2]]), np.array([[8.0, 5, 4]])]


def looped(frames: np.ndarray) -> list[list[float]]:
    """The inputs of :data:`TRAINING` cell by cell: three values, and a flag for the last one."""
    mean, deviation = [4, 5, 3], [np.sqrt((9 + 1 + 16) / 3), np.inf, 1]
    held, rows = [0.0, 0.0, 0.0], []
    for frame in frames:
        for column, value in enumerate(frame):
            if not np.isnan(value):
                held[column] = (value - mean[column]) / deviation[column]
        rows.append([*held, float(np.isnan(frame[2]))])
    return rows


def test_frame_inputs_equal_a_loop_over_cells():
    inputs = FrameInputs.fit(TRAINING)
    assert (inputs.flagged, inputs.width) == ([2], 4)
    frames = np.array([[NAN, NAN, NAN], [2, 9, 7], [NAN, 1, NAN], [6, NAN, NAN], [NAN, 3, 1]])
    for each in (inputs, FrameInputs.from_json(json.loads(json.dumps(inputs.to_json())))):
        np.testing.assert_allclose(each(frames), looped(frames), atol=1e-6)
    assert inputs(frames).dtype == np.float32


@pytest.fixture(scope="module")
def classifier() -> FrameClassifier:
    options = {"cell": "gru", "hidden_features": 5, "pooling": "attention", "output_dropout": 0.0}
    module = random_module(lambda: RecurrentFrameClassifier(4, 3, **options, rngs=nnx.Rngs(0)))
    return FrameClassifier(module, FrameInputs.fit(TRAINING), ("a", "b", "c"), (3, 6), "both")


def test_frame_classifier_probabilities_do_not_depend_on_other_sequences(classifier):
    rng = np.random.default_rng(0)
    sequences = [rng.normal(4, 3, (length, 3)) for length in (1, 2, 6, 3, 9)]
    sequences[1][1] = NAN
    together = classifier.classify(classifier.initial_params, sequences)
    assert together.shape == (5, 3)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)
    for row, each in enumerate(sequences):
        np.testing.assert_allclose(classifier.classify(classifier.initial_params, [each])[0], together[row], atol=1e-6)
    ends = np.concatenate([sequences[4][:3], sequences[4][-3:]])
    np.testing.assert_array_equal(classifier.encode([sequences[4]])[0], classifier.encode([ends])[0])
