"""Dropout and zoneout. Noise is drawn from an explicit key; without a key there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from seqjax.layers.arguments import check_key, check_rate
from seqjax.recurrence.cell import ProjectedCell, SteppedCell
from seqjax.typing import Array, PRNGKey, Tree


@dataclass(frozen=True)
class Noise:
    """The kinds of noise inside the recurrent cells of a layer; each is a probability in [0, 1).

    All are drawn once for a call, and not again at a reset.

    Attributes:
      input_dropout: Of dropping a feature of a cell's input, at all steps of a row (Gal & Ghahramani 2016).
      recurrent_dropout: Of dropping a unit of h before its product with W_h, at all steps of a row (the same paper).
      weight_dropout: Of dropping an entry of W_h, for all rows and steps (Merity et al. 2018, section 2).
      zoneout: Of keeping a unit of the carry unchanged for a step (Krueger et al. 2017); one rate for all fields of the
        carry, or one for each. Without a key the old and the new carry are averaged with that weight.

    Raises:
      ValueError: A rate outside [0, 1).
    """

    input_dropout: float = 0.0
    recurrent_dropout: float = 0.0
    weight_dropout: float = 0.0
    zoneout: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        """Checks the rates."""
        for name in ("input_dropout", "recurrent_dropout", "weight_dropout"):
            check_rate(name, getattr(self, name))
        if isinstance(self.zoneout, Sequence):
            object.__setattr__(self, "zoneout", tuple(self.zoneout))  # a list would not be hashable
        for rate in self.zoneout if isinstance(self.zoneout, Sequence) else (self.zoneout,):
            check_rate("zoneout", rate)


NO_NOISE = Noise()


class Noisy(nnx.Module):
    """A module whose noise comes from the key of a call.

    ``train()``, ``eval()`` and ``nnx.view(..., deterministic=...)`` of Flax decide about calls that do not say it
    themselves: after ``train()`` a call needs a key, after ``eval()`` it ignores the key. Before either, a call with a
    key has noise, and a call without one has none.
    """

    deterministic: bool | None = None  # set by train() and eval()

    def set_view(self, deterministic: bool | None = None) -> None:
        """Does what ``train()`` or ``eval()`` does, for ``nnx.view``."""
        if deterministic is not None:
            self.deterministic = deterministic

    def noise_key(self, key: PRNGKey | None, train: bool | None = None, **rates: Any) -> PRNGKey | None:
        """The key for noise of these rates, or None for no noise.

        Raises:
          ValueError: Training without a key, where there is a rate that is not 0.
          TypeError: A key of another type.
        """
        check_key(key)
        if train is None and self.deterministic is not None:
            train = not self.deterministic
        if train and key is None and (noise := {name: rate for name, rate in rates.items() if rate}):
            mode = "train=True" if self.deterministic is None else "train()"
            raise ValueError(f"key must be given, not None, with {mode} and {noise}; eval() turns noise off")
        return None if train is False else key


def dropout(x: Array, rate: float, key: PRNGKey | None) -> Array:
    """Zeroes each entry with probability ``rate`` and divides the others by ``1 - rate`` (Srivastava et al. 2014).

    Returns ``x`` itself without a key or at rate 0.
    """
    if key is None or rate == 0:
        return x
    keep = jax.random.bernoulli(key, 1 - rate, x.shape)
    return jnp.where(keep, x / (1 - rate), 0)


def keep_scale(shape: tuple[int, ...], rate: float, key: PRNGKey, dtype: DTypeLike) -> Array:
    """A dropout mask to multiply by, more than once: 0 with probability ``rate``, else ``1 / (1 - rate)``."""
    return dropout(jnp.ones(shape, dtype), rate, key)


@dataclass(frozen=True)
class Zoneout:
    """A cell around a cell, which keeps each unit of the carry unchanged with some probability.

    .. code-block:: text

        c = k * c_old + (1 - k) * c_new           k = 1 with probability rate (Krueger et al. 2017, equation 3)

    Without a key k is the rate itself, its mean (as in the paper at test time, section 3.1).

    Attributes:
      cell: The inner cell; its carry has a field h, which is its output.
      rates: One probability for each field of the carry, in order.
      key: Source of k, or None.
    """

    cell: SteppedCell | ProjectedCell
    rates: tuple[float, ...]
    key: PRNGKey | None = None

    @property
    def takes_copies(self) -> bool:
        """True if the inner cell's methods take the parameters as ``seqjax.recurrence.product.copies`` returns them."""
        return getattr(self.cell, "takes_copies", False)

    def project(self, params: Tree, x: Array) -> tuple[Tree, Array | None]:
        """The inner cell's projection, and one key for each step of ``x [T, B, D]``."""
        z = self.cell.project(params, x) if isinstance(self.cell, ProjectedCell) else x
        return z, None if self.key is None else jax.random.split(self.key, x.shape[0])

    def recur(self, params: Tree, carry: Tree, z: tuple[Tree, Array | None], **options: Array) -> tuple[Tree, Array]:
        """One step of the inner cell, then zoneout; ``options`` are passed to the inner cell."""
        inner_z, key = z
        recur: Callable[..., tuple[Tree, Array]]
        recur = self.cell.recur if isinstance(self.cell, ProjectedCell) else self.cell.step
        new, y = recur(params, carry, inner_z, **options)
        keys = [None] * len(carry) if key is None else jax.random.split(key, len(carry))
        fields = [_zoneout(*field) for field in zip(carry, new, self.rates, keys, strict=True)]
        carry = type(carry)(*fields)
        return carry, carry.h.astype(y.dtype)


def _zoneout(old: Array, new: Array, rate: float, key: PRNGKey | None) -> Array:
    new = new.astype(old.dtype)
    if key is None:
        return rate * old + (1 - rate) * new
    return jnp.where(jax.random.bernoulli(key, rate, old.shape), old, new)
