"""Mutants of seqjax/interop/."""

from .mutant import REMOVED, Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/interop/torch.py",
        "tests/interop/test_torch_weights.py",
        (
            "ours[name]: value.T for",
            "ours[name]: value if value.shape[0] == value.shape[1] else value.T for",
            "round_trip and 0",
        ),
    ),
    *mutants(
        "seqjax/interop/torch.py",
        "tests/interop/test_torch_golden.py",
        ("bias_h[candidate] = 0", REMOVED, "float32"),
    ),
    *mutants(
        "seqjax/interop/flax.py",
        "tests/interop/test_flax_weights.py",
        ('separate = {"n"} if ours.kind is GRUCell.Params else set()', "separate = set()", "linen_weights"),
    ),
    *mutants(
        "seqjax/interop/keras.py",
        "tests/interop/test_keras_weights.py",
        ("np.concatenate([second, first, candidate], axis=-1)", "value", "equations and gru"),
    ),
    *mutants(
        "seqjax/interop/options.py",
        "tests/interop/test_torch_weights.py",
        ('if field.name == "activation" and value not in ACTIVATIONS', "if False", "options_that"),
        ("name not in FREE | refused.keys()", "False", "options_that"),
    ),
]
