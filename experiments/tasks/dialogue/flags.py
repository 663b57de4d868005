"""Dialogue reads what is said, one text a line, and answers it on one line.

With small talk the conversation is kept: a line is answered with regard to the lines and answers before it, and /reset
starts anew, with an empty line for an answer. A line may also be a JSON object with "prompt" and "history", a list of
turns, which stands for itself. With dialogue acts each line is an act by itself, as in inform(name='red door
cafe';food=thai), or a JSON object with "act"; what a model does not know of it is left out, with a warning. An empty
line stays empty.

--beam=K searches with K hypotheses, and --length_penalty=A ranks them; --nbest=N writes N answers separated by tabs,
best first; --sample=T draws them at random at temperature T (the draws depend on --seed and the number of the line),
from the words that --top_k=K and --top_p=P leave; --min_length=N and --max_length=N limit the number of words;
--attention=FILE.png plots the attention of the first answers, or, of an SC-LSTM, what was still to be said. With
--format=jsonl ``n_best`` holds all answers with their scores.
"""

from experiments.run.answers import FORMAT
from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, TOP_K, TOP_P
from experiments.tasks.text_generation_flags import ATTENTION, BEAM, LENGTH_PENALTY, MIN_LENGTH

FLAGS = (BEAM, LENGTH_PENALTY, NBEST, SAMPLE, TOP_K, TOP_P, SEED, MIN_LENGTH, MAX_LENGTH, ATTENTION, FORMAT)
