"""The copying problem: ten symbols, said again after 500 steps, by an Elman network that starts where tanh is linear.

Source: Hochreiter & Schmidhuber 1997, section 5.1, in the form of Bai et al. 2018, table 1. That this problem needs an
orthogonal recurrence: Henaff, Szlam & LeCun 2016.

    python -m experiments.train --config=configs/long_range/copying.py --workdir=runs/copy
    python -m experiments.sweep --config=configs/long_range/copying.py --workdir=runs/copies

Published: none at this length; at 1000 LSTM .0204 and GRU .0197, where no memory at all is .0204.
No memory at all is 10 ln 8 / 520 = .0400 here. Ours, seed 0: .0017, 0.042 of it, with .9998 of the symbols right.
From the sweep, the feed-forward network, with 66 times the parameters: .0201 and .869; the Elman network with the usual
start: .0402 and .121; the LSTM with the chrono start .0422 and .123, in 2000 steps. Its GRU, plain LSTM and ReLU
network have not been run. With ``:lengths``, at T = 10 and 50, the usual starts of Elman, GRU and LSTM get 12 to 15
percent of the symbols.

The run took 79 seconds of one core's time, the usual start 65, on a machine of two cores of an AMD EPYC (Zen 4) that
had other work besides. Input weights as large as Glorot's drive h into the bend of tanh, where 500 steps wear
away what it holds; with five times this learning rate, and 192 units, training destroyed the recurrence before the
readout had learned to use it.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config, or with ``arg="quick"`` a smoke test of it that ends in seconds; "lengths" is for :func:`sweep`."""
    quick = arg == "quick"
    if arg not in ("", "quick", "lengths"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "long_range"
    config.seed = 0  # of initial parameters and all sequences; at least 0

    config.data = ConfigDict()
    config.data.problem = "copying"  # or "adding"
    config.data.length = 20 if quick else 500  # steps to remember over; of adding, steps T of a sequence
    config.data.batch_size = 16  # sequences in a training step, always new ones
    config.data.validation_rows = 50 if quick else 250  # sequences
    config.data.test_rows = 50 if quick else 1000  # sequences

    config.model = ConfigDict()
    config.model.kind = "recurrent"  # "mlp", which sees all steps at once, or "recurrent"
    config.model.cell = "elman"  # of the recurrent kind: "elman", "gru" or "lstm"
    config.model.hidden_features = 8 if quick else 128  # width of the carry, or of hidden layers
    config.model.num_layers = 1  # hidden or recurrent layers above each other
    config.model.activation = "tanh"  # of an Elman network, or "relu"
    config.model.recurrent_init = "orthogonal"  # of an Elman network's recurrent weights, or "identity"
    config.model.input_init_std = 0.003  # of an Elman network's input weights at the start; 0 for Glorot's
    config.model.forget_bias = 1.0  # of an LSTM at the start
    config.model.chrono = 0.0  # steps that an LSTM's gates are drawn for, in place of forget_bias; 0 for none
    config.model.norm = True  # whether a recurrent layer's outputs are layer-normalised before the readout

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 1e-4  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 100  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.0  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 2000  # batches in all
    config.train.ema_decay = 0.99  # of the parameters' moving average, which is what is tested; 0 for none
    config.train.log_every = 5 if quick else 50  # steps
    config.train.evaluate_every = 10 if quick else 200  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


Keys = dict[str, object]


def sweep(arg: str = "") -> dict[str, Keys]:
    """An Elman network that starts where tanh is linear, and beside it a network without memory and usual starts.

    With ``arg="lengths"`` the usual starts where less has to be remembered.
    """
    plain: Keys = {"model.norm": False, "model.input_init_std": 0.0}
    elman: Keys = {**plain, "optimizer.learning_rate": 1e-3}
    gru: Keys = {**plain, "model.cell": "gru", "optimizer.learning_rate": 2e-3}
    lstm: Keys = {**plain, "model.cell": "lstm", "optimizer.learning_rate": 2e-3}
    if arg == "lengths":
        kinds: dict[str, Keys] = {"elman": elman, "gru": gru, "lstm": lstm}
        return {
            f"{name} {length}": {**keys, "data.length": length} for name, keys in kinds.items() for length in (10, 50)
        }
    return {
        "elman small": {},
        "mlp": {**plain, "model.kind": "mlp", "optimizer.learning_rate": 1e-3},
        "elman": elman,
        "irnn": {
            **elman,
            "model.activation": "relu",
            "model.recurrent_init": "identity",
            "model.input_init_std": 0.001,
        },
        "gru": gru,
        "lstm": lstm,
        "lstm chrono": {**lstm, "model.chrono": 500.0},
    }
