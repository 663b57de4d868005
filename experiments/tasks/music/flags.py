"""Music reads one prompt a line, composes a piece that continues it, and writes the names of its files on one line.

A prompt is a chord, written as notes (C4 E4 G4 C5), MIDI numbers (60 64 67 72) or names (Cmaj7), or the name of a MIDI
file, whose first bars (--bars=N) are continued in its tempo and metre. --tempo=Q plays the piece at Q quarter notes a
minute; a chord is continued at 80. --keep_prompt=false leaves the prompt out of the piece. The files, in --out=DIR, are
MIDI, sound and a picture. --sample=T sets the temperature, 0.7 if not given; --seed=N the seed of the random frames;
--max_length=N their number. An empty line stays empty. With --format=jsonl the ``answer`` is the list of files.
"""

from absl import flags

from experiments.run.answers import FORMAT
from experiments.run.stdin import MAX_LENGTH, SAMPLE, SEED

BARS = flags.DEFINE_integer("bars", 2, "Bars of a MIDI file to continue from.", lower_bound=1, upper_bound=1000)
TEMPO = flags.DEFINE_float("tempo", None, "Quarter notes a minute.", lower_bound=4, upper_bound=1000)
KEEP_PROMPT = flags.DEFINE_bool("keep_prompt", True, "The piece begins with its prompt.")
OUT = flags.DEFINE_string("out", None, "Folder for the composed pieces.")

FLAGS = (BARS, TEMPO, KEEP_PROMPT, OUT, SAMPLE, SEED, MAX_LENGTH, FORMAT)
