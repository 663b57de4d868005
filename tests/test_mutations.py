"""Mutants have their place in the code, and their tests; ``mutations.py`` runs them."""

from pathlib import Path

import pytest
from mutants import MUTANTS

ROOT = Path(__file__).parents[1]
ALL = [mutant for mutants in MUTANTS.values() for mutant in mutants]


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_mutant_has_exactly_one_place(mutant):
    source = (ROOT / mutant.file).read_text()
    assert source.count(mutant.before) == 1
    assert mutant.after != mutant.before
    assert (ROOT / mutant.tests).exists()


@pytest.mark.parametrize("package", MUTANTS)
def test_mutants_stand_under_their_package(package):
    for mutant in MUTANTS[package]:
        assert mutant.file.startswith(f"seqjax/{package}")
        assert mutant.tests.startswith((f"tests/{package}", f"tests/test_{package}"))
