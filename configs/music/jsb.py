"""JSB chorales with one frame per quarter note, on the parts that the literature compares on.

Source: JSB_Chorales.mat of Boulanger-Lewandowski et al. 2012, a file that data.path names.

    python -m experiments.train --config=configs/music/jsb.py --workdir=runs/jsb --config.data.path=JSB_Chorales.mat

Measure: negative log-probability of a frame in nats, summed over the 88 keys; the mean over all frames of the 77 test
pieces but the first of each, which is given. Accuracy: see seqjax.metrics.music.

Published (Bai et al. 2018, table 1): GRU 8.43, LSTM 8.45, RNN 8.91, TCN 8.10.
Ours, an LSTM with seeds 0 to 2: 8.08, 8.10, 8.09, mean 8.09. Accuracy .27. Baselines: key frequency (unigram) 11.09,
first-order Markov per key 10.49, persistence (repeat the last frame) 13.71.

On the validation part the three seeds have 8.05, 8.07, 8.05. A run took 106 to 118 seconds, 94 to 100 seconds of
processor time, on one core of an AMD EPYC (Zen 4) that did other work as well
(XLA_FLAGS=--xla_cpu_multi_thread_eigen=false). Settings were chosen by validation with seed 0. Weight dropout makes
the difference: 8.31 without it at a width of 200 (8.37 on the test, three seeds), 8.18 with a rate of .5,
8.07 with .6 at a width of 300, 8.05 with .7 at 400. With a rate of .5, more dropout of inputs and outputs gave 8.43,
batches of 4 8.14, recurrent dropout 8.19. A GRU without weight dropout gave 8.69 at a learning rate of 5e-3.

The pieces of the file are transposed to C (214 of the 229 training pieces end with C in the bass), an octave above
where they are sung, so a first chord is C5 E5 G5 C6. Random transpositions by -5 to 6 semitones made validation worse,
9.26 instead of 8.79 after 800 steps of 16 pieces at 3e-3.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config; with ``arg="quick"`` a smoke test of it that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "music"
    config.seed = 0  # of initial parameters, dropout, transpositions and the order of pieces; at least 0

    config.data = ConfigDict()
    # A .mat file of Boulanger-Lewandowski et al. 2012, which defines its own parts, a folder of MIDI files, "bach" (the
    # chorales in the package music21), or "generated".
    config.data.path = "JSB_Chorales.mat"
    config.data.frames_per_quarter = 1  # at most 48; of a .mat file its own, 1 for JSB_Chorales.mat
    config.data.strict = False  # True: a MIDI file that cannot be used ends the command; else it is passed over
    config.data.split = (0.7, 0.15, 0.15)  # training, validation and test part: shares, or numbers of pieces
    config.data.split_seed = 0  # of the random parts; a .mat file needs neither
    config.data.transpose = (0, 0)  # training pieces by random semitones in this range; (0, 0): not at all
    config.data.num_buckets = 3  # the most lengths that batches are padded to
    config.data.batch_size = 8  # whole pieces in a training step

    config.model = ConfigDict()
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.hidden_features = 400  # width of each recurrent layer
    config.model.num_layers = 1  # stacked recurrent layers
    # Rates of dropout.
    config.model.frame_dropout = 0.0  # of the keys of each input frame
    config.model.input_dropout = 0.0  # of the inputs of each layer, the same for all frames of a piece
    config.model.recurrent_dropout = 0.0  # of the carry, the same for all frames of a piece
    config.model.weight_dropout = 0.7  # of recurrent weights, the same for all frames of a batch
    config.model.dropout = 0.0  # of outputs between layers
    config.model.output_dropout = 0.5  # of the outputs of the last layer

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 1e-2  # maximum, after the warm-up
    config.optimizer.schedule = "cosine"  # decay after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 50  # steps of linear warm-up from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # the largest norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 1200  # training steps
    config.train.ema_decay = 0.99  # of the moving average of the parameters, which is tested; 0 for none
    config.train.log_every = 50  # steps
    config.train.evaluate_every = 100  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without improvement before training stops; 0 to train to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept as well
    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {  # as in bach.py, so that programs are compiled once
    "data.path": "generated",
    "data.num_buckets": 1,
    "model.hidden_features": 8,
    "model.weight_dropout": 0.5,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The three recurrent cells."""
    return {cell: {"model.cell": cell} for cell in ("elman", "gru", "lstm")}
