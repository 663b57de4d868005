"""Marks the cases that `make test` leaves to `pytest -m slow`."""

from collections.abc import Iterable
from typing import Any

import pytest


def slow_but(count: int, cases: Iterable[Any]) -> list[Any]:
    """The cases, all but the first ``count`` marked slow."""
    listed = list(cases)
    rest = (case if isinstance(case, tuple) else (case,) for case in listed[count:])
    return [*listed[:count], *(pytest.param(*case, marks=pytest.mark.slow) for case in rest)]
