"""Forecasting reads the history of a series, and writes quantiles of its future as CSV.

It answers when its input ends. The history is a table like the training file, with at least ``data.lookback`` rows,
whatever lies before these. It may end with rows whose targets are empty, which give the known columns (such as
holidays) of the future. With --format=jsonl each row of the forecast is a JSON object: its ``time``, and the quantiles
of each target as ``answer``.
"""

from experiments.run.answers import FORMAT

FLAGS = (FORMAT,)
