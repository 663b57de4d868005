"""Recognition of a stream: samples in, letters out as soon as they are known."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.predictors.speech import Recogniser
from seqjax.tokens import BOS, EOS, PAD, UNK


class SpeechStream:
    """One stream of sound, recognised greedily by steps of a one-directional model with CTC.

    Its text is that of :meth:`Recogniser.transcribe` on the whole stream, except that there a recording that is longer
    than all that the model was trained on is cut first, and starts anew after each cut.

    Args:
      recogniser: The recogniser.
      params: Its parameters.

    Attributes:
      delay: Seconds of sound that have to arrive after the start of a step before its letter can be written.

    Raises:
      ValueError: If the model needs the whole recording: it is bidirectional, has attention, or normalises each
        recording by its own statistics.
    """

    def __init__(self, recogniser: Recogniser, params: Any) -> None:
        if recogniser.blank is None or not recogniser.is_causal:
            raise ValueError(
                "the model needs the whole recording; train with model.output=ctc and model.bidirectional=False"
            )
        if recogniser.statistics is None:
            raise ValueError("the model normalises each recording as a whole; train with data.normalisation=training")
        self._recogniser, self._blank, features = recogniser, recogniser.blank, recogniser.features
        self._samples = np.zeros(0, np.float32)
        self._frames = np.zeros((0, features.size), np.float32)
        self._odd, self._last = b"", recogniser.blank
        module = recogniser.model(params)
        self._carry = module.encoder.initial_carry(1)
        self.delay = (features.window + (recogniser.reduction - 1) * features.hop) / features.rate

        def step(params: Any, carry: Any, frames: jax.Array) -> tuple[Any, jax.Array]:
            carry, logits = recogniser.model(params).step(carry, frames)
            logits = logits.at[:, jnp.array([PAD, BOS, EOS, UNK])].set(-jnp.inf)
            return carry, jnp.argmax(logits[0])

        self._step, self._params = jax.jit(step), params

    def feed(self, chunk: bytes) -> str:
        """The letters that can be written after more sound, signed 16-bit samples in bytes of any number."""
        chunk = self._odd + chunk
        whole = len(chunk) - len(chunk) % 2
        self._odd = chunk[whole:]
        samples = np.frombuffer(chunk[:whole], "<i2").astype(np.float32) / 32768
        self._samples = np.concatenate([self._samples, samples])
        features = self._recogniser.features
        if len(self._samples) >= features.window:
            frames = features(self._samples)
            self._samples = self._samples[len(frames) * features.hop :]
            self._frames = np.concatenate([self._frames, self._recogniser.normalised(frames)])
        return self._read(self._recogniser.reduction)

    def end(self) -> str:
        """The letters of the last frames, which are fewer than a step's."""
        rest = len(self._frames)
        if not rest:
            return ""
        self._frames = np.pad(self._frames, ((0, self._recogniser.reduction - rest), (0, 0)))
        return self._read(self._recogniser.reduction)

    def _read(self, size: int) -> str:
        letters = []
        while len(self._frames) >= size:
            self._carry, token = self._step(self._params, self._carry, self._frames[None, :size])
            self._frames = self._frames[size:]
            token = int(token)
            if token not in (self._blank, self._last):
                letters.append(self._recogniser.vocabulary.tokens[token])
            self._last = token
        return "".join(letters)
