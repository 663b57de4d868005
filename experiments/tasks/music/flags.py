"""Flags of predictions with a music model, beside those of :mod:`experiments.run.stdin`."""

from absl import flags

BARS = flags.DEFINE_integer("bars", 2, "Bars of a MIDI file to continue from.", lower_bound=1, upper_bound=1000)
OUT = flags.DEFINE_string("out", None, "Folder for the composed pieces.")
