"""The copying problem: ten symbols to be repeated after 500 steps, by an Elman network with small input weights.

Source: Hochreiter & Schmidhuber 1997, section 5.1, in the form of Bai et al. 2018, table 1. This problem needs an
orthogonal recurrence: Henaff, Szlam & LeCun 2016.

    python -m experiments.train --config=configs/long_range/copying.py --workdir=runs/copy
    python -m experiments.sweep --config=configs/long_range/copying.py --workdir=runs/copies

Mean cross-entropy in nats; a model without memory has 10 ln 8 / 520 = .0400:
Published: none at this length; at 1000 LSTM .0204 and GRU .0197, where a model without memory has .0204.
Ours, seed 0: .0017, 0.042 of that without memory, with .9998 of the symbols correct.
From the sweep, the feed-forward network, with 66 times the parameters: .0201 and .869; the Elman network with the usual
initialisation: .0402 and .121; the LSTM with chrono initialisation .0422 and .123, in 2000 steps. The sweep's GRU,
plain LSTM and ReLU network have not been run. With ``:lengths``, at T = 10 and 50, Elman network, GRU and LSTM with the
usual initialisation recall 12 to 15 percent of the symbols.

The run took 79 seconds of one core's time, with the usual initialisation 65, on a machine with two cores of an AMD EPYC
(Zen 4) that also had other work. Input weights as large as Glorot's drive h into the saturation of tanh, and over 500
steps the symbols are lost; with five times this learning rate, and 192 units, training destroyed the recurrence before
the readout had learned to use it.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config; ``arg="quick"`` is a smoke test that ends in seconds, "lengths" is for :func:`sweep`."""
    if arg not in ("", "quick", "lengths"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "long_range"
    config.seed = 0  # seed of initial parameters and of all sequences, at least 0

    config.data = ConfigDict()
    config.data.problem = "copying"  # "copying" or "adding"
    config.data.length = 500  # copying: steps between the symbols and their recall; adding: steps T of a sequence
    config.data.batch_size = 16  # sequences in a training step, all newly generated
    config.data.validation_rows = 250  # sequences of the validation part
    config.data.test_rows = 1000  # sequences of the test part

    config.model = ConfigDict()
    config.model.kind = "recurrent"  # "recurrent", or "mlp", which reads all steps at once
    config.model.cell = "elman"  # cell of the recurrent kind: "elman", "gru" or "lstm"
    config.model.hidden_features = 128  # width of the carry, or of the hidden layers
    config.model.num_layers = 1  # hidden or recurrent layers
    config.model.activation = "tanh"  # activation of an Elman network: "tanh" or "relu"
    config.model.recurrent_init = "orthogonal"  # initial recurrent weights of an Elman network, or "identity"
    config.model.input_init_std = 0.003  # standard deviation of an Elman network's initial input weights; 0 for Glorot
    config.model.forget_bias = 1.0  # initial bias of an LSTM's forget gate
    config.model.chrono = 0.0  # longest dependency in steps for chrono initialisation of an LSTM; 0 for forget_bias
    config.model.norm = True  # layer normalisation of a recurrent layer's outputs before the readout

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 1e-4  # peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.0  # of matrices, not of biases
    config.optimizer.clip_norm = 1.0  # largest norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 2000  # batches
    config.train.ema_decay = 0.99  # decay of the moving average of parameters, which is tested; 0 for none
    config.train.log_every = 50  # steps
    config.train.evaluate_every = 200  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without improvement before training stops; 0 never stops early
    config.train.max_to_keep = 2  # latest checkpoints to keep, in addition to the best one
    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


# The smoke test: seconds.
QUICK: dict[str, object] = {
    "data.length": 20,
    "data.validation_rows": 50,
    "data.test_rows": 50,
    "model.hidden_features": 8,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


Keys = dict[str, object]


def sweep(arg: str = "") -> dict[str, Keys]:
    """This Elman network, a feed-forward network, and networks with the usual initialisation.

    With ``arg="lengths"``, those with the usual initialisation at two shorter lengths.
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
