"""Translation reads one text a line, and writes its translation on one line; an empty line stays empty.

--beam=K searches with K hypotheses; --nbest=N writes N translations separated by tabs, best first; --sample=T draws
them at random at temperature T (the draws depend on --seed and the number of the line); --max_length=N limits them to
N tokens; --attention=FILE.png plots the attention of the first lines. Of a line that is longer than every text that
the model was trained on, only the beginning is translated, with a warning on standard error.
"""

from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED
from experiments.tasks.text_generation_flags import ATTENTION, BEAM

FLAGS = (BEAM, NBEST, SAMPLE, SEED, MAX_LENGTH, ATTENTION)
