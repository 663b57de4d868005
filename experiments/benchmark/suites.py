"""Cases, subjects and input arrays of each suite."""

import math
from collections.abc import Sequence

import numpy as np

from experiments.benchmark.cases import SEQJAX, STACKED, VARIANTS, Case
from seqjax.tokens import BOS, EOS, PAD

Shape = tuple[int, int, int, int]

# B, T, D, H.
SHAPES: dict[str, tuple[Shape, ...]] = {
    "layers": ((32, 128, 128, 256), (64, 100, 16, 64), (1, 256, 128, 256), (64, 64, 512, 512), (16, 1024, 128, 128)),
    "memory": tuple((8, time, 64, 512) for time in (1024, 4096, 16384, 65536)),
    "latency": ((1, 1, 128, 256), (1, 10_000, 128, 256)),
    "decode": ((32, 40, 256, 256),),
    "training": ((64, 42, 168, 64), (64, 60, 300, 64)),
    "compile": ((32, 128, 128, 256),),
    "associative": tuple((rows, time, 128, 128) for rows in (1, 16) for time in (128, 1024, 8192)),
}
QUICK: dict[str, tuple[Shape, ...]] = dict.fromkeys(SHAPES, ((2, 6, 3, 4),)) | {
    "latency": ((1, 1, 3, 4), (1, 6, 3, 4)),
    "decode": ((2, 6, 4, 4),),
    "training": ((64, 42, 168, 8), (64, 40, 8, 8)),
}
# The rivals of a suite, unless all.
RIVALS_OF = {
    "memory": ("torch", "flax_nnx"),
    "decode": ("torch",),
    "training": ("torch", "keras"),
    "associative": (),
}
CONFIGS = ("forecasting/demand", "classification/mr")  # of the suite "training"; the shapes are those of their LSTM
VOCABULARY, BEAM = 1000, 5


def cases(
    suite: str, cells: Sequence[str], shapes: Sequence[Shape], dtypes: Sequence[str], is_quick: bool
) -> list[Case]:
    """The cases of a suite.

    Args:
      suite: The suite's name.
      cells: Some of "elman", "gru" and "lstm", for the suites "layers", "memory" and "latency"; the others have fixed
        cells.
      shapes: Shapes instead of the suite's own, unless empty; "decode" and "training" have fixed ones.
      dtypes: Types of weights and inputs; "decode" and "training" have float32 only.
      is_quick: Whether shapes are tiny.
    """
    own = (QUICK if is_quick else SHAPES)[suite]
    if suite == "training":
        return [Case(suite, name, "training", shape) for name, shape in zip(CONFIGS, own, strict=True)]
    if suite == "decode":
        return [Case(suite, f"lstm {search}", "inference", own[0]) for search in ("greedy", f"beam {BEAM}")]
    names = {"associative": ("linear", "mingru", "minlstm"), "compile": ("lstm",)}.get(suite, tuple(cells))
    modes = {"latency": ("inference",), "memory": ("training",), "compile": ("training",)}
    listed = []
    for dtype in dtypes:
        shaped = [(name, shape) for shape in (shapes or own) for name in names]
        if suite == "layers" and "lstm" in cells:
            shaped.append(("lstm" + STACKED, (shapes or own)[0]))
        for name, shape in shaped:
            listed += [Case(suite, name, mode, shape, dtype) for mode in modes.get(suite, ("inference", "training"))]
    return listed


def subjects(case: Case, rivals: Sequence[str]) -> list[str]:
    """The subjects of a case; the first is the one that all others are compared with."""
    if case.suite == "associative":
        return ["scan", "associative"]
    ours = list(VARIANTS) if case.suite == "memory" else [SEQJAX]
    known = RIVALS_OF.get(case.suite, rivals)
    return ours + [name for name in rivals if name in known and not case.lacks(name)]


def make_arrays(case: Case, is_quick: bool) -> dict[str, np.ndarray]:
    """Weights and inputs of a case, from a fixed seed.

    Weights are uniform within 1 / sqrt(H), as in PyTorch, inputs normal.
    """
    if case.suite == "training":
        from experiments.benchmark.epochs import make_epoch

        return make_epoch(case.cell, is_quick)
    rng = np.random.default_rng(0)
    rows, time, in_features, hidden_features = case.shape
    arrays: dict[str, np.ndarray] = {}
    if case.suite == "decode":
        arrays |= _decoder(rng, rows, in_features, hidden_features)
    else:
        arrays["x"] = rng.standard_normal((rows, time, in_features), np.float32)
    if case.suite != "associative":
        gates = {"elman": 1, "gru": 3, "lstm": 4}[case.kind] * hidden_features
        widths = [in_features] * 2 + [2 * hidden_features] * 2 if case.is_stacked else [in_features]
        for n, width in enumerate(widths):
            for name, shape in (("w_x", (width, gates)), ("w_h", (hidden_features, gates)), ("b", (gates,))):
                arrays[f"{name}_{n}"] = _uniform(rng, shape, 1 / math.sqrt(hidden_features))
    return arrays


def _decoder(rng: np.random.Generator, rows: int, in_features: int, hidden_features: int) -> dict[str, np.ndarray]:
    """Initial carries, embedding and output layer.

    The logits differ so much that rounding does not change the choice, and no row ends.
    """
    bias = _uniform(rng, (VOCABULARY,), 1.0)
    bias[[PAD, BOS, EOS]] = -1e4
    return {
        "c": rng.standard_normal((rows, hidden_features), np.float32),
        "h": _uniform(rng, (rows, hidden_features), 1.0),
        "embedding": rng.standard_normal((VOCABULARY, in_features), np.float32),
        "w_out": _uniform(rng, (hidden_features, VOCABULARY), 4 / math.sqrt(hidden_features)),
        "b_out": bias,
    }


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], limit: float) -> np.ndarray:
    return rng.uniform(-limit, limit, shape).astype(np.float32)
