"""Flax modules that hold parameters and call the functions of :mod:`seqjax.recurrence`."""

from seqjax.layers.attention import Attention, Memory
from seqjax.layers.describe import describe
from seqjax.layers.dropout import Noise, dropout
from seqjax.layers.dtypes import Dtypes
from seqjax.layers.feedforward import FeedForward
from seqjax.layers.linear import LinearRNN, MinGRU, MinLSTM
from seqjax.layers.recurrent import GRU, LSTM, RNN
from seqjax.layers.stack import Recurrent

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Attention",
    "Dtypes",
    "FeedForward",
    "LinearRNN",
    "Memory",
    "MinGRU",
    "MinLSTM",
    "Noise",
    "Recurrent",
    "describe",
    "dropout",
]
