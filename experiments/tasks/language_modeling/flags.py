r"""A language model reads one prompt a line, perhaps empty, and writes its continuation on one line.

At a terminal the text appears while it is generated. In prompts, texts and --stop a line break is \n, a tab \t and a
backslash \\. --sample=T sets the temperature, 0.8 if not given; --top_k=K and --top_p=P limit the tokens that are
sampled from; --seed=N sets the seed; --max_length=N limits the number of tokens; --stop=TEXT ends the text before TEXT;
--nbest=N writes N texts separated by tabs. With --format=jsonl ``n_best`` holds all N with their scores; they are
escaped as JSON is.
"""

from absl import flags

from experiments.run.answers import FORMAT
from experiments.run.stdin import MAX_LENGTH, NBEST, SAMPLE, SEED, TOP_K, TOP_P

STOP = flags.DEFINE_string("stop", None, "Text before which a continuation ends.")

FLAGS = (SAMPLE, TOP_K, TOP_P, SEED, MAX_LENGTH, STOP, NBEST, FORMAT)
