"""Questions about made-up stories of small worlds, of thirteen skills; half of the test has new names.

Source: seqjax/data/text/stories.py.

    python -m experiments.train --config=configs/question_answering/stories.py --workdir=runs/stories
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
    config.data.anonymised = 0.5  # probability that a name is replaced by a placeholder in training
    config.data.longest_sentence = 16  # words of a sentence or question that are read, the first ones
    # Sentences to which stories of a batch are padded; of a story with more the last ones are read.
    config.data.bucket_sizes = (5, 10, 30)
    config.data.batch_size = 64  # questions in a training step
