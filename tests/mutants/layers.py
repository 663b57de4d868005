"""Mutants of seqjax/layers/."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/layers/attention.py",
        "tests/layers/test_attention.py",
        ("return coverage + weights, weights", "return weights, weights", "coverage"),
    ),
    *mutants(
        "seqjax/layers/stack.py",
        "tests/layers/test_options.py",
        ("y = y + below", "y = y + y", "run_in_turn and True-concat"),
        ('"initial": initial[n]}', '"initial": None}', "learned_carry and gru-before"),
    ),
    *mutants(
        "seqjax/layers/stack.py",
        "tests/layers/test_noise.py",
        ("recurrent_mask=recurrent_mask,", "recurrent_mask=None,", "recurrent_dropout_drops"),
    ),
    *mutants(
        "seqjax/layers/dropout.py",
        "tests/layers/test_noise.py",
        ("train = not self.deterministic", "pass", "train_and_eval"),
        ("(key, rate, old.shape), old, new)", "(key, rate, old.shape), new, old)", "zoneout_keeps"),
    ),
]
