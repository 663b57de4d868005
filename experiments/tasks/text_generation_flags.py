"""Flags of tasks that generate text with a search, in addition to those in :mod:`experiments.run.stdin`."""

from absl import flags

BEAM = flags.DEFINE_integer("beam", None, "Live hypotheses of the beam search.", lower_bound=1, upper_bound=100)
ATTENTION = flags.DEFINE_string("attention", None, "Picture of the attention weights of the first lines.")
