"""A model of frames of keys: the probability that each key sounds in the next frame, given all frames before."""

from dataclasses import fields
from typing import Any

import jax
from flax import nnx

from seqjax.layers import Noise, dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.dropout import Noisy
from seqjax.layers.recurrent import LAYERS
from seqjax.typing import Array, Inputs, Mask, PRNGKey


class FrameModel(Noisy):
    """A recurrent layer over frames of D keys, and the log-odds that each key sounds in the next frame.

    Given the past, the keys are independent (Boulanger-Lewandowski et al. 2012, section 6, call this an RNN without
    an RBM): p(x_{t+1} | x_1 ... x_t) is the product over keys of Bernoulli(sigmoid(logit)).

    Args:
      keys: Number D of keys.
      cell: "elman", "gru" or "lstm".
      hidden_features: Width H of the carry.
      frame_dropout: Probability of dropping an entry of a frame.
      output_dropout: Probability of dropping an entry of the layer's output.
      rngs: Source of the initial parameters.
      options: Options of the layer: ``num_layers`` and every kind of dropout.

    Raises:
      ValueError: A rate outside [0, 1), or an option that the layer rejects.
    """

    def __init__(
        self,
        keys: int,
        *,
        cell: str,
        hidden_features: int,
        frame_dropout: float,
        output_dropout: float,
        rngs: nnx.Rngs,
        **options: Any,
    ) -> None:
        self.frame_dropout = check_rate("frame_dropout", frame_dropout)
        self.output_dropout = check_rate("output_dropout", output_dropout)
        noise = Noise(**{field.name: options.pop(field.name) for field in fields(Noise) if field.name in options})
        self.layer = LAYERS[cell](keys, hidden_features, noise=noise, rngs=rngs, **options)
        self.output = nnx.Linear(hidden_features, keys, rngs=rngs)

    def __call__(self, frames: Inputs, mask: Mask, *, key: PRNGKey | None = None) -> Array:
        """Log-odds ``[B, T, D]`` of the frame after each of ``frames [B, T, D]``.

        Args:
          frames: ``[B, T, D]``, 1 where a key sounds, else 0.
          mask: ``[B, T]``, True where a frame is real.
          key: Source of dropout, or None.
        """
        key = self.noise_key(key, frame_dropout=self.frame_dropout, output_dropout=self.output_dropout)
        frame_key, layer_key, key = (None,) * 3 if key is None else jax.random.split(key, 3)
        y, _ = self.layer(dropout(frames, self.frame_dropout, frame_key), mask=mask, key=layer_key)
        return self.output(dropout(y, self.output_dropout, key))

    def read(self, frames: Inputs, mask: Mask) -> Any:
        """The carry after ``frames [B, T, D]``, from which :meth:`step` continues."""
        return self.layer(frames, mask=mask, train=False)[1]

    def step(self, carry: Any, frame: Array) -> tuple[Any, Array]:
        """One step: the carry after ``frame [B, D]``, and the log-odds ``[B, D]`` of the next frame."""
        carry, y = self.layer.step(carry, frame)
        return carry, self.output(y)
