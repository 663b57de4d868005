"""Questions about made-up stories of small worlds, of thirteen skills; half of the test has new names.

Source: seqjax/data/text/stories.py.

    python -m experiments.train --config=configs/question_answering/stories.py --workdir=runs/stories

Ours, seed 0: 0.874 of the answers are right, 0.868 with names that were seen in training and 0.880 with new ones; the
nearest question's answer 0.220. "sizes" has 0.530 and "ways" 0.240, the other skills 0.910 or more. Training took
283 seconds, 123 of processor time, on 2 cores that other programs shared. No published result.
"""

from ml_collections import ConfigDict


def get_config(arg: str = "") -> ConfigDict:
    """Returns the config; with ``arg="quick"`` a smoke test that ends in seconds."""
    if arg not in ("", "quick"):
        raise ValueError(f"there is no variant {arg!r} of this config")
    config = ConfigDict()
    config.task = "question_answering"
    config.seed = 0  # of the initial parameters, dropout, placeholders and the order of questions

    config.data = ConfigDict()
    # "made_up"; a file of JSON objects, one a line, with "story", "question" and "answer"; or the folder of bAbI, see
    # configs/question_answering/babi.py.
    config.data.path = "made_up"
    config.data.tasks = ()  # of made-up stories, skills, such as ("carried", "sizes"); () for all
    config.data.questions = 20000  # number of made-up training questions
    config.data.test_questions = 1300  # number of made-up questions for validation, and of those of the test
    config.data.split = (0.8, 0.1, 0.1)  # of a file: training, validation and test part, shares or numbers of questions
    config.data.split_seed = 0  # of the random split, and of what is made up
    config.data.strict = False  # whether a line of a file that is no question is refused instead of passed over
    config.data.lowercase = True  # whether words are lower-cased
    config.data.min_count = 1  # minimum number of a word's occurrences in the training part
    config.data.placeholders = 16  # words of one story that the model may tell apart though it has never seen them
    # Probability that a name is replaced by a placeholder in training; with 1 the vocabulary holds no names, so that
    # each has a placeholder in the test too.
    config.data.anonymised = 1.0
    config.data.longest_sentence = 16  # words of a sentence or question that are read, the first ones
    # Sentences to which stories of a batch are padded; of a story with more the last ones are read.
    config.data.bucket_sizes = (5, 10, 30)
    config.data.batch_size = 64  # questions in a training step

    config.model = ConfigDict()
    # "hops" of attention over sentences (Sukhbaatar et al. 2015), or "reduction", in which each sentence rewrites the
    # question (Seo et al. 2017).
    config.model.reader = "hops"
    config.model.words = "positions"  # sentences are weighted sums of word embeddings, or read by a "gru"
    config.model.features = 64  # width of embeddings, sentences, questions and the decoder
    config.model.hops = 3  # times that the story is read
    config.model.vector_gates = False  # whether the gates of "reduction" are one number for each feature
    config.model.recurrent = True  # whether a GRU reads the sentences after the "hops", as counting needs
    config.model.conditioning = "attention"  # of the decoder on the story: "carry", "vector" or "attention"
    config.model.dropout = 0.0  # dropout rate of sentences, questions and hops
    config.model.support_weight = 0.5  # weight of the cross-entropy of the hops with the supporting sentences
    config.model.beam = 1  # hypotheses of the beam search; 1 for greedy decoding
    config.model.length_penalty = 0.0  # of the beam search; above 0 favours longer answers

    config.optimizer = ConfigDict()
    config.optimizer.learning_rate = 3e-3  # at its peak
    config.optimizer.schedule = "cosine"  # after the warm-up: "constant", "cosine" or "linear"
    config.optimizer.warmup_steps = 100  # steps in which the learning rate rises from 0
    config.optimizer.weight_decay = 0.05  # of matrices
    config.optimizer.clip_norm = 1.0  # maximum norm of the gradient; 0 for no clipping

    config.train = ConfigDict()
    config.train.steps = 6000  # training steps
    config.train.ema_decay = 0.99  # of the moving average of the parameters, which is evaluated
    config.train.log_every = 100  # steps between records of the training loss
    config.train.evaluate_every = 1000  # steps between validations, each followed by a checkpoint
    config.train.patience = 0  # validations without a new best after which training stops; 0 for no early stopping
    config.train.max_to_keep = 2  # latest checkpoints that are kept, besides the best one

    if arg == "quick":
        config.update_from_flattened_dict(QUICK)
    return config


QUICK = {  # as in babi.py, so that programs are compiled once
    "data.questions": 130,
    "data.test_questions": 26,
    "data.bucket_sizes": (10,),
    "data.batch_size": 16,
    "model.features": 8,
    "model.hops": 2,
    "model.dropout": 0.05,
    "optimizer.warmup_steps": 5,
    "train.steps": 20,
    "train.ema_decay": 0.9,
    "train.log_every": 5,
    "train.evaluate_every": 10,
}


def sweep(arg: str = "") -> dict[str, dict[str, object]]:
    """Hops of attention or query reduction; and names with embeddings of their own beside placeholders, or alone."""
    return {
        "hops": {},
        "reduction": {"model.reader": "reduction"},
        "names": {"data.anonymised": 0.5},
        "no placeholders": {"data.anonymised": 0.0},
    }
