"""Flags of predictions with a language model, beside those of :mod:`experiments.run.stdin`."""

from absl import flags

TOP_K = flags.DEFINE_integer("top_k", None, "Sample from the k most probable tokens only.", lower_bound=1)
TOP_P = flags.DEFINE_float("top_p", None, "Sample from the most probable tokens only, which have this probability.")
STOP = flags.DEFINE_string("stop", None, "Text before which an answer ends.")
