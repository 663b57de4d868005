"""Bach's chorales, half a quarter note a frame: which keys sound next.

Source: the four-part chorales of Bach in the corpus of the package music21, 362 pieces, cut by chance.

    python -m experiments.train --config=configs/music/bach.py --workdir=runs/bach
    echo C4 E4 G4 C5 | python -m experiments.predict --workdir=runs/bach

Negative log-probability of a frame in nats, summed over the 88 keys; the mean over all frames of all test pieces but
the first of each, which is given. Published: none on these parts; configs/music/jsb.py has those of the literature.
Ours, seed 0: 6.01, accuracy .475 of keys likelier than not; validation, 6.26, was still falling. The rules: by what the
key did in the last frame 8.66 and .362, the last frame again 10.65 and .411, each key as often as it is 11.36 and 0.

Training and test took 197 seconds of processor time, 299 in all, on two cores of an AMD EPYC (Zen 4), shared with two
other trainings, one thread used (XLA_FLAGS=--xla_cpu_multi_thread_eigen=false); where music21 has not parsed the pieces
yet, 23 more. One other setting was tried, a width of 200 without dropped weights: 6.24, on validation 6.50. Pieces are
moved by -5 to 6 semitones, since these are in all keys.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config, or with ``arg="quick"`` a smoke test of it that ends in seconds."""
    quick = arg == "quick"
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "music"
    config.seed = 0  # of initial parameters, dropout, transpositions and the order of pieces; at least 0

    config.data = ConfigDict()
    # A .mat file of Boulanger-Lewandowski et al. 2012, which has parts of its own, a folder of MIDI files, "bach" (of
    # the package music21), or "generated".
    config.data.path = "generated" if quick else "bach"
    config.data.frames_per_quarter = 2  # frames of a quarter note; a .mat file's own, such as 1 of JSB_Chorales.mat
    config.data.split = (0.7, 0.15, 0.15)  # shares of training, validation and test, of pieces that are not a .mat file
    config.data.split_seed = 0  # of the chance by which they are cut
    config.data.transpose = (-5, 6)  # semitones that a training piece is moved by at least and at most; (0, 0) for none
    config.data.widths = 1 if quick else 3  # widths of batches at most, so that little of short pieces is padding
    config.data.batch_size = 8  # whole pieces in a training step

    config.model = ConfigDict()
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.hidden_features = 8 if quick else 300  # width of the carry
    config.model.num_layers = 1  # recurrent layers above each other
    config.model.frame_dropout = 0.0  # probability that a sounding key is not seen
    config.model.input_dropout = 0.0  # the same for each layer's input, alike at all steps
    config.model.recurrent_dropout = 0.0  # the same for the carry, alike at all steps
    config.model.weight_dropout = 0.5  # probability of dropping a recurrent weight
    config.model.zoneout = 0.0  # probability that a unit of the carry stays as it was
    config.model.dropout = 0.0  # probability of dropping an output of a layer that another layer reads
    config.model.output_dropout = 0.5  # the same for the outputs that keys are predicted from

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 1e-2  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 50  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 1500  # batches in all
    config.train.ema_decay = 0.9 if quick else 0.99  # of the parameters' moving average, which is what is tested
    config.train.log_every = 5 if quick else 50  # steps
    config.train.evaluate_every = 10 if quick else 100  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The three recurrences."""
    return {cell: {"model.cell": cell} for cell in ("elman", "gru", "lstm")}
