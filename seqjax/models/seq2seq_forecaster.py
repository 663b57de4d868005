"""An encoder-decoder forecaster: it predicts the horizon step by step, each step from the one before."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.decoding import roll_out
from seqjax.layers.dropout import Noisy, keep_scale
from seqjax.layers.recurrent import LAYERS
from seqjax.models.forecaster import Sizes, ascending, in_blocks, linear_map, seasonal_baseline
from seqjax.typing import Array, Forecast, Inputs, Known, PRNGKey, Targets


class StepInputs(NamedTuple):
    """Inputs of the decoder's steps.

    Attributes:
      known: Known covariates and seasonal forecasts, ``[B, N, K']``.
      baseline: The baseline that the decoder corrects, ``[B, N, M]``.
      before: The targets of the step before, ``[B, N, M]``, or None where the model reads its own values alone.
      sampled: True where a step reads the model's own value in place of ``before``, ``[B, N, 1]``; None likewise.
    """

    known: Array
    baseline: Array
    before: Array | None = None
    sampled: Array | None = None


class Seq2SeqForecaster(Noisy):
    """An encoder reads the window; a decoder with the same cell continues from its carry, one future row at a time.

    .. code-block:: text

        carry_0     = encoder(window)
        carry_n, h_n = decoder(carry_{n-1}, [v_{n-1}; known_n; past_n])
        forecast_n  = ascending(W relu(W_h h_n + b_h) + b) + baseline_n

    v_{n-1} is the row before: the model's own median, or in training the target (teacher forcing; Williams & Zipser
    1989), or randomly one of the two (scheduled sampling, Bengio et al. 2015, section 2.4). past_n and baseline_n are
    those of :class:`~seqjax.models.forecaster.Head`. Gradients flow through all of the model's own values.

    Args:
      sizes: Sizes of the data.
      cell: "elman", "gru" or "lstm", for both halves.
      hidden_features: Width of the carry, and of the hidden layer after it.
      num_layers: Number of recurrent layers in each half.
      block: Rows of the window that the encoder reads at one step. It has to divide the look-back.
      dropout: Probability of dropping a hidden unit, between the encoder's layers, and before the output, there the
        same units at all steps of a row (Gal & Ghahramani 2016). There is none between the decoder's layers.
      seasons: Lags in rows, at most the look-back.
      linear_rows: Last rows that the linear map reads, at most the look-back; 0 for no map.
      sampling_rate: Probability that a step in training reads the model's own median: 0 is teacher forcing.
      rngs: Source of the initial parameters.

    Raises:
      ValueError: ``sampling_rate`` outside [0, 1].
    """

    def __init__(
        self,
        sizes: Sizes,
        *,
        cell: str,
        hidden_features: int,
        num_layers: int,
        block: int,
        dropout: float,
        seasons: tuple[int, ...],
        linear_rows: int,
        sampling_rate: float,
        rngs: nnx.Rngs,
    ) -> None:
        if not 0 <= sampling_rate <= 1:
            raise ValueError(f"sampling_rate must be in [0, 1], not {sampling_rate}")
        self.sizes, self.block, self.dropout = sizes, block, dropout
        self.seasons, self.sampling_rate = seasons, sampling_rate
        in_features = sizes.in_features * block
        self.encoder = LAYERS[cell](in_features, hidden_features, num_layers=num_layers, dropout=dropout, rngs=rngs)
        decoder_features = sizes.targets * (1 + len(seasons)) + sizes.known_features
        self.decoder = LAYERS[cell](decoder_features, hidden_features, num_layers=num_layers, rngs=rngs)
        self.hidden = nnx.Linear(hidden_features, hidden_features, rngs=rngs)
        self.output = nnx.Linear(hidden_features, sizes.targets * sizes.quantiles, rngs=rngs)
        self.linear = linear_map(linear_rows, sizes.horizon, rngs)

    def __call__(
        self, inputs: Inputs, known: Known, *, key: PRNGKey | None = None, targets: Targets | None = None
    ) -> Forecast:
        """Quantiles ``[B, N, M, Q]``.

        Args:
          inputs: The window ``[B, T, D]``, the M targets first.
          known: The known covariates of the future, ``[B, N, K]``.
          key: Source of dropout and of scheduled sampling; None for neither.
          targets: The targets ``[B, N, M]``, read with probability ``1 - sampling_rate``; ignored without a key.
        """
        key = self.noise_key(key, dropout=self.dropout)
        sizes, batch = self.sizes, len(inputs)
        encoder_key, dropout_key, sampling_key = (None,) * 3 if key is None else jax.random.split(key, 3)
        _, carry = self.encoder(in_blocks(inputs, self.block), key=encoder_key)
        step_inputs = self._step_inputs(inputs, known, targets, sampling_key)
        scale = None
        if self.dropout and dropout_key is not None:
            scale = keep_scale((batch, self.hidden.out_features), self.dropout, dropout_key, inputs.dtype)

        def step(carry: Any, forecast: Array, now: StepInputs) -> tuple[Any, Array]:
            value = forecast[..., sizes.quantiles // 2]  # [B, M]
            if now.sampled is not None and now.before is not None:
                value = jnp.where(now.sampled, value, now.before)
            carry, y = self.decoder.step(carry, jnp.concatenate([value, now.known], axis=-1))
            hidden = jax.nn.relu(self.hidden(y))
            raw = self.output(hidden if scale is None else hidden * scale)  # [B, M * Q]
            raw = raw.reshape(batch, sizes.targets, sizes.quantiles)  # [B, M, Q]
            return carry, ascending(raw) + now.baseline[..., None]

        last = inputs[:, -1, : sizes.targets, None]  # [B, M, 1]
        first = jnp.broadcast_to(last, (batch, sizes.targets, sizes.quantiles))  # [B, M, Q]
        return roll_out(step, carry, first, sizes.horizon, step_inputs)

    def _step_inputs(
        self, inputs: Inputs, known: Known, targets: Targets | None, sampling_key: PRNGKey | None
    ) -> StepInputs:
        series, horizon = inputs[:, :, : self.sizes.targets], self.sizes.horizon
        past, baseline = seasonal_baseline(series, self.seasons, self.linear, horizon)
        known = jnp.concatenate([known, *past], axis=-1)
        if targets is None or sampling_key is None or self.sampling_rate == 1:
            return StepInputs(known, baseline)
        before = jnp.concatenate([series[:, -1:], targets[:, :-1]], axis=1)  # [B, N, M]
        sampled = jax.random.bernoulli(sampling_key, self.sampling_rate, (len(inputs), horizon, 1))
        return StepInputs(known, baseline, before, sampled)
