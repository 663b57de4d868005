"""Flags of tasks that generate text with a search, in addition to those in :mod:`experiments.run.stdin`."""

from absl import flags

BEAM = flags.DEFINE_integer("beam", None, "Live hypotheses of the beam search.", lower_bound=1, upper_bound=100)
LENGTH_PENALTY = flags.DEFINE_float(
    "length_penalty",
    None,
    "Exponent of the length that the scores of a beam search are divided by; above 0 favours long answers.",
    lower_bound=-10,
    upper_bound=10,
)
MIN_LENGTH = flags.DEFINE_integer("min_length", None, "Smallest number of tokens of an answer.", lower_bound=1)
ATTENTION = flags.DEFINE_string("attention", None, "Picture of the attention weights of the first lines.")
