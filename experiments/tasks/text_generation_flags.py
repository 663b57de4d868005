"""Flags of every task that generates text with a search, beside those of :mod:`experiments.run.stdin`."""

from absl import flags

BEAM = flags.DEFINE_integer("beam", None, "Live hypotheses of the beam search.", lower_bound=1, upper_bound=100)
ATTENTION = flags.DEFINE_string("attention", None, "Picture of the attention weights of the first lines.")
