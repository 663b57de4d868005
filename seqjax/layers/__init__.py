"""The first floor: Flax modules that hold parameters and call the functions of the ground floor."""

from seqjax.layers.attention import Attention, Memory
from seqjax.layers.describe import describe
from seqjax.layers.dropout import dropout
from seqjax.layers.feedforward import FeedForward
from seqjax.layers.recurrent import GRU, LSTM, RNN, LinearRNN, MinGRU, MinLSTM, Recurrent

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Attention",
    "FeedForward",
    "LinearRNN",
    "Memory",
    "MinGRU",
    "MinLSTM",
    "Recurrent",
    "describe",
    "dropout",
]
