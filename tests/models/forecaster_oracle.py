"""Small forecasters of each kind, and their equations in NumPy: loops over windows, steps and targets, in float64."""

import jax
import numpy as np
from flax import nnx
from numpy_oracle import STEPS
from random_modules import random_module

from seqjax.models.forecaster import MLPForecaster, RecurrentForecaster, Sizes
from seqjax.models.segment_forecaster import SegmentForecaster
from seqjax.models.seq2seq_forecaster import Seq2SeqForecaster

SIZES = Sizes(lookback=8, horizon=4, in_features=5, known_features=3, targets=2, quantiles=3)
BLOCK = 2


def make(kind: str, sizes: Sizes = SIZES, **options) -> nnx.Module:
    """A model with random parameters, none of them 0."""
    return random_module(lambda: untrained(kind, sizes, **options))


def untrained(kind: str, sizes: Sizes = SIZES, dropout: float = 0.0, sampling_rate: float = 1.0, **head) -> nnx.Module:
    """A model with the parameters that it starts from."""
    options = {"hidden_features": 6, "num_layers": 1, "dropout": dropout, "rngs": nnx.Rngs(0)}
    head = {"seasons": (4, 1), "linear_rows": 8} | head
    if kind == "mlp":
        return MLPForecaster(sizes, **head, **options)
    if kind == "segment":
        return SegmentForecaster(sizes, block=BLOCK, **options)
    if kind == "seq2seq":
        return Seq2SeqForecaster(sizes, cell="gru", block=BLOCK, sampling_rate=sampling_rate, **head, **options)
    return RecurrentForecaster(sizes, cell=kind, block=BLOCK, **head, **options)


def windows(batch: int = 3, sizes: Sizes = SIZES, seed: int = 0) -> tuple[jax.Array, jax.Array]:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(batch, sizes.lookback, sizes.in_features))
    known = rng.normal(size=(batch, sizes.horizon, sizes.known_features))
    return jax.device_put((inputs.astype(np.float32), known.astype(np.float32)))


def weights_of(module: nnx.Module) -> dict:
    """The parameters as float64."""
    params = nnx.to_pure_dict(nnx.state(module, nnx.Param))
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)


def apply(layer: dict, x: np.ndarray) -> np.ndarray:
    return x @ layer["kernel"] + layer.get("bias", 0.0)


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def past_of(series: np.ndarray, seasons: tuple[int, ...], n: int) -> list[np.ndarray]:
    """The targets each lag before future step n of ``series [T, M]``, of a future value those a lag before it."""
    values = []
    for season in seasons:
        row = len(series) + n - season
        while row >= len(series):
            row -= season
        values.append(series[row])
    return values


def quantiles_of(raw: np.ndarray, count: int) -> np.ndarray:
    """Ascending quantiles from the middle outwards."""
    gaps, middle = np.log1p(np.exp(raw)), count // 2
    out = np.zeros(count)
    out[middle] = raw[middle]
    for q in range(middle + 1, count):
        out[q] = out[q - 1] + gaps[q]
    for q in range(middle - 1, -1, -1):
        out[q] = out[q + 1] - gaps[q]
    return out


def finish(p: dict, y: np.ndarray, series: np.ndarray, past: list[np.ndarray], n: int, sizes: Sizes) -> np.ndarray:
    """Quantiles ``[M, Q]`` of step n: the network's correction of the baseline."""
    raw = apply(p["output"], y).reshape(sizes.targets, sizes.quantiles)
    forecast = np.stack([quantiles_of(row, sizes.quantiles) for row in raw])
    for target in range(sizes.targets):
        baseline = past[0][target] if past else 0.0
        if "linear" in p:
            rows = len(p["linear"]["kernel"])
            baseline += p["linear"]["kernel"][:, n] @ series[-rows:, target]
        forecast[target] += baseline
    return forecast


def head_oracle(p: dict, context: np.ndarray, window: np.ndarray, known: np.ndarray, seasons, sizes: Sizes):
    series, steps = window[:, : sizes.targets], []
    for n in range(sizes.horizon):
        past = past_of(series, seasons, n)
        u = apply(p["from_context"], context) + p["embed_step"]["embedding"][n]
        if "extra_inputs" in p:
            u += apply(p["extra_inputs"], np.concatenate([known[n], *past]))
        steps.append(finish(p, relu(apply(p["hidden"], relu(u))), series, past, n, sizes))
    return np.stack(steps)


def read_blocks(p: dict, cell: str, window: np.ndarray) -> dict:
    """The carry of a one-layer cell after a window read in blocks."""
    layer = p["encoder"]["forward"][0]
    names = ("c", "h") if cell == "lstm" else ("h",)
    carry = {name: np.zeros(6) for name in names}
    for start in range(0, len(window), BLOCK):
        carry, _ = STEPS[cell](layer, carry, window[start : start + BLOCK].reshape(-1))
    return carry


def oracle(kind: str, p: dict, window: np.ndarray, known: np.ndarray, seasons, sizes: Sizes) -> np.ndarray:
    """One window's quantiles ``[N, M, Q]``."""
    if kind == "mlp":
        hidden = relu(apply(p["encoder"]["hidden"][0], window.reshape(-1)))
        return head_oracle(p["head"], apply(p["encoder"]["output"], hidden), window, known, seasons, sizes)
    if kind != "seq2seq":
        return head_oracle(p["head"], read_blocks(p, kind, window)["h"], window, known, seasons, sizes)
    carry, series = read_blocks(p, "gru", window), window[:, : sizes.targets]
    value, steps = series[-1], []
    for n in range(sizes.horizon):
        past = past_of(series, seasons, n)
        carry, y = STEPS["gru"](p["decoder"]["forward"][0], carry, np.concatenate([value, known[n], *past]))
        steps.append(finish(p, relu(apply(p["hidden"], y)), series, past, n, sizes))
        value = steps[-1][:, sizes.quantiles // 2]
    return np.stack(steps)


def check_parity(kind: str, sizes: Sizes, **head) -> None:
    """Compares the forecasts of two windows with the oracle."""
    model, (inputs, known) = make(kind, sizes, **head), windows(2, sizes)
    params = weights_of(model)
    forecast = jax.jit(lambda inputs, known: model(inputs, known))(inputs, known)
    for row in range(2):
        window, future = np.asarray(inputs[row], np.float64), np.asarray(known[row], np.float64)
        expected = oracle(kind, params, window, future, head["seasons"], sizes)
        np.testing.assert_allclose(forecast[row], expected, atol=2e-5)
