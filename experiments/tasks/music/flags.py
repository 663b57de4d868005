"""Music reads one prompt a line, composes a piece that continues it, and writes the names of its files on one line.

A prompt is a chord such as C4 E4 G4 C5, or the name of a MIDI file, whose first bars (--bars=N) are continued. The
files, in --out=DIR, are MIDI, sound and a picture. --sample=T sets the temperature, 0.7 if not given; --seed=N the seed
of the random frames; --max_length=N their number. An empty line stays empty.
"""

from absl import flags

from experiments.run.stdin import MAX_LENGTH, SAMPLE, SEED

BARS = flags.DEFINE_integer("bars", 2, "Bars of a MIDI file to continue from.", lower_bound=1, upper_bound=1000)
OUT = flags.DEFINE_string("out", None, "Folder for the composed pieces.")

FLAGS = (BARS, OUT, SAMPLE, SEED, MAX_LENGTH)
