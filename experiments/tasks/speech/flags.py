"""Speech reads the path of a sound file a line, and writes its text on one line.

Of a file that cannot be read the line is empty, and the reason is on standard error. A model that was trained on
features reads files .mfc.

--beam=K searches with K prefixes; --nbest=N writes N texts, best first, each followed by its log-probability, separated
by tabs; with --format=jsonl ``n_best`` holds them. With --stream standard input is sound itself, signed 16-bit samples
at the model's rate (arecord -f S16_LE -r 16000 -t raw), whose letters are written as they are recognised; it needs a
model that reads in one direction.
"""

from absl import flags

from experiments.run.answers import FORMAT
from experiments.run.stdin import NBEST
from experiments.tasks.text_generation_flags import BEAM

STREAM = flags.DEFINE_bool("stream", False, "Recognise raw 16-bit samples on standard input while they arrive.")

FLAGS = (BEAM, NBEST, STREAM, FORMAT)
