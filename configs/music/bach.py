"""Bach's chorales with two frames per quarter note: which keys sound next.

Source: the four-part chorales of Bach in the corpus of the package music21, 362 pieces, split randomly.

    python -m experiments.train --config=configs/music/bach.py --workdir=runs/bach
    echo C4 E4 G4 C5 | python -m experiments.predict --workdir=runs/bach

Measure: negative log-probability of a frame in nats, summed over the 88 keys; the mean over all frames of the test
pieces but the first of each, which is given. Accuracy: see seqjax.metrics.music.

Published: none on these parts; configs/music/jsb.py has those of the literature.
Ours, seed 0: 5.94, accuracy .484. Baselines: first-order Markov per key 8.64 and .362, persistence (repeat the last
frame) 10.62 and .412, key frequency (unigram) 11.35 and 0.

The loss on the validation part, 6.19, was still falling at the end. Training and test took 197 seconds of processor
time, 299 seconds in all, on two cores of an AMD EPYC (Zen 4) shared with two other trainings, with one thread
(XLA_FLAGS=--xla_cpu_multi_thread_eigen=false); when music21 has to parse the pieces first, 23 seconds more. One other
setting was tried, a width of 200 without weight dropout: 6.24, on validation 6.50. Pieces are transposed by -5 to 6
semitones, since they are in all keys.
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
    config.data.path = "bach"
    config.data.frames_per_quarter = 2  # at most 48; of a .mat file its own, 1 for JSB_Chorales.mat
    config.data.strict = False  # True: a MIDI file that cannot be used ends the command; else it is passed over
    config.data.split = (0.7, 0.15, 0.15)  # training, validation and test part: shares, or numbers of pieces
    config.data.split_seed = 0  # of the random parts; a .mat file needs neither
    config.data.transpose = (-5, 6)  # training pieces by random semitones in this range; (0, 0): not at all
    config.data.num_buckets = 3  # the most lengths that batches are padded to
    config.data.batch_size = 8  # whole pieces in a training step

    config.model = ConfigDict()
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.hidden_features = 300  # width of each recurrent layer
    config.model.num_layers = 1  # stacked recurrent layers
    # Rates of dropout.
    config.model.frame_dropout = 0.0  # of the keys of each input frame
    config.model.input_dropout = 0.0  # of the inputs of each layer, the same for all frames of a piece
    config.model.recurrent_dropout = 0.0  # of the carry, the same for all frames of a piece
    config.model.weight_dropout = 0.5  # of recurrent weights, the same for all frames of a batch
    config.model.dropout = 0.0  # of outputs between layers
    config.model.output_dropout = 0.5  # of the outputs of the last layer

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 1e-2  # maximum, after the warm-up
    config.optimizer.schedule = "cosine"  # decay after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 50  # steps of linear warm-up from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # the largest norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 1500  # training steps
    config.train.ema_decay = 0.99  # of the moving average of the parameters, which is tested; 0 for none
    config.train.log_every = 50  # steps
    config.train.evaluate_every = 100  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without improvement before training stops; 0 to train to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept as well
    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.path": "generated",
    "data.num_buckets": 1,
    "model.hidden_features": 8,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The three recurrent cells."""
    return {cell: {"model.cell": cell} for cell in ("elman", "gru", "lstm")}
