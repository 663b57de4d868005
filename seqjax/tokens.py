"""Token ids that every vocabulary shares."""

PAD = 0  # fills a row after its end
BOS = 1  # precedes the first token that a decoder makes
EOS = 2  # ends a sequence, and is part of it
UNK = 3  # any token that is not in the vocabulary
