"""Optax mixes types in its schedules and counts."""

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(autouse=True)
def standard_promotion() -> Iterator[None]:
    """Lifts the strict promotion of types, which optax does not heed."""
    with jax.numpy_dtype_promotion("standard"):
        yield
