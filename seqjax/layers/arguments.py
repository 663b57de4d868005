"""Argument validation for the layers.

Each message names the argument, its value and the valid values. Only types and shapes are read, so that errors appear
while a function is traced, before XLA could raise less clear ones.
"""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.recurrence.arguments import check_array, check_flags
from seqjax.typing import Array, PRNGKey, Tree


def check_rate(name: str, rate: float) -> float:
    """Returns ``rate``; raises ``TypeError`` unless it is a number, ``ValueError`` unless it lies in [0, 1)."""
    if isinstance(rate, bool) or not isinstance(rate, Real):
        raise TypeError(f"{name} must be a number, not {rate!r}")
    if not 0 <= rate < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {rate}")
    return rate


def check_size(name: str, value: int) -> None:
    """Raises ``TypeError`` unless ``value`` is an int, ``ValueError`` unless it is at least 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def check_kind(name: str, value: object, kind: type, example: str) -> None:
    """Raises ``TypeError`` unless ``value`` is of the type ``kind``, of which ``example`` makes one."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__}, as {example} makes, not {value!r}")


def check_rngs(rngs: object) -> None:
    """Raises ``TypeError`` unless ``rngs`` has the stream ``params``, or a default one."""
    if not callable(getattr(rngs, "params", None)):
        raise TypeError(f"rngs must be flax.nnx.Rngs with a stream 'params' or a default, as nnx.Rngs(0), not {rngs!r}")


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
    check_array("x", x)
    if x.ndim != 3 or x.shape[-1] != in_features:
        raise ValueError(f"x must have shape [B, T, {in_features}], not {list(x.shape)}")
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"x must be of a floating type, not {x.dtype}")
    check_flags(x.shape, **flags)


def check_key(key: PRNGKey | None) -> None:
    """Raises ``TypeError`` unless ``key`` is None or a typed key, ``ValueError`` if it is several."""
    if key is None:
        return
    if not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise TypeError(f"key must be a typed key, as jax.random.key(0) makes, not {key!r}")
    if key.ndim:
        raise ValueError(f"key must be one key, not an array of keys of shape {list(key.shape)}")


def check_carry(carry: Tree, expected: Tree) -> Tree:
    """Returns ``carry`` in the types of ``expected``; raises unless it has the same structure and shapes."""
    structure: Any = jax.tree.structure(carry)
    if structure != jax.tree.structure(expected):
        raise TypeError(f"carry must have the structure that the layer returns, {_shapes(expected)}, not {structure}")
    for leaf in jax.tree.leaves(carry):
        check_array("carry", leaf)
    if _shapes(carry) != _shapes(expected):
        raise ValueError(f"carry must have the shapes {_shapes(expected)}, not {_shapes(carry)}")
    return jax.tree.map(lambda leaf, like: leaf.astype(like.dtype), carry, expected)


def _shapes(tree: Tree) -> Tree:
    return jax.tree.map(lambda leaf: list(leaf.shape), tree)
