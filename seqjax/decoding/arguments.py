"""Argument validation for decoding: of types and shapes while a function is traced, of values where they are known."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seqjax.tokens import EOS
from seqjax.typing import Array

LARGEST_EXPONENT = 40  # of e, in a length factor: scores divided by it stay finite in float32
TEMPERATURES = (1e-30, 1e30)


def check_count(name: str, value: Any) -> None:
    """Raises ``TypeError`` unless ``value`` is an int, ``ValueError`` unless it is at least 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an int, not {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")


def check_number(name: str, value: Any) -> None:
    """Raises ``TypeError`` unless ``value`` is one number, ``ValueError`` unless it is finite."""
    if isinstance(value, bool) or not (isinstance(value, Real) or getattr(value, "shape", None) == ()):
        raise TypeError(f"{name} must be one number, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, not {value}")


def check_ngram_size(value: Any) -> None:
    """Raises ``TypeError`` unless ``value`` is an int, ``ValueError`` unless it is at least 0."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"no_repeat_ngram_size must be an int, not {value!r}")
    if value < 0:
        raise ValueError(f"no_repeat_ngram_size must be at least 0, not {value}")


def check_lengths(min_length: int, max_length: int) -> None:
    """Checks that ``1 <= min_length <= max_length``; an empty sequence has length 1, its EOS.

    Raises:
      TypeError: Lengths that are no ints.
      ValueError: Other lengths.
    """
    check_count("max_length", max_length)
    check_count("min_length", min_length)
    if min_length > max_length:
        raise ValueError(f"min_length must lie between 1 and max_length={max_length}, not {min_length}")


def check_banned(banned: Sequence[int], size: int | None, min_length: int = 1) -> None:
    """Checks that banned ids are tokens, and that a token is left at each position.

    Args:
      banned: The ids.
      size: Number V of tokens; None if it is not known yet.
      min_length: Minimum number of tokens, EOS included; before it EOS is forbidden.

    Raises:
      TypeError: Ids that are no ints.
      ValueError: Ids outside [0, V), or no token left.
    """
    for token in banned:
        if isinstance(token, bool) or not hasattr(token, "__index__"):
            raise TypeError(f"banned must hold ints, not {token!r}")
        if token < 0 or (size is not None and token >= size):
            known = "at least 0" if size is None else f"between 0 and {size - 1}, the last of {size} tokens"
            raise ValueError(f"banned ids must be {known}, not {token}")
    if size is None:
        return
    left = set(range(size)) - {int(token) for token in banned}
    if not left:
        raise ValueError(f"banned must leave at least one of the {size} tokens")
    if min_length > 1 and left == {EOS}:
        raise ValueError(f"banned must leave a token besides EOS with min_length={min_length}")


def check_ids(name: str, ids: Any, size: int, shape: tuple[int | str, ...]) -> Array:
    """Returns ids as an array; raises unless they are ints of that shape, a name standing for any size, and tokens."""
    is_known = not isinstance(ids, jax.core.Tracer)
    given = np.asarray(ids) if is_known else ids
    if given.size and not jnp.issubdtype(given.dtype, jnp.integer):
        raise TypeError(f"{name} must hold ints, not values of type {given.dtype}")
    sizes = zip(given.shape, shape, strict=False)
    if given.ndim != len(shape) or any(isinstance(wanted, int) and found != wanted for found, wanted in sizes):
        raise ValueError(f"{name} must have shape [{', '.join(map(str, shape))}], not {list(given.shape)}")
    if is_known and len(wrong := given[(given < 0) | (given >= size)]):
        raise ValueError(f"{name} must hold ids between 0 and {size - 1}, the last of {size} tokens, not {wrong[0]}")
    return jnp.asarray(ids, jnp.int32)


def check_keys(keys: Any, rows: int) -> None:
    """Raises ``TypeError`` unless ``keys`` are typed keys, ``ValueError`` unless there is one for each row."""
    if not (isinstance(keys, jax.Array) and jnp.issubdtype(keys.dtype, jax.dtypes.prng_key)):
        raise TypeError(f"keys must be typed keys, as jax.random.split(jax.random.key(0), {rows}) makes, not {keys!r}")
    if keys.shape != (rows,):
        raise ValueError(
            f"keys must be one for each row, [{rows}], as jax.random.split(key, {rows}) makes, not {list(keys.shape)}"
        )


def check_length_penalty(length_penalty: float, max_length: int) -> None:
    """Raises ``ValueError`` for an exponent that is not finite, or so large that a score over- or underflows."""
    check_number("length_penalty", length_penalty)
    largest = LARGEST_EXPONENT / max(math.log((5 + max_length) / 6), 1e-9)
    if abs(length_penalty) > largest:
        raise ValueError(
            f"length_penalty must lie between -{largest:.3g} and {largest:.3g} with max_length={max_length}, "
            f"not {length_penalty}"
        )


def check_sampling(temperature: Any, top_k: int | None, top_p: Any) -> None:
    """Checks the options of sampling; a traced temperature or probability is taken as it is.

    Raises:
      TypeError: An option of another type.
      ValueError: An option out of its range.
    """
    if not isinstance(temperature, jax.core.Tracer):
        if isinstance(temperature, int | float) and not temperature > 0:
            raise ValueError(f"temperature must be above 0, not {temperature}")
        check_number("temperature", temperature)
        if not TEMPERATURES[0] <= temperature <= TEMPERATURES[1]:
            raise ValueError(f"temperature must lie between {TEMPERATURES[0]} and {TEMPERATURES[1]}, not {temperature}")
    elif temperature.shape:
        raise ValueError(f"temperature must be one number, not of shape {list(temperature.shape)}")
    if top_k is not None:
        check_count("top_k", top_k)
    if top_p is not None and not isinstance(top_p, jax.core.Tracer):
        check_number("top_p", top_p)
        if not 0 < top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {top_p}")
    elif top_p is not None and top_p.shape:
        raise ValueError(f"top_p must be one number, not of shape {list(top_p.shape)}")
