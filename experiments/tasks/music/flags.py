"""A model of music reads one start a line, and writes the names of the files of the piece that follows it.

A start is a chord such as C4 E4 G4 C5, or the name of a MIDI file, whose first bars (--bars=N) are continued. The
files, in --out=DIR, are MIDI, sound and a picture. --sample=T sets the temperature, 0.7 if not given; --seed=N chooses
the draws; --max_length=N limits the number of frames. An empty line stays empty.
"""

from absl import flags

from experiments.run.stdin import MAX_LENGTH, SAMPLE, SEED

BARS = flags.DEFINE_integer("bars", 2, "Bars of a MIDI file to continue from.", lower_bound=1, upper_bound=1000)
OUT = flags.DEFINE_string("out", None, "Folder of the pieces.")

FLAGS = (BARS, OUT, SAMPLE, SEED, MAX_LENGTH)
