"""Mutants of seqjax/baselines/."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/baselines/answers.py",
        "tests/baselines/test_answer_baselines.py",
        ("best.get(each.skill, overall)", "overall"),
    ),
]
