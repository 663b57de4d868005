"""Strings of digits and short commands, spoken by espeak-ng: letters with CTC.

Source: the synthesiser espeak-ng in the package espeakng-loader, with noise; neither the accents nor the timbres of the
test voices are heard in training (seqjax/data/audio/synthesis.py). Speech is made on the first run, and cached.

    python -m experiments.train --config=configs/speech/digits.py --workdir=runs/digits
    ls *.wav | python -m experiments.predict --workdir=runs/digits

Measure: word error rate of 300 recordings of 24 unheard voices, clean and with noise at 10 dB.

Ours, seed 0: 0.045 clean and 0.069 at 10 dB with bigrams of words, 0.107 clean greedily. Training took 269 seconds of
processor time, 321 of wall time, on 2 cores that other programs shared. espeak-ng draws the noise of some timbres anew,
so that the numbers of another machine differ.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """The config; with ``arg="quick"`` a smoke test that ends in seconds and needs no synthesiser."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "speech"
    config.seed = 0  # of initial parameters, dropout, augmentation and the order of recordings; at least 0

    config.data = ConfigDict()
    # "espeak", "generated" (tones), or a folder: with a table transcripts.csv or transcripts.tsv (path, text, perhaps
    # speaker), of a corpus for Sphinx such as AN4 (etc and feat), or of files DIGIT_SPEAKER_INDEX.wav such as FSDD's.
    config.data.path = "espeak"
    config.data.strict = False  # whether a file that cannot be read ends the training; if not, it is left out
    config.data.utterances = 3000  # of "espeak" and "generated": training recordings; a tenth or a fifth as many others
    # Random training, validation and test parts, each speaker in one: shares that add up to 1, or numbers of
    # recordings. Parts that the data give are kept.
    config.data.split = (0.8, 0.1, 0.1)
    config.data.split_seed = 0  # of the random parts, of generated texts and voices, and of the noise of the test
    config.data.held_out = ""  # of FSDD: the speaker of the test part; "" for the official one, indices 0 to 4
    config.data.strings = 0  # of FSDD: strings of digits joined for training; a tenth as many for the others
    config.data.longest_string = 1  # of FSDD: the most digits in a string
    config.data.rate = 16000  # samples per second; sound at another rate is resampled
    config.data.features = "log_mel"  # "log_mel", or "mfcc", 100 frames per second
    config.data.num_features = 40  # in a frame
    config.data.normalisation = "recording"  # of features: of each "recording", or by the "training" part's statistics
    # Augmentation of training recordings.
    config.data.speeds = (100,)  # percentages, of which one is drawn
    config.data.noise = 0.7  # share of recordings with noise
    config.data.noise_decibels = (0.0, 30.0)  # range of the ratio of signal to noise
    config.data.time_masks = (1, 20)  # number of masks of time, and the most frames of each
    config.data.feature_masks = (1, 8)  # number of masks of features, and the most features of each
    config.data.bucket_sizes = (120, 220, 410)  # frames to which batches are padded; longer recordings are cut
    config.data.batch_size = 32  # recordings in a training step

    config.model = ConfigDict()
    config.model.output = "ctc"  # "ctc", or "attention": a decoder
    config.model.cell = "lstm"  # "elman", "gru" or "lstm"
    config.model.hidden_features = 128  # width of the encoder's carry in each direction
    config.model.joins = (3, 1)  # for each layer of the encoder: steps of the layer below that it reads as one
    config.model.bidirectional = True  # whether the encoder reads in both directions; streams need False
    config.model.dropout = 0.1  # dropout rate of each layer's outputs
    config.model.embed_features = 32  # of "attention": width of the embeddings
    config.model.decoder_features = 128  # of "attention": width of the decoder's carry
    config.model.score = "general"  # of "attention": "additive", "dot" or "general"
    config.model.label_smoothing = 0.0  # of "attention": share of the probability that is spread over the letters
    config.model.beam = 16  # prefixes or hypotheses of the search; 1 for greedy decoding
    config.model.language_model = "bigrams"  # of CTC's search: "none", a list of "words", or their "bigrams"
    config.model.language_weight = 1.0  # of the language model
    config.model.length_bonus = 0.0  # for each letter, with a language model

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 4e-3  # maximum, after the warm-up
    config.optimizer.schedule = "cosine"  # decay after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps of linear warm-up from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # the largest norm of the gradient

    config.train = ConfigDict()
    config.train.steps = 1500  # training steps
    config.train.ema_decay = 0.99  # of the moving average of the parameters, which is tested; 0 for none
    config.train.log_every = 50  # steps
    config.train.evaluate_every = 250  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without improvement before training stops; 0 to train to the end
    config.train.max_to_keep = 2  # checkpoints of the latest steps; the best one is kept as well
    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.path": "generated",
    "data.utterances": 60,
    "data.rate": 8000,
    "data.num_features": 20,
    "data.feature_masks": (1, 2),
    "data.bucket_sizes": (150,),
    "data.batch_size": 8,
    "model.hidden_features": 16,
    "model.joins": (3,),
    "model.beam": 1,
    "model.language_model": "none",
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """Both directions, the whole recording at hand; one direction, for streams; and a decoder with attention."""
    return {
        "bidirectional": {},
        "streaming": {
            "model.bidirectional": False,
            "model.hidden_features": 192,
            "data.normalisation": "training",
        },
        "attention": {"model.output": "attention", "model.language_model": "none", "model.beam": 1},
    }
