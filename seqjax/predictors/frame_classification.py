"""A classifier of frames with its scaler: sequences of frames in, class probabilities out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqjax.data.timeseries.scaler import Scaler
from seqjax.predictors.classification import Classifier


class FrameInputs:
    """From frames with missing values to the inputs of a model.

    Values are standardised. In the place of a missing value is the last one before it in its sequence, or the mean of
    the training part. For each column that has missing values in the training part a further column is 1 where they are
    missing, so that a model can tell (Lipton et al. 2016).

    Attributes:
      scaler: Means and standard deviations over the frames of the training part.
      flagged: Columns whose missing values are flagged, rising.
    """

    def __init__(self, scaler: Scaler, flagged: Sequence[int]) -> None:
        self.scaler, self.flagged = scaler, list(flagged)

    @classmethod
    def fit(cls, sequences: Sequence[np.ndarray]) -> "FrameInputs":
        """Fits to the sequences ``[T, D]`` of the training part.

        Raises:
          ValueError: If a value is infinite, or so large that its square is.
        """
        frames = np.concatenate(sequences)
        return cls(Scaler.fit(frames), np.flatnonzero(np.isnan(frames).any(axis=0)).tolist())

    @property
    def width(self) -> int:
        """Number of inputs of a frame."""
        return len(self.scaler.mean) + len(self.flagged)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """The inputs ``float32 [T, width]`` of frames ``[T, D]``, NaN where a value is missing."""
        missing = np.isnan(frames)
        last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(frames))[:, None]))
        scaled = self.scaler.scale(np.asarray(frames, np.float64))
        held = np.where(last < 0, 0.0, np.take_along_axis(scaled, np.maximum(last, 0), axis=0))
        return np.concatenate([held, missing[:, self.flagged]], axis=1).astype(np.float32)

    def to_json(self) -> dict[str, Any]:
        """JSON values, which :meth:`from_json` reads back exactly."""
        return {"scaler": self.scaler.to_json(), "flagged": self.flagged}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "FrameInputs":
        """Makes inputs from the result of :meth:`to_json`."""
        return cls(Scaler.from_json(record["scaler"]), record["flagged"])


class FrameClassifier(Classifier):
    """A classifier of sequences of frames.

    Args:
      module: A model of frames in :mod:`seqjax.models.classifier`.
      inputs: From frames to its inputs.
      classes: Names of the C classes.
      bucket_sizes: Sizes of buckets in frames, rising.
      truncation: "head", "tail" or "both".
    """

    def __init__(
        self, module: Any, inputs: FrameInputs, classes: Sequence[str], bucket_sizes: Sequence[int], truncation: str
    ) -> None:
        super().__init__(module, classes, bucket_sizes, truncation)
        self.inputs = inputs

    def encode(self, sequences: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The inputs ``float32 [T, width]`` of sequences that the model reads; the sequences are ``[T, D]`` each."""
        return [np.concatenate(self.truncated(self.inputs(each))) for each in sequences]

    def classify(self, params: Any, sequences: Sequence[np.ndarray]) -> np.ndarray:
        """Class probabilities ``[N, C]`` of sequences ``[T, D]``, NaN where a value is missing."""
        return self.probabilities(params, self.encode(sequences))
