"""Spoken letters, numbers and words: CMU's alphanumeric database, AN4, by letters with CTC.

Source: www.speech.cs.cmu.edu/databases/an4, as features for Sphinx: 948 training and 130 test utterances of 13
cepstral coefficients, 100 times a second; 0.8 hours, 74 speakers in training and 10 others in the test.

    python -m experiments.train --config=configs/speech/an4.py --workdir=runs/an4 --config.data.path=an4

Measure: word error rate of the 773 words of the test part, whose 95 percent interval is +-2 points at an error
of 9 percent. The list of 105 words that comes with the data (etc/an4.ug.lm) and bigrams of the training
texts are the language models. A ninth of the training speakers is the validation part.

Ours, seed 0: 0.096 with bigrams, 0.102 with the list of words, 0.137 greedily. Training took 1267 seconds of processor
time on 2 cores; its length was chosen by the validation part. A decoder with attention in place of CTC: 0.223 greedily.

Published: 0.074 by ESPnet2's transformer, on other features (its results file).
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config; with ``arg="quick"`` a smoke test that ends in seconds on tones."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "speech"
    config.seed = 0  # of initial parameters, dropout, augmentation and the order of recordings; at least 0

    config.data = ConfigDict()
    # "espeak", "generated" (tones), or a folder: with a table transcripts.csv or transcripts.tsv (path, text, perhaps
    # speaker), of a corpus for Sphinx such as AN4 (etc and feat), or of files DIGIT_SPEAKER_INDEX.wav such as FSDD's.
    config.data.path = ""  # the folder of the corpus, with etc and feat
    config.data.strict = False  # whether a file that cannot be read ends the training; if not, it is left out
    config.data.utterances = 3000  # of "espeak" and "generated": training recordings; a tenth or a fifth as many others
    # Random training, validation and test parts, each speaker in one: shares that add up to 1, or
    # numbers of recordings. Parts that the data give are kept.
    config.data.split = (0.8, 0.1, 0.1)
    config.data.split_seed = 0  # of the random parts, of generated texts and voices, and of the noise of the test
    config.data.held_out = ""  # of FSDD: the speaker of the test part; "" for the official one, indices 0 to 4
    config.data.strings = 0  # of FSDD: strings of digits joined for training; a tenth as many for the others
    config.data.longest_string = 1  # of FSDD: the most digits in a string
    config.data.rate = 16000  # samples per second; sound at another rate is resampled
    config.data.features = "mfcc"  # "log_mel", or "mfcc", 100 frames per second
    config.data.num_features = 13  # in a frame
    config.data.normalisation = "recording"  # of features: of each "recording", or by the "training" part's statistics
    # Augmentation of training recordings.
    config.data.speeds = (90, 95, 100, 105, 110)  # percentages, of which one is drawn
    config.data.noise = 0.0  # share of recordings with noise
    config.data.noise_decibels = (0.0, 30.0)  # range of the ratio of signal to noise
    config.data.time_masks = (2, 25)  # number of masks of time, and the most frames of each
    config.data.feature_masks = (1, 3)  # number of masks of features, and the most features of each
    config.data.bucket_sizes = (200, 300, 420, 720)  # frames to which batches are padded; longer recordings are cut
    config.data.batch_size = 16  # recordings in a training step

    config.model = ConfigDict()
    config.model.output = "ctc"  # "ctc", or "attention": a decoder
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.hidden_features = 160  # width of the encoder's carry in each direction
    config.model.joins = (3, 1)  # for each layer of the encoder: steps of the layer below that it reads as one
    config.model.bidirectional = True  # whether the encoder reads in both directions; streams need False
    config.model.dropout = 0.3  # dropout rate of each layer's outputs
    config.model.embed_features = 32  # of "attention": width of the embeddings
    config.model.decoder_features = 128  # of "attention": width of the decoder's carry
    config.model.score = "general"  # of "attention": "additive", "dot" or "general"
    config.model.label_smoothing = 0.0  # of "attention": share of the probability that is spread over the letters
    config.model.beam = 16  # prefixes or hypotheses of the search; 1 for greedy decoding
    config.model.language_model = "bigrams"  # of CTC's search: "none", a list of "words", or their "bigrams"
    config.model.language_weight = 1.0  # of the language model
    config.model.length_bonus = 0.0  # for each letter, with a language model

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # maximum, after the warm-up
    config.optimizer.schedule = "cosine"  # decay after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 200  # steps of linear warm-up from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # the largest norm of the gradient

    config.train = ConfigDict()
    config.train.steps = 6000  # training steps
    config.train.ema_decay = 0.995  # of the moving average of the parameters, which is tested; 0 for none
    config.train.log_every = 100  # steps
    config.train.evaluate_every = 550  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without improvement before training stops; 0 to train to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept as well
    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {  # as in digits.py, so that programs are compiled once
    "data.path": "generated",
    "data.utterances": 60,
    "data.rate": 8000,
    "data.features": "log_mel",
    "data.num_features": 20,
    "data.speeds": (100,),
    "data.feature_masks": (1, 2),
    "data.bucket_sizes": (150,),
    "data.batch_size": 8,
    "model.hidden_features": 16,
    "model.joins": (3,),
    "model.beam": 1,
    "model.language_model": "none",
    "model.dropout": 0.1,
    "optimizer.learning_rate": 4e-3,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """CTC, and a decoder with attention."""
    return {
        "ctc": {},
        "attention": {"model.output": "attention", "model.language_model": "none", "model.label_smoothing": 0.1},
    }
