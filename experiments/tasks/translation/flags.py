"""Translation reads one text a line, and writes its translation on one line; an empty line stays empty.

--beam=K searches with K hypotheses, and --length_penalty=A ranks them by their score divided by their length to the
power of about A; --nbest=N writes N translations separated by tabs, best first; --sample=T draws them at random at
temperature T (the draws depend on --seed and the number of the line), from the tokens that --top_k=K and --top_p=P
leave; --min_length=N and --max_length=N limit the number of tokens; --attention=FILE.png plots the attention of the
first lines. Of a line that is longer than every text that the model was trained on, only the beginning is translated,
with a warning on standard error. With --format=jsonl ``n_best`` holds all translations with their scores.
"""

from experiments.run.answers import FORMAT
from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, TOP_K, TOP_P
from experiments.tasks.text_generation_flags import ATTENTION, BEAM, LENGTH_PENALTY, MIN_LENGTH

FLAGS = (BEAM, LENGTH_PENALTY, NBEST, SAMPLE, TOP_K, TOP_P, SEED, MIN_LENGTH, MAX_LENGTH, ATTENTION, FORMAT)
