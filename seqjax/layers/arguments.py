"""What a recurrent layer refuses: each message names the argument, its value and what is legal.

All of it looks at types and shapes alone, so it speaks while a function is traced, before XLA could.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from seqjax.typing import Array, PRNGKey


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
    """One rate for each field of a carry, or () if all are 0; ``ValueError`` for rates that do not fit."""
    rates = tuple(zoneout) if isinstance(zoneout, Sequence) else (zoneout,) * len(fields)
    if len(rates) != len(fields):
        raise ValueError(f"zoneout must be one rate, or one for each of {fields}, not {zoneout}")
    for rate in rates:
        check_rate("zoneout", rate)
    if any(rates) and "h" not in fields:
        raise ValueError(f"zoneout must be 0, not {zoneout}, for a cell whose carry has no field h")
    return rates if any(rates) else ()


def check_inputs(x: Array, in_features: int, **flags: Array | None) -> None:
    """``x`` must be floating, ``[B, T, in_features]``; each of the flags, where given, bool and ``[B, T]``."""
    if x.ndim != 3 or x.shape[-1] != in_features:
        raise ValueError(f"x must have shape [B, T, {in_features}], not {list(x.shape)}")
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(f"x must be of a floating type, not {x.dtype}")
    for name, value in flags.items():
        if value is not None and value.dtype != jnp.bool_:
            raise TypeError(f"{name} must be of type bool, not {value.dtype}")
        if value is not None and value.shape != x.shape[:2]:
            law = f"{name} must have the shape {list(x.shape[:2])} of x's first axes"
            raise ValueError(f"{law}, not {list(value.shape)}")


def check_key(key: PRNGKey | None, train: bool | None, noise: dict[str, Any]) -> PRNGKey | None:
    """The key to draw noise from, or None; ``ValueError`` if training demands noise and there is no key."""
    if key is not None and not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        raise TypeError(f"key must be a typed key, as jax.random.key(0) makes, not {key!r}")
    if train and key is None and noise:
        raise ValueError(f"key must be given, not None, with train=True and {noise}")
    return None if train is False else key


def check_carry(carry: Any, legal: Any) -> Any:
    """``carry`` in the types of ``legal``, whose structure and shapes it must have."""
    structure: Any = jax.tree.structure(carry)
    if structure != jax.tree.structure(legal):
        raise TypeError(f"carry must be what the layer returns, {_shapes(legal)}, not {structure}")
    if _shapes(carry) != _shapes(legal):
        raise ValueError(f"carry must have the shapes {_shapes(legal)}, not {_shapes(carry)}")
    return jax.tree.map(lambda leaf, like: leaf.astype(like.dtype), carry, legal)


def _shapes(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: list(leaf.shape), tree)
