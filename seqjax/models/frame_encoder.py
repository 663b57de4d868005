"""An encoder of frames, such as the features of sound: a stack of recurrent layers that may join neighbouring steps."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from seqjax.layers import dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.recurrent import LAYERS
from seqjax.models.encoder import Encoded, last_hidden
from seqjax.typing import Array, PRNGKey


class Frames(NamedTuple):
    """A batch of sequences of frames.

    Attributes:
      features: ``[B, S, D]``; values at padding, NaN included, do not matter.
      mask: ``[B, S]``, True where a frame is real; padding is at the end of a row.
    """

    features: Array | np.ndarray
    mask: Array | np.ndarray


class FrameEncoder(nnx.Module):
    """Stacked recurrent layers, each of which reads J neighbouring outputs of the layer below as one step.

    With J = 1 for every layer it is a plain stack. J > 1 for the bottom layer stacks frames (Sak et al. 2015, section
    2); J = 2 for the layers above makes the pyramid of Chan et al. 2016, section 3.1. Of S frames S / (J_1 J_2 ...)
    outputs are left, rounded up at each layer.

    Args:
      in_features: Width D of a frame.
      hidden_features: Width H of each layer's carry, in each direction.
      cell: "elman", "gru" or "lstm".
      joins: J of each layer, bottom first; their number is that of the layers.
      bidirectional: Whether each layer also runs backwards. Only an encoder that does not can :meth:`step`.
      dropout: Probability of dropping an entry of a layer's output.
      rngs: Source of the initial parameters.

    Attributes:
      out_features: Width M of the outputs, H or 2H.
      reduction: Frames for each output, the product of ``joins``.
      is_causal: True if no output depends on later frames than its own.

    Raises:
      ValueError: An unknown cell, no layer, a J below 1, or a dropout outside [0, 1).
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        cell: str,
        joins: Sequence[int],
        bidirectional: bool,
        dropout: float,
        rngs: nnx.Rngs,
    ) -> None:
        if cell not in LAYERS:
            raise ValueError(f"cell must be one of {', '.join(LAYERS)}, not {cell!r}")
        if min(joins, default=0) < 1:
            raise ValueError(f"joins must be one or more numbers of at least 1, not {tuple(joins)}")
        self.is_causal = not bidirectional
        self.joins, self.reduction = tuple(joins), math.prod(joins)
        self.dropout = check_rate("dropout", dropout)
        self.out_features = hidden_features * (2 if bidirectional else 1)
        widths = [in_features, *[self.out_features] * (len(self.joins) - 1)]
        self.layers = nnx.List(
            [
                LAYERS[cell](join * width, hidden_features, bidirectional=bidirectional, rngs=rngs)
                for join, width in zip(self.joins, widths, strict=True)
            ]
        )

    def __call__(self, source: Frames, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes frames; a row may be empty. A key turns dropout on.

        The fixed vector is the top layer's last h, of both directions if there are two.
        """
        mask = jnp.asarray(source.mask)
        y = jnp.where(mask[..., None], source.features, 0)
        carries: tuple[Any, ...] = ()
        for index, (layer, join) in enumerate(zip(self.layers, self.joins, strict=True)):
            y, mask = _joined(y, mask, join)
            y, carry = layer(y, mask=mask)
            carries += carry
            y = dropout(y, self.dropout, None if key is None else jax.random.fold_in(key, index))
        return Encoded(y, last_hidden(self.layers[-1], carries), mask, carries)

    def outputs(self, frames: int) -> int:
        """Number of outputs of so many frames."""
        for join in self.joins:
            frames = -(-frames // join)
        return frames

    def initial_carry(self, batch: int) -> tuple[Any, ...]:
        """The carries before the first step of a stream of ``batch`` rows, for :meth:`step`."""
        return tuple(carry for layer in self.layers for carry in layer.initial_carry(batch))

    def step(self, carry: tuple[Any, ...], frames: Array) -> tuple[tuple[Any, ...], Array]:
        """One step of a stream: the frames for one output, without noise.

        Args:
          carry: The carries, one for each layer.
          frames: As many frames as one output is of, ``[B, reduction, D]``.

        Returns:
          The next carries, and the output ``[B, M]``.

        Raises:
          ValueError: If the encoder is bidirectional.
        """
        y, after = frames, list[Any]()
        for layer, join, state in zip(self.layers, self.joins, carry, strict=True):
            joined = y.reshape(len(y), y.shape[1] // join, join * y.shape[2])
            outputs, states = [], (state,)
            for time in range(joined.shape[1]):
                states, output = layer.step(states, joined[:, time])
                outputs.append(output)
            after += states
            y = jnp.stack(outputs, axis=1)
        return tuple(after), y[:, 0]


def _joined(x: Array, mask: Array, join: int) -> tuple[Array, Array]:
    """Joins each ``join`` neighbours of ``x [B, S, D]``; a step is real if one of its frames is. Padding is 0."""
    batch, time, width = x.shape
    short = -time % join
    x = jnp.pad(x, ((0, 0), (0, short), (0, 0)))
    mask = jnp.pad(mask, ((0, 0), (0, short)))
    steps = (time + short) // join
    return x.reshape(batch, steps, join * width), jnp.any(mask.reshape(batch, steps, join), axis=2)
