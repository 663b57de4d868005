"""Forecasting reads the history of a series as CSV, and writes quantiles of its future as CSV.

The history has the header of the training file and at least ``data.lookback`` rows. It may end with rows whose targets
are empty, which give the known columns (such as holidays) of the future. Forecasting has no flags of its own.
"""

from typing import Any

from absl import flags

FLAGS: tuple[flags.FlagHolder[Any], ...] = ()
