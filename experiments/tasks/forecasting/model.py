"""The models of the forecasting task: the keys of their group of a config, and the predictor of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flax import nnx

from experiments.run.arguments import at_least, choice, probability
from experiments.tasks.forecasting.data import DataConfig, without_lists
from seqjax.data.timeseries.scaler import Scaler
from seqjax.data.timeseries.step import Step
from seqjax.errors import InputError
from seqjax.layers.recurrent import LAYERS
from seqjax.losses import absolute, pinball, squared
from seqjax.models.forecaster import MLPForecaster, RecurrentForecaster, Sizes
from seqjax.models.segment_forecaster import SegmentForecaster
from seqjax.models.seq2seq_forecaster import Seq2SeqForecaster
from seqjax.predictors.forecasting import Forecaster
from seqjax.typing import Array


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The keys of ``config.model``; configs/forecasting/demand.py explains them."""

    kind: str
    cell: str
    hidden_features: int
    num_layers: int
    block: int
    dropout: float
    seasons: tuple[int, ...]
    linear_rows: int
    sampling_rate: float
    quantiles: tuple[float, ...]
    loss: str

    def __post_init__(self) -> None:
        choice("model.kind", self.kind, ("mlp", "recurrent", "segment", "seq2seq"))
        choice("model.cell", self.cell, LAYERS)
        choice("model.loss", self.loss, ("pinball", "absolute", "squared"))
        at_least(1, "model", hidden_features=self.hidden_features, num_layers=self.num_layers)
        at_least(0, "model", block=self.block)
        at_least(-1, "model", linear_rows=self.linear_rows)
        probability("model.sampling_rate", self.sampling_rate)
        levels = self.quantiles
        if self.loss != "pinball":
            if levels:
                raise InputError(
                    f"config key 'model.loss' is {self.loss!r}, but quantiles need 'pinball'; or set model.quantiles=()"
                )
        elif len(levels) % 2 == 0 or levels[len(levels) // 2] != 0.5:
            raise InputError(
                f"config key 'model.quantiles' is {levels}, but must be an odd number of levels with 0.5 in the middle"
            )
        elif not all(0 < a < b < 1 for a, b in zip((0.0001, *levels), (*levels, 0.9999), strict=True)):
            raise InputError(f"config key 'model.quantiles' is {levels}, but must ascend between 0 and 1")

    @property
    def is_open(self) -> bool:
        """True if keys are left open that follow from the data."""
        return self.block == 0 or self.linear_rows == -1 or self.seasons == (0,)

    def with_learned(self, learned: Mapping[str, Any]) -> "ModelConfig":
        """The config with what an earlier run chose in place of keys that are left open."""
        return replace(self, **without_lists(learned.get("chosen", {}).get("model", {})))

    def build(self, data: DataConfig, seed: int) -> nnx.Module:
        """The model for the windows of ``data``, with initial parameters from ``seed``."""
        self._check(data)
        sizes = Sizes(
            lookback=data.lookback,
            horizon=data.horizon,
            in_features=data.columns.in_features,
            known_features=data.columns.known_features,
            targets=len(data.columns.targets),
            quantiles=max(len(self.quantiles), 1),
        )
        options: dict[str, Any] = {
            "hidden_features": self.hidden_features,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
            "rngs": nnx.Rngs(params=seed),
        }
        if self.kind == "segment":
            return SegmentForecaster(sizes, block=self.block, **options)
        options |= {"seasons": self.seasons, "linear_rows": self.linear_rows}
        if self.kind == "mlp":
            return MLPForecaster(sizes, **options)
        options |= {"cell": self.cell, "block": self.block}
        if self.kind == "recurrent":
            return RecurrentForecaster(sizes, **options)
        return Seq2SeqForecaster(sizes, sampling_rate=self.sampling_rate, **options)

    def pointwise_loss(self, forecast: Array, targets: Array) -> Array:
        """The loss of each entry of ``targets [B, N, M]`` given a forecast ``[B, N, M, Q]``."""
        if self.loss == "pinball":
            return pinball(forecast, targets, self.quantiles)
        return (absolute if self.loss == "absolute" else squared)(forecast, targets)

    def _check(self, data: DataConfig) -> None:
        """Raises ``InputError`` unless block, seasons and linear_rows fit the look-back and the horizon."""
        spans = {"recurrent": ("lookback",), "seq2seq": ("lookback",), "segment": ("lookback", "horizon")}
        for span in spans.get(self.kind, ()):
            length = getattr(data, span)
            if length % self.block:
                divisors = ", ".join(str(size) for size in range(1, length + 1) if length % size == 0)
                raise InputError(
                    f"config key 'model.block' is {self.block}, but must divide data.{span}: one of {divisors}"
                )
        for season in self.seasons:
            if not 1 <= season <= data.lookback:
                raise InputError(
                    f"config key 'model.seasons' has {season}, but a season must lie between 1 and data.lookback, "
                    f"{data.lookback}"
                )
        if self.linear_rows > data.lookback:
            raise InputError(
                f"config key 'model.linear_rows' is {self.linear_rows}, above data.lookback {data.lookback}"
            )


def make_forecaster(module: nnx.Module, data: DataConfig, learned: Mapping[str, Any]) -> Forecaster:
    """The predictor of a run: a module of :meth:`ModelConfig.build`, with the scaler and time step of its data."""
    scaler, step = Scaler.from_json(learned["scaler"]), Step.from_json(learned["step"])
    sizes = {"lookback": data.lookback, "horizon": data.horizon}
    return Forecaster(module, data.columns, scaler, step, **sizes, zoned=learned.get("zoned"))
