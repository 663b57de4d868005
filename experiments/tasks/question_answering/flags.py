"""Question answering reads a story sentence by sentence, and answers questions about it.

A line may have several sentences. If it ends with a question mark, its question is answered; any other line is
remembered, with an empty line for an answer. /reset starts a new story. A line may also be a JSON object with "story",
a text or a list of sentences, and "question", which stands for itself: it changes no story. Names that the model has
never seen may occur: it can answer with any word of the story.

--facts adds the sentences that the model looked at, in parentheses, or with --format=jsonl under "facts" with their
weights. --attention=FILE.png plots them for the first answers, hop by hop. --beam=K searches with K hypotheses, and
--length_penalty=A ranks them; --nbest=N writes N answers separated by tabs, best first; --sample=T draws them at random
at temperature T (the draws depend on --seed and the number of the line), from the words that --top_k=K and --top_p=P
leave; --min_length=N and --max_length=N limit the number of words. With --format=jsonl "n_best" holds all answers with
their scores.
"""

from absl import flags

from experiments.run.answers import FORMAT
from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, TOP_K, TOP_P
from experiments.tasks.text_generation_flags import ATTENTION, BEAM, LENGTH_PENALTY, MIN_LENGTH

FACTS = flags.DEFINE_boolean("facts", False, "Print the sentences that an answer looked at.")

FLAGS = (FACTS, BEAM, LENGTH_PENALTY, NBEST, SAMPLE, TOP_K, TOP_P, SEED, MIN_LENGTH, MAX_LENGTH, ATTENTION, FORMAT)
