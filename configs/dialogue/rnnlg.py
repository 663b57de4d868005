"""Dialogue acts to replies in the restaurant domain of the RNNLG toolkit.

Source: RNNLG (Wen et al. 2015), data/original/restaurant: 3,114 acts with replies for training, 1,039 for validation
and 1,039 for the test; another domain's folder likewise.

    python -m experiments.train --config=configs/dialogue/rnnlg.py --workdir=runs/rnnlg \
        --config.data.path=RNNLG/data/original/restaurant

Published on the test, of the five best replies, BLEU-4 and slot error rate: SC-LSTM .7525 and .38 percent, LSTM with
attention .7398 and 2.78 percent, rules .4260 (the toolkit's table). Ours, seed 0, SC-LSTM, of the five best .7631 and
.39 percent, of the best .7884 and .30 percent; rules .4251. The training took 109 s of processor time, 828 s on two
cores that other programs shared.

On the validation part the best replies have .8197 and .13 percent; other settings were not tried on the test part.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """Returns the config; with ``arg="quick"`` a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "dialogue"
    config.seed = 0  # of the initial parameters, dropout and the order of acts

    config.data = ConfigDict()
    config.data.inputs = "acts"  # "acts"; configs/dialogue/small_talk.py reads "texts"
    # A folder with train.json, valid.json and test.json: JSON lists of [act, reply, reply of rules] behind lines that
    # begin with #; or "made_up" for a small domain made up here.
    config.data.path = "rnnlg/restaurant"
    config.data.strict = False  # whether an entry that is no act with a reply is refused instead of passed over
    config.data.made_up_acts = 500  # of "made_up": number of training acts
    config.data.min_count = 1  # minimum number of a word's occurrences in the training part
    # Words to which replies are padded; longer replies are not trained on.
    config.data.bucket_sizes = (16, 24, 40)
    config.data.batch_size = 32  # acts in a training step

    config.model = ConfigDict()
    # "sclstm", an LSTM whose carry holds what is still to be said; "vector", an LSTM that reads the act at every step;
    # or "attention" over the act's slots.
    config.model.conditioning = "sclstm"
    config.model.embed_features = 80  # width of the embeddings of words and slots
    config.model.hidden_features = 100  # width of the carry
    config.model.dropout = 0.3  # dropout rate of embeddings and readouts
    config.model.label_smoothing = 0.0  # share of the probability that is spread over the vocabulary
    config.model.act_cost = 1.0  # weight of the cost of act vectors; 0 without "sclstm"
    config.model.candidates = 20  # replies that are generated for each act, and then ranked
    config.model.temperature = 0.0  # of random candidates; 0 for a beam search as wide as there are candidates
    config.model.length_penalty = 1.0  # of the beam search; above 0 favours longer replies
    config.model.slot_penalty = 1.0  # of a missing or redundant slot in the ranking, in nats per word

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.01  # of matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 1200  # training steps
    config.train.ema_decay = 0.99  # of the moving average of the parameters, which is evaluated
    config.train.log_every = 100  # steps between records of the training loss
    config.train.evaluate_every = 300  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints that are kept, besides the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {
    "data.path": "made_up",
    "data.made_up_acts": 100,
    "data.bucket_sizes": (26,),
    "data.batch_size": 16,
    "model.embed_features": 8,
    "model.hidden_features": 8,
    "model.candidates": 1,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """SC-LSTM, an LSTM with the act as a vector at every step, or attention over slots."""
    return {
        "sclstm": {},
        "vector": {"model.conditioning": "vector", "model.act_cost": 0.0},
        "attention": {"model.conditioning": "attention", "model.act_cost": 0.0},
    }
