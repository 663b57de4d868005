"""Small talk: replies to what was said in a conversation. A toy, since its data are a few thousand lines.

Source: chatterbot-corpus 1.3.3 (BSD-3), conversations in English about many topics, in YAML.

    python -m experiments.train --config=configs/dialogue/small_talk.py --workdir=runs/small_talk

Nothing comparable is published. Ours, seed 0, on 53 conversations of the test: F1 of the words 0.082 (nearest training
prompt 0.069), no reply as the corpus has it; 54 percent of 200 training conversations are answered as in training. The
training took 254 s of processor time, 1,662 s on two cores that other programs shared; the checkpoint after 450 steps
is the best in validation.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """Returns the config; with ``arg="quick"`` a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "dialogue"
    config.seed = 0  # of the initial parameters, dropout and the order of replies

    config.data = ConfigDict()
    config.data.inputs = "texts"  # "texts"; configs/dialogue/rnnlg.py reads "acts"
    # "chatterbot_corpus"; a file or folder of conversations, in YAML as ChatterBot has them, or in .txt files with a
    # turn a line and an empty line between conversations; or "made_up" for conversations made up here.
    config.data.path = "chatterbot_corpus"
    config.data.language = "english"  # of "chatterbot_corpus"
    # Files that are read, by their names without ending; () for all. Here: all but programs and repetitive help.
    config.data.topics = (
        *("ai", "botprofile", "computers", "conversations", "emotion", "food", "gossip", "greetings", "health"),
        *("history", "humor", "literature", "money", "movies", "politics", "psychology", "science", "sports", "trivia"),
    )
    config.data.strict = False  # whether a file or conversation that cannot be read is refused instead of passed over
    config.data.made_up_conversations = 300  # of "made_up": number of conversations
    config.data.history = 2  # turns before the prompt that the model reads
    config.data.split = (0.9, 0.05, 0.05)  # training, validation and test part: shares, or numbers of replies
    config.data.split_seed = 0  # of the random split
    config.data.vocabulary_size = 4000  # maximum number of tokens of prompts, and of replies
    config.data.min_count = 1  # minimum number of a token's occurrences in the training part
    # Tokens to which batches are padded. The longer of conversation and reply decides; of a longer conversation the end
    # is read, a longer reply is not trained on.
    config.data.bucket_sizes = (16, 40)
    config.data.batch_size = 32  # replies in a training step

    config.model = ConfigDict()
    config.model.cell = "gru"  # of encoder and decoder: "elman", "gru" or "lstm"
    config.model.embed_features = 64  # width of the embeddings
    config.model.encoder_features = 96  # width of the encoder's carry in each direction
    config.model.decoder_features = 192  # width of the decoder's carry
    config.model.conditioning = "attention"  # of the decoder on the conversation: "carry", "vector" or "attention"
    config.model.dropout = 0.2  # dropout rate of embeddings and readouts
    config.model.label_smoothing = 0.0  # share of the probability that is spread over the vocabulary
    config.model.beam = 4  # hypotheses of the beam search; 1 for greedy decoding
    config.model.length_penalty = 1.0  # of the beam search; above 0 favours longer replies

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 50  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 900  # training steps
    config.train.ema_decay = 0.98  # of the moving average of the parameters, which is evaluated
    config.train.log_every = 50  # steps between records of the training loss
    config.train.evaluate_every = 150  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints that are kept, besides the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.path": "made_up",
    "data.made_up_conversations": 60,
    "data.topics": (),
    "data.bucket_sizes": (24,),
    "data.batch_size": 16,
    "model.embed_features": 8,
    "model.encoder_features": 8,
    "model.decoder_features": 8,
    "model.beam": 1,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """Attention over the conversation with and without its history, or its last carry alone."""
    return {
        "attention": {},
        "no history": {"data.history": 0},
        "carry": {"model.conditioning": "carry"},
    }
