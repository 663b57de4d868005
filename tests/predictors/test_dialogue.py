"""Small talk: the turns that a model reads."""

import numpy as np
from flax import nnx

from seqjax.data.vocabulary import Vocabulary
from seqjax.predictors.dialogue import BETWEEN, Chatter, conversation

TURNS = ["Hello!", "Hi  there.", "How are\nyou?"]
WORDS = Vocabulary.learn([*TURNS, BETWEEN], kind="word", lowercase=True, size=50, min_count=1, spacing=True)


def test_conversation_holds_the_prompt_and_the_turns_before_it():
    assert conversation(TURNS, 0) == "How are you?"
    assert conversation(TURNS, 1) == "Hi there.\nHow are you?"
    assert conversation(TURNS, 5) == "Hello!\nHi there.\nHow are you?"


def test_end_of_a_long_conversation_is_read_and_turns_stay_apart():
    chatter = Chatter(nnx.Module(), WORDS, WORDS, (3, 6))
    text = conversation(TURNS, 2)
    (ids,) = chatter.encode([text])
    whole = WORDS.encode(text)
    assert WORDS.tokens[whole[2]] == BETWEEN
    assert WORDS.decode(whole) == text.lower()
    np.testing.assert_array_equal(ids, whole[-6:])
    assert len(whole) > 6
