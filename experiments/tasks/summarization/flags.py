r"""Summarisation reads a text or a JSON object a line, and writes its summary on one line; an empty line stays empty.

A JSON object holds the text under the name of config.data.source_column, with \n for its line ends. --beam=K searches
with K hypotheses, and --length_penalty=A ranks them by their score divided by their length to the power of about A;
--nbest=N writes N summaries separated by tabs, best first; --sample=T draws them at random at temperature T, from the
words that --top_k=K and --top_p=P leave; --min_length=N and --max_length=N limit the number of words; --attention=FILE
plots what the model looks at for each word of the first summaries. Of a text that is longer than the last of
data.bucket_sizes only the beginning is read, with a remark on standard error. With --format=jsonl ``n_best`` holds all
summaries with their scores.
"""

from experiments.run.answers import FORMAT
from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, TOP_K, TOP_P
from experiments.tasks.text_generation_flags import ATTENTION, BEAM, LENGTH_PENALTY, MIN_LENGTH

FLAGS = (BEAM, LENGTH_PENALTY, NBEST, SAMPLE, TOP_K, TOP_P, SEED, MIN_LENGTH, MAX_LENGTH, ATTENTION, FORMAT)
