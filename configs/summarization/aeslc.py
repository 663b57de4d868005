"""E-mails of Enron and their subject lines: a pointer-generator.

Source: AESLC (Zhang & Tetreault 2019), 14,436 e-mails for training, 1,960 for validation and 1,906 for the test, which
have three more subject lines each, written by others. The file is expected as aeslc.jsonl, one JSON object a line.

    python -m experiments.train --config=configs/summarization/aeslc.py --workdir=runs/aeslc

Published on the test, against the original subject: ROUGE-1 23.67, ROUGE-2 10.29, ROUGE-L 23.44 (Zhang & Tetreault
2019).
Ours, seed 0: 26.85, 12.74 and 26.55. Training took 809 seconds on 2 cores that other programs shared.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """Returns the config; with ``arg="quick"`` a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "summarization"
    config.seed = 0  # of the initial parameters, dropout and the order of texts

    config.data = ConfigDict()
    # "docstrings", or a table of texts and summaries: CSV, TSV or JSONL; also in gzip, bzip2, xz or zip.
    config.data.path = "aeslc.jsonl"
    # Of "docstrings": packages, by the names under which they are imported.
    config.data.train_packages = ()
    config.data.valid_packages = ()  # packages of the validation part
    config.data.test_packages = ()  # packages of the test
    config.data.source_column = "body"  # column of the texts in a table; also the key of JSON lines in predict
    config.data.target_column = "subject"  # column of the summaries
    config.data.references_column = "references"  # column of further summaries for the test, as JSON lists; "" for none
    # Column that holds "train", "dev" (or "valid") or "test"; "" divides the texts of a table at random.
    config.data.part_column = "split"
    config.data.split = (0.9, 0.05, 0.05)  # training, validation and test part: shares, or numbers of texts
    config.data.split_seed = 0  # of the random split
    config.data.lowercase = True  # whether texts and summaries are lower-cased
    config.data.vocabulary_size = 8000  # maximum number of words, the most frequent ones
    config.data.min_count = 2  # minimum number of a word's occurrences in the training part
    config.data.bucket_sizes = (64, 128, 200)  # words to which texts are padded; of longer texts the beginning is read
    config.data.longest_target = 16  # words of a summary; longer ones are not trained on
    config.data.batch_size = 32  # texts in a training step

    config.model = ConfigDict()
    config.model.cell = "gru"  # of encoder and decoder: "elman", "gru" or "lstm"
    config.model.embed_features = 128  # width of the embeddings, which texts and summaries share
    config.model.encoder_features = 128  # width of the encoder's carry in each direction
    config.model.decoder_features = 256  # width of the decoder's carry
    config.model.score = "general"  # of attention: "additive", "dot" or "general"
    config.model.input_feeding = False  # whether the decoder reads its last attention readout
    config.model.tie_embeddings = True  # whether the embedding is the output's weight too
    config.model.copying = True  # whether the decoder also copies words of the text
    config.model.coverage = 0.0  # weight of the coverage loss; 0 for attention without coverage
    config.model.dropout = 0.4  # dropout rate of embeddings and readouts
    config.model.label_smoothing = 0.0  # share of the probability that is spread over the vocabulary
    config.model.chunk = 0  # words between two carries that are kept for the gradient; 0 keeps all
    config.model.beam = 4  # hypotheses of the beam search; 1 for greedy decoding
    config.model.length_penalty = 1.0  # of the beam search; above 0 favours longer summaries
    config.model.no_repeat_ngram_size = 3  # no sequence of so many words occurs twice in a summary; 0 for no limit

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 2e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 3000  # training steps
    config.train.ema_decay = 0.998  # of the moving average of the parameters, which is evaluated
    config.train.log_every = 100  # steps between records of the training loss
    config.train.evaluate_every = 500  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints that are kept, besides the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {  # as in docstrings.py, so that programs are compiled once
    "data.path": "docstrings",
    "data.train_packages": ("absl",),
    "data.valid_packages": ("ml_collections",),
    "data.test_packages": ("tensorboardX",),
    "data.vocabulary_size": 400,
    "data.bucket_sizes": (32,),
    "data.longest_target": 12,
    "data.batch_size": 16,
    "model.embed_features": 8,
    "model.encoder_features": 8,
    "model.decoder_features": 8,
    "model.beam": 2,
    "model.no_repeat_ngram_size": 0,
    "model.dropout": 0.3,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """With copying, without it, and with coverage."""
    return {
        "copying": {},
        "generating": {"model.copying": False},
        "coverage": {"model.coverage": 1.0},
    }
