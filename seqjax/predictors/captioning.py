"""A model of captions with its vocabulary: pictures and clips in, captions out."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from seqjax.data.text.words import JOINER, one_line
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.constraints import Step
from seqjax.decoding.search import BatchedSearch, Hypothesis, Search
from seqjax.models.captioner import Captioner
from seqjax.models.grid_encoder import Clips
from seqjax.models.pure import pure
from seqjax.typing import Keys

BATCH_SIZE = 32  # pictures that are captioned at once; no result depends on it


class CaptionWriter:
    """A model and a search, as pure functions of the model's parameters.

    Args:
      module: The model.
      vocabulary: The words.
      size: Height and width S of the frames in pixels.
      frames: The largest number of frames of a clip, to which clips are padded; 1 for pictures.

    Attributes:
      model: ``model(params)``, the module with these parameters.
      initial_params: The parameters of ``module``.
      attends: Whether the model has attention.
    """

    def __init__(self, module: Captioner, vocabulary: Vocabulary, size: int, frames: int) -> None:
        self.vocabulary, self.size, self.frames = vocabulary, size, frames
        self.attends = module.attends
        self.model, self.initial_params = pure(module)
        self._search = BatchedSearch(self._start, BATCH_SIZE)

    def caption(
        self, params: Any, clips: Sequence[np.ndarray], search: Search, keys: Keys | None = None
    ) -> list[list[Hypothesis]]:
        """Captions N pictures or clips.

        Args:
          params: The parameters.
          clips: Frames ``uint8 [T, S, S, 3]`` of each, at most ``frames``.
          search: Search options.
          keys: For sampling, one key for each ``[N]``.

        Returns:
          Up to ``search.n_best`` hypotheses for each, best first. Their attention is over the positions of the picture,
          row by row, or over the frames of the clip.
        """
        if not len(clips):
            return []
        batch = padded_clips(clips, self.frames, len(clips))
        found = self._search(params, batch, search, keys)
        if self.frames == 1:
            return found
        return [[_cropped(each, len(clip)) for each in those] for clip, those in zip(clips, found, strict=True)]

    def text(self, hypothesis: Hypothesis) -> str:
        """The text of a hypothesis, on one line."""
        return one_line(self.vocabulary.decode(hypothesis.ids))

    def words(self, hypothesis: Hypothesis) -> list[str]:
        """The tokens of a hypothesis, one for each row of its attention."""
        return [self.vocabulary.tokens[index].replace(JOINER, "") for index in hypothesis.ids]

    def reference(self, caption: str) -> str:
        """A caption in the form of the model's output."""
        return one_line(self.vocabulary.normalise(caption))

    def _start(self, params: Any, batch: Clips) -> tuple[Step, Any]:
        model = self.model(params)
        context, carry = model.encode(batch)
        return partial(model.step, context), carry


def padded_clips(clips: Sequence[np.ndarray], frames: int, rows: int) -> Clips:
    """Clips ``uint8 [T, S, S, 3]`` of at most ``frames`` frames as a batch of so many rows; others are empty."""
    pixels = np.zeros((rows, frames, *clips[0].shape[1:]), np.uint8)
    mask = np.zeros((rows, frames), bool)
    for row, clip in enumerate(clips):
        pixels[row, : len(clip)], mask[row, : len(clip)] = clip, True
    return Clips(pixels, mask)


def _cropped(hypothesis: Hypothesis, frames: int) -> Hypothesis:
    """A hypothesis without the attention to padding."""
    if hypothesis.attention is None:
        return hypothesis
    return hypothesis._replace(attention=hypothesis.attention[:, :frames])
