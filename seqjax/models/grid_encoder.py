"""Encoders of pictures and clips: a small convolutional network, and what reads its grid of positions."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from seqjax.layers import dropout
from seqjax.layers.arguments import check_rate
from seqjax.layers.recurrent import LAYERS
from seqjax.models.encoder import Encoded, last_hidden
from seqjax.typing import Array, PRNGKey

PATCH = 4  # pixels of a side that the first convolution reads at once
POSITION = 2 * PATCH  # pixels of a side of a position of the grid
NO_CHANGE = 1e-3  # mean change of a position's pixels, from 0 to 1, below which nothing moves


class Clips(NamedTuple):
    """A batch of pictures or clips.

    Attributes:
      pixels: Values from 0 to 255, ``[B, S, H, W, 3]``; a picture is one frame. Those of padding do not matter.
      mask: ``[B, S]``, True where a frame is real; padding is at the end of a row.
    """

    pixels: Array | np.ndarray
    mask: Array | np.ndarray


class Grid(nnx.Module):
    """A convolutional network that divides a picture into positions of 8 x 8 pixels.

    The first convolution reads patches of 4 x 4 pixels (as Dosovitskiy et al. 2021, section 3.1), the others 3 x 3
    positions; the second one has stride 2. Each is followed by layer normalisation over channels and ReLU.

    Args:
      channels: Channels of each convolution, two or more.
      in_channels: Channels D of a pixel.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: Fewer than two convolutions, or one with no channel.
    """

    def __init__(self, channels: Sequence[int], in_channels: int = 3, *, rngs: nnx.Rngs) -> None:
        if len(channels) < 2 or min(channels) < 1:
            raise ValueError(f"channels must be two or more numbers of at least 1, not {tuple(channels)}")
        self.channels = tuple(channels)
        layers = [nnx.Conv(in_channels, channels[0], (PATCH, PATCH), strides=PATCH, rngs=rngs)]
        for index, (before, after) in enumerate(pairwise(self.channels)):
            layers.append(nnx.Conv(before, after, (3, 3), strides=2 if index == 0 else 1, rngs=rngs))
        self.layers = nnx.List(layers)
        self.norms = nnx.List([nnx.LayerNorm(width, rngs=rngs) for width in self.channels])

    def __call__(self, pixels: Array) -> Array:
        """The grid ``[N, h, w, C]`` of pictures ``[N, H, W, D]`` with values from -1 to 1; h is H / 8, rounded up."""
        y = pixels
        for layer, norm in zip(self.layers, self.norms, strict=True):
            y = jax.nn.relu(norm(layer(y)))
        return y


def grid_side(size: int) -> int:
    """Positions of a side of the grid of a picture with ``size`` pixels."""
    return -(-size // POSITION)


def largest(y: Array) -> Array:
    """The largest value of each channel over positions, from ``[..., P, C]``; its gradient goes to the first one.

    The gradient of ``jnp.max`` looks for the entries that equal the maximum. Where XLA computes them a second time and
    rounds otherwise, none does, and the gradient is NaN.
    """
    first = jax.lax.stop_gradient(y).argmax(axis=-2, keepdims=True)
    return jnp.take_along_axis(y, first, axis=-2)[..., 0, :]


class GridEncoder(nnx.Module):
    """A picture as a grid of positions, which attention reads (Xu et al. 2015, section 3.1.1).

    The fixed vector is their mean (Vinyals et al. 2015, section 3.1, in place of their network's last layer). There is
    no recurrence, so no carry. Of a clip the first frame is read.

    Args:
      grid: The convolutional network.
      size: Height and width of the pictures in pixels.
      dropout: Probability of dropping a channel of a position.
      rngs: Source of the initial parameters.

    Attributes:
      out_features: Width M of the outputs.

    Note: A learned vector for each position is added, so that attention can tell where it looks.
    """

    def __init__(self, grid: Grid, size: int, *, dropout: float, rngs: nnx.Rngs) -> None:
        self.grid, self.dropout = grid, check_rate("dropout", dropout)
        self.out_features = grid.channels[-1]
        positions = grid_side(size) ** 2
        self.places = nnx.Param(0.02 * jax.random.normal(rngs.params(), (positions, self.out_features)))

    def __call__(self, source: Clips, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes pictures; a key turns dropout on. The S outputs are the positions, row by row."""
        y = self.grid(jnp.asarray(source.pixels)[:, 0].astype(jnp.float32) / 127.5 - 1)
        outputs = y.reshape(len(y), -1, self.out_features) + self.places[...][None]
        outputs = dropout(outputs, self.dropout, key)
        return Encoded(outputs, outputs.mean(axis=1), jnp.ones(outputs.shape[:2], bool), None)


class FrameGrid(nnx.Module):
    """One vector for each frame of a clip: its grid, position by position, and the largest value of each channel.

    .. code-block:: text

        y_t = grid([x_t; x_t - x_{t-1}])        f_t = relu(W [all positions of y_t; max over positions of y_t] + b)

    x is 1 for black and 0 for white, like the padding of the convolutions, so that what is empty has no features.
    The positions tell where things are, and so how they move; the maximum tells what they are, wherever they are. The
    change from the frame before tells what moves (in place of the optical flow of Venugopalan et al. 2015, section
    3.3); that of the first frame is 0.

    Args:
      grid: The convolutional network, of six channels.
      size: Height and width of the frames in pixels.
      features: Width F of the vectors.
      dropout: Probability of dropping an entry.
      rngs: Source of the initial parameters.
    """

    def __init__(self, grid: Grid, size: int, features: int, *, dropout: float, rngs: nnx.Rngs) -> None:
        self.grid, self.features, self.dropout = grid, features, check_rate("dropout", dropout)
        self.linear = nnx.Linear((grid_side(size) ** 2 + 1) * grid.channels[-1], features, rngs=rngs)

    def __call__(self, source: Clips, *, key: PRNGKey | None = None) -> tuple[Array, Array]:
        """The vectors ``[B, S, F]``, 0 at padding, and the mask ``[B, S]``."""
        mask, x = jnp.asarray(source.mask), _ink(source)
        x = jnp.concatenate([x, jnp.diff(x, axis=1, prepend=x[:, :1])], axis=-1)
        y = self.grid(x.reshape(-1, *x.shape[2:]))
        y = y.reshape(len(y), -1, y.shape[-1])
        y = jnp.concatenate([y.reshape(len(y), -1), largest(y)], axis=-1).reshape(*mask.shape, -1)
        f = jax.nn.relu(self.linear(y))
        return jnp.where(mask[..., None], dropout(f, self.dropout, key), 0), mask


class ClipEncoder(nnx.Module):
    """A clip as two vectors for each frame: its looks, and what a recurrent layer has read in both directions.

    .. code-block:: text

        y_t = looks(x_t)        w_t = change of each position since x_{t-1}, at most 1
        output_t = [h_t; max over positions of y_t; max over positions of w_t y_t]

    The recurrent layer knows what moves where to; the looks tell what is seen in one frame alone, and what of it moves.
    In training what the layer has read of a whole clip is hidden with some probability, so that things are told by
    their looks and not by the way they usually move (ModDrop; Neverova et al. 2016, section 3.3).

    Args:
      frames: The vectors of the frames, which the recurrent layer reads.
      looks: A convolutional network of three channels, C of the last layer.
      hidden_features: Width H of the carry in each direction.
      cell: "elman", "gru" or "lstm".
      motion_dropout: Probability of hiding what the recurrent layer has read of a clip, where dropout is on.
      rngs: Source of the initial parameters.

    Attributes:
      out_features: Width M of the outputs, 2H + 2C.

    Raises:
      ValueError: An unknown cell, or a probability outside [0, 1).
    """

    def __init__(
        self, frames: FrameGrid, looks: Grid, hidden_features: int, *, cell: str, motion_dropout: float, rngs: nnx.Rngs
    ) -> None:
        if cell not in LAYERS:
            raise ValueError(f"cell must be one of {', '.join(LAYERS)}, not {cell!r}")
        self.frames, self.looks = frames, looks
        self.motion_dropout = check_rate("motion_dropout", motion_dropout)
        self.out_features = 2 * hidden_features + 2 * looks.channels[-1]
        self.layer = LAYERS[cell](frames.features, hidden_features, bidirectional=True, rngs=rngs)

    def __call__(self, source: Clips, *, key: PRNGKey | None = None) -> Encoded:
        """Encodes clips; a key turns dropout on. The fixed vector is the last h and the largest looks."""
        frame_key, motion_key = (None, None) if key is None else jax.random.split(key)
        x, mask = self.frames(source, key=frame_key)
        outputs, carry = self.layer(x, mask=mask)
        if motion_key is not None:
            shown = jax.random.bernoulli(motion_key, 1 - self.motion_dropout, (len(mask), 1))
            outputs = jnp.where(shown[..., None], outputs, 0)
            carry = jax.tree.map(lambda each: jnp.where(shown, each, 0), carry)
        looks = jnp.where(mask[..., None], self._looks(_ink(source)), 0)  # ReLU: none is below 0
        vector = jnp.concatenate([last_hidden(self.layer, carry), largest(looks)], axis=-1)
        return Encoded(jnp.concatenate([outputs, looks], axis=-1), vector, mask, carry)

    def _looks(self, x: Array) -> Array:
        """The looks ``[B, S, 2C]`` of all that is seen in each frame ``[B, S, H, W, 3]``, and of what moves."""
        change = jnp.abs(jnp.diff(x, axis=1, prepend=x[:, :1])).mean(axis=-1)
        window = (1, 1, POSITION, POSITION)
        w = jax.lax.reduce_window(change, 0.0, jax.lax.add, window, window, "SAME") / POSITION**2
        w = w / jnp.maximum(w.max(axis=(2, 3), keepdims=True), NO_CHANGE)
        y = self.looks(x.reshape(-1, *x.shape[2:])).reshape(*w.shape[:2], -1, self.looks.channels[-1])
        return jnp.concatenate([largest(y), largest(w.reshape(*w.shape[:2], -1, 1) * y)], axis=-1)


def _ink(source: Clips) -> Array:
    """The pixels ``[B, S, H, W, 3]``, 1 for black and 0 for white and at padding."""
    mask = jnp.asarray(source.mask)[..., None, None, None]
    return 1 - jnp.where(mask, jnp.asarray(source.pixels), 255).astype(jnp.float32) / 255
