"""Argument validation for the layers.

Each message names the argument, its value and the valid values. Only types and shapes are read, so that errors appear
while a function is traced, before XLA could raise less clear ones.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.typing import Array, PRNGKey, Tree


def check_rate(name: str, rate: float) -> float:
    """Returns ``rate``; raises ``ValueError`` naming it unless it lies in [0, 1)."""
    if not 0 <= rate < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {rate}")
    return rate


def check_size(name: str, value: int) -> None:
    """Raises ``TypeError`` unless ``value`` is an int, ``ValueError`` unless it is at least 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def check_zoneout(zoneout: float | Sequence[float], fields: tuple[str, ...]) -> tuple[float, ...]:
    """Returns one rate for each field of a carry, or () if all are 0; raises ``ValueError`` if they do not fit it."""
    rates = tuple(zoneout) if isinstance(zoneout, Sequence) else (zoneout,) * len(fields)
    if len(rates) != len(fields):
        raise ValueError(f"zoneout must be one rate, or one for each of {fields}, not {zoneout}")
    if any(rates) and "h" not in fields:
        raise ValueError(f"zoneout must be 0, not {zoneout}, for a cell whose carry has no field h")
    return rates if any(rates) else ()


def check_inputs(x: Array, in_features: int, **flags: Array | None) -> None:
    """Raises unless ``x`` is floating, ``[B, T, in_features]``, and each of the flags None, or bool and ``[B, T]``."""
    if x.ndim != 3 or x.shape[-1] != in_features:
        raise ValueError(f"x must have shape [B, T, {in_features}], not {list(x.shape)}")
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"x must be of a floating type, not {x.dtype}")
    for name, value in flags.items():
        if value is not None and value.dtype != jnp.bool_:
            raise TypeError(f"{name} must be of type bool, not {value.dtype}")
        if value is not None and value.shape != x.shape[:2]:
            expected = f"{name} must have the shape {list(x.shape[:2])} of x's first axes"
            raise ValueError(f"{expected}, not {list(value.shape)}")


def check_key(key: PRNGKey | None, train: bool | None, noise: dict[str, Any]) -> PRNGKey | None:
    """Returns the key for noise, or None; raises ``ValueError`` if training needs noise and there is no key."""
    if key is not None and not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise TypeError(f"key must be a typed key, as jax.random.key(0) makes, not {key!r}")
    if train and key is None and noise:
        raise ValueError(f"key must be given, not None, with train=True and {noise}")
    return None if train is False else key


def check_carry(carry: Tree, expected: Tree) -> Tree:
    """Returns ``carry`` in the types of ``expected``; raises unless it has the same structure and shapes."""
    structure: Any = jax.tree.structure(carry)
    if structure != jax.tree.structure(expected):
        raise TypeError(f"carry must be what the layer returns, {_shapes(expected)}, not {structure}")
    if _shapes(carry) != _shapes(expected):
        raise ValueError(f"carry must have the shapes {_shapes(expected)}, not {_shapes(carry)}")
    return jax.tree.map(lambda leaf, like: leaf.astype(like.dtype), carry, expected)


def _shapes(tree: Tree) -> Tree:
    return jax.tree.map(lambda leaf: list(leaf.shape), tree)
