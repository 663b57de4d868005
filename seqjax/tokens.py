"""Ids of the tokens that every vocabulary has."""

PAD = 0  # fills a row up behind its end
BOS = 1  # stands before the first token that a decoder makes
EOS = 2  # ends a sequence, and is part of it
UNK = 3  # stands for whatever the vocabulary lacks
