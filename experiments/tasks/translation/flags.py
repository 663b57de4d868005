"""Translation reads one text a line, and writes its translation on one line; an empty line stays empty.

--beam=K searches with K hypotheses; --nbest=N writes N translations separated by tabs, best first; --sample=T draws
them at random at temperature T (the draws depend on --seed and the number of the line); --max_length=N limits them to
N tokens; --attention=FILE.png plots the attention of the first lines. Of a line that is longer than every text that
the model was trained on, only the beginning is translated, with a warning on standard error.
"""

from absl import flags

from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED

BEAM = flags.DEFINE_integer("beam", None, "Hypotheses of the beam search.", lower_bound=1, upper_bound=100)
ATTENTION = flags.DEFINE_string("attention", None, "Picture of the attention weights.")

FLAGS = (BEAM, NBEST, SAMPLE, SEED, MAX_LENGTH, ATTENTION)
