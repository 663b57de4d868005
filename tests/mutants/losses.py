"""Mutants of seqjax/losses.py."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/losses.py",
        "tests/test_losses_ctc.py",
        ("jnp.sum(real, axis=1) + repeats", "jnp.sum(real, axis=1)", "too_long"),
        ("kept[..., None], logits, 0", "kept[..., None] | True, logits, 0", "padding"),
        ("jnp.where(feasible, losses, jnp.inf)", "losses", "too_long"),
        ("(~mask).astype(logits.dtype)", "(mask & ~mask).astype(logits.dtype)", "all_paths"),
    ),
]
