"""The adding problem: the sum of two marked values among 600, said at the end.

Source: Hochreiter & Schmidhuber 1997, section 5.4, in the form of Bai et al. 2018, table 1.

    python -m experiments.sweep --config=configs/long_range/adding.py --workdir=runs/adding
    python -m experiments.train --config=configs/long_range/adding.py --workdir=runs/lstm --config.model.chrono=600

Mean squared error at T = 600, of which less than .001 counts as solved; to remember nothing is .167:
Published: LSTM .164, GRU 5.3e-5, RNN .177.
Ours, seed 0: LSTM .160, and .00036 with the chrono start of its gates (Tallec & Ollivier 2018); GRU .00022;
tanh .161, and .171, .167, .096, .020 where T = 200, 100, 50, 20; ReLU with an identity start .160; feed-forward .162.
With ``:lengths``, at T = 50 and 200: LSTM .00030 and .170; GRU .00018 and .00049; ReLU .029 and .170; feed-forward .150
and .169.

In 3000 steps of 16 sequences, the GRU in 6000; with 3000 it ended at .0020. On a machine of two cores of an AMD EPYC
(Zen 4) that had much other work besides, the runs took 8 seconds (feed-forward) to 14 minutes (GRU), and a step of the
LSTM 52 ms at its fastest, of the GRU 64 ms. The GRU ran with XLA_FLAGS=--xla_cpu_multi_thread_eigen=false, which leaves
the other core alone. A learning rate of 1e-3 suited tanh better than 5e-3.
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
    config.data.problem = "adding"  # or "copying"
    config.data.length = 20 if quick else 600  # steps T of a sequence; of copying, steps to remember over
    config.data.batch_size = 16  # sequences in a training step, always new ones
    config.data.validation_rows = 50 if quick else 500  # sequences
    config.data.test_rows = 50 if quick else 2000  # sequences

    config.model = ConfigDict()
    config.model.kind = "recurrent"  # "mlp", which sees all steps at once, or "recurrent"
    config.model.cell = "lstm"  # of the recurrent kind: "elman", "gru" or "lstm"
    config.model.hidden_features = 8 if quick else 64  # width of the carry, or of hidden layers
    config.model.num_layers = 1  # hidden or recurrent layers above each other
    config.model.activation = "tanh"  # of an Elman network, or "relu"
    config.model.recurrent_init = "orthogonal"  # of an Elman network's recurrent weights, or "identity"
    config.model.input_init_std = 0.0  # of an Elman network's input weights at the start; 0 for Glorot's
    config.model.forget_bias = 1.0  # of an LSTM at the start
    config.model.chrono = 0.0  # steps that an LSTM's gates are drawn for, in place of forget_bias; 0 for none
    config.model.norm = False  # whether a recurrent layer's outputs are layer-normalised before the readout

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 5e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 100  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.0  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 3000  # batches in all
    config.train.ema_decay = 0.99  # of the parameters' moving average, which is what is tested; 0 for none
    config.train.log_every = 5 if quick else 50  # steps
    config.train.evaluate_every = 10 if quick else 200  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


Keys = dict[str, object]


def sweep(arg: str = "") -> dict[str, Keys]:
    """A network without memory, and the recurrences; with ``arg="lengths"`` each where less has to be remembered."""
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
        "gru": {"model.cell": "gru", "train.steps": 6000},  # slower than an LSTM with a chrono start
        "lstm": {"model.cell": "lstm"},
        "lstm chrono": {"model.cell": "lstm", "model.chrono": 600.0},
    }
