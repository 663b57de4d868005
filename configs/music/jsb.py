"""JSB chorales, a quarter note a frame, in the parts that the literature compares on.

Source: JSB_Chorales.mat of Boulanger-Lewandowski et al. 2012, a file of one's own.

    python -m experiments.train --config=configs/music/jsb.py --workdir=runs/jsb --config.data.path=JSB_Chorales.mat

Negative log-probability of a frame in nats, summed over the 88 keys; the mean over all frames of all 77 test pieces but
the first of each, which is given. Published (Bai et al. 2018, table 1): GRU 8.43, LSTM 8.45, RNN 8.91, TCN 8.10.
Ours, an LSTM with seeds 0 to 2: 8.08, 8.10, 8.09, mean 8.09, on validation 8.05, 8.07, 8.05. Accuracy .27, of keys
likelier than not. The rules: each key as often as it is 11.09, by what the key did in the last frame 10.49, the last
frame again 13.71.

A run took 106 to 118 seconds, 94 to 100 of processor time, on one core of an AMD EPYC (Zen 4), beside other work
(XLA_FLAGS=--xla_cpu_multi_thread_eigen=false). Settings were chosen by validation, seed 0: dropped recurrent weights
make the difference, 8.31 without at a width of 200 (three seeds of which had 8.37 on the test), 8.18 with half of them
dropped, 8.07 with .6 at a width of 300, 8.05 with .7 at 400. Besides half of them dropped, more of the inputs and
outputs dropped 8.43, batches of 4 8.14, recurrent dropout 8.19. A GRU 8.69 at a learning rate of 5e-3 without any.

The file's pieces are moved to C (214 of the 229 for training end with it in the bass), an octave above where they are
sung, so a first chord is C5 E5 G5 C6. Moving them by -5 to 6 semitones made validation worse, 9.26 for 8.79 after 800
steps of 16 pieces at 3e-3.
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
    config.data.path = "generated" if quick else "JSB_Chorales.mat"
    config.data.frames_per_quarter = 1  # frames of a quarter note; a .mat file's own, such as 1 of JSB_Chorales.mat
    config.data.split = (0.7, 0.15, 0.15)  # shares of training, validation and test, of pieces that are not a .mat file
    config.data.split_seed = 0  # of the chance by which they are cut
    config.data.transpose = (0, 0)  # semitones that a training piece is moved by at least and at most; (0, 0) for none
    config.data.widths = 1 if quick else 3  # widths of batches at most, so that little of short pieces is padding
    config.data.batch_size = 8  # whole pieces in a training step

    config.model = ConfigDict()
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.hidden_features = 8 if quick else 400  # width of the carry
    config.model.num_layers = 1  # recurrent layers above each other
    config.model.frame_dropout = 0.0  # probability that a sounding key is not seen
    config.model.input_dropout = 0.0  # the same for each layer's input, alike at all steps
    config.model.recurrent_dropout = 0.0  # the same for the carry, alike at all steps
    config.model.weight_dropout = 0.7  # probability of dropping a recurrent weight
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
    config.train.steps = 20 if quick else 1200  # batches in all
    config.train.ema_decay = 0.9 if quick else 0.99  # of the parameters' moving average, which is what is tested
    config.train.log_every = 5 if quick else 50  # steps
    config.train.evaluate_every = 10 if quick else 100  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The three recurrences."""
    return {cell: {"model.cell": cell} for cell in ("elman", "gru", "lstm")}
