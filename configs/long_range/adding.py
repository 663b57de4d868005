"""The adding problem: the sum of two marked values in a sequence of 600, read out at the last step.

Source: Hochreiter & Schmidhuber 1997, section 5.4, in the form of Bai et al. 2018, table 1.

    python -m experiments.sweep --config=configs/long_range/adding.py --workdir=runs/adding
    python -m experiments.train --config=configs/long_range/adding.py --workdir=runs/lstm --config.model.chrono=600

Mean squared error at T = 600; below .001 the problem counts as solved, and a model without memory has .167:
Published: LSTM .164, GRU 5.3e-5, RNN .177.
Ours, seed 0: LSTM .160, and .00036 with chrono initialisation of its gates (Tallec & Ollivier 2018); GRU .00022;
tanh .161, and .171, .167, .096, .020 at T = 200, 100, 50, 20; ReLU initialised with the identity .160; feed-forward
.162.
With ``:lengths``, at T = 50 and 200: LSTM .00030 and .170; GRU .00018 and .00049; ReLU .029 and .170; feed-forward .150
and .169.

Trained for 3000 steps of 16 sequences, the GRU for 6000; after 3000 it had .0020. On two cores of an AMD EPYC (Zen 4)
that also had much other work, the runs took 8 seconds (feed-forward) to 14 minutes (GRU), and a step of the LSTM took
at least 52 ms, of the GRU 64 ms. The GRU ran with XLA_FLAGS=--xla_cpu_multi_thread_eigen=false, which leaves the other
core free. A learning rate of 1e-3 suited tanh better than 5e-3.
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
    config.data.problem = "adding"  # "adding" or "copying"
    config.data.length = 600  # adding: steps T of a sequence; copying: steps between the symbols and their recall
    config.data.batch_size = 16  # sequences in a training step, all newly generated
    config.data.validation_rows = 500  # sequences of the validation part
    config.data.test_rows = 2000  # sequences of the test part

    config.model = ConfigDict()
    config.model.kind = "recurrent"  # "recurrent", or "mlp", which reads all steps at once
    config.model.cell = "lstm"  # cell of the recurrent kind: "elman", "gru" or "lstm"
    config.model.hidden_features = 64  # width of the carry, or of the hidden layers
    config.model.num_layers = 1  # hidden or recurrent layers
    config.model.activation = "tanh"  # activation of an Elman network: "tanh" or "relu"
    config.model.recurrent_init = "orthogonal"  # initial recurrent weights of an Elman network, or "identity"
    config.model.input_init_std = 0.0  # standard deviation of an Elman network's initial input weights; 0 for Glorot
    config.model.forget_bias = 1.0  # initial bias of an LSTM's forget gate
    config.model.chrono = 0.0  # longest dependency in steps for chrono initialisation of an LSTM; 0 for forget_bias
    config.model.norm = False  # layer normalisation of a recurrent layer's outputs before the readout

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 5e-3  # peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.0  # of matrices, not of biases
    config.optimizer.clip_norm = 1.0  # largest norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 3000  # batches
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
    """A feed-forward network and the recurrent ones; with ``arg="lengths"`` each at two shorter lengths."""
    tanh: Keys = {"model.cell": "elman", "optimizer.learning_rate": 1e-3}
    irnn: Keys = {**tanh, "model.activation": "relu", "model.recurrent_init": "identity", "model.input_init_std": 0.001}
    mlp: Keys = {"model.kind": "mlp", "optimizer.learning_rate": 1e-3}
    if arg == "lengths":
        kinds: dict[str, Keys] = {"mlp": mlp, "elman": tanh, "irnn": irnn, "gru": {"model.cell": "gru"}, "lstm": {}}
        return {
            f"{name} {length}": {**keys, "data.length": length} for name, keys in kinds.items() for length in (50, 200)
        }
    return {
        "mlp": mlp,
        "elman 20": {**tanh, "data.length": 20},
        "elman 50": {**tanh, "data.length": 50},
        "elman 100": {**tanh, "data.length": 100},
        "elman 200": {**tanh, "data.length": 200},
        "elman": tanh,
        "irnn": irnn,
        "gru": {"model.cell": "gru", "train.steps": 6000},  # slower than an LSTM with chrono initialisation
        "lstm": {"model.cell": "lstm"},
        "lstm chrono": {"model.cell": "lstm", "model.chrono": 600.0},
    }
