"""Questions as ids: the vocabulary and its names, placeholders, and batches."""

import json

import numpy as np
import pytest

from seqjax.data.text.questions import Question
from seqjax.data.text.story_encoding import BatchSize, StoryVocabulary, pointed_at, story_batch
from seqjax.tokens import BOS, EOS, PAD, UNK

TRAINING = [
    Question(("Ann went to the park.", "Then Bob saw Ann."), "Where is Ann?", ("park",), (0,), "where"),
    Question(("Ann is no longer in the park.", "Later she ate."), "Is Ann in the park?", ("no",), (0,), "negation"),
    Question(("Bob ate then.", "Bob has no milk.", "Bob saw Milk."), "What is eaten?", ("nothing",), (), "what"),
    Question(("Bob is in the hall.",), "Is Bob in the park?", ("no",), (0,), "negation"),
]
SIZE = BatchSize(3, 4, 8, 6, 2)


@pytest.fixture(scope="module")
def vocabulary():
    return StoryVocabulary.learn(TRAINING, min_count=1, placeholders=2, lowercase=True)


def words(vocabulary, ids, placeholders=()):
    """The words of ids, those of placeholders in brackets."""
    tokens = [*vocabulary.tokens, *(f"[{word}]" for word in placeholders)]
    return [tokens[index] for index in ids if index != PAD]


def test_names_are_answers_from_the_story_and_words_with_capitals(vocabulary):
    # "no" is also answered where the story has none; "later" and "then" have capitals at the heads of sentences only,
    # and "milk" has also none.
    assert vocabulary.names == ("ann", "bob", "park")
    kept = StoryVocabulary.learn(TRAINING, min_count=1, placeholders=2, lowercase=False)
    assert kept.names == ("Ann", "Bob", "Milk", "park")
    assert kept.unknown("Ann is Cleo") == ["Cleo"]
    assert vocabulary.unknown("ANN is Cleo") == ["cleo"]
    assert StoryVocabulary.learn(TRAINING, min_count=3, placeholders=2, lowercase=True).unknown("The hall") == ["hall"]


def test_vocabulary_without_names_has_a_placeholder_for_each():
    bare = StoryVocabulary.learn(TRAINING, min_count=1, placeholders=3, lowercase=True, has_names=False)
    assert bare.names == ("ann", "bob", "park")
    assert bare.unknown("Ann went to the park, Cleo.") == ["ann", "park", "cleo"]
    encoded = bare.encode(TRAINING[0], 9, 9)
    assert pointed_at(encoded, 3) == ("ann", "park", "bob")
    assert story_batch([encoded], SIZE, bare).tgt[0].tolist() == [BOS, len(bare) + 1, EOS, PAD]


def test_vocabulary_is_restored(vocabulary):
    again = StoryVocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert vars(again) == vars(vocabulary)


def test_unknown_words_of_the_story_have_placeholders_in_the_order_of_their_occurrence(vocabulary):
    asked = Question(("Zoe saw Ann.", "Dan saw Zoe.", "Eve ate."), "Where is Zoe, Hal?", ("Zoe", "Dan"), (1,), "")
    encoded = vocabulary.encode(asked, 10, 10)
    assert pointed_at(encoded, 2) == ("zoe", "dan")
    assert pointed_at(encoded, 9) == ("zoe", "dan", "eve")
    batch = story_batch([encoded], SIZE, vocabulary)
    size = len(vocabulary)
    assert words(vocabulary, batch.story[0, 0], "ZD") == ["[Z]", "saw", "ann"]
    assert words(vocabulary, batch.story[0, 1], "ZD") == ["[D]", "saw", "[Z]"]
    assert words(vocabulary, batch.story[0, 2], "ZD") == ["<unk>", "ate"], "there are two placeholders only"
    assert words(vocabulary, batch.question[0], "ZD") == ["where", "is", "[Z]", "<unk>"]
    assert batch.tgt[0].tolist() == [BOS, size, size + 1, EOS]
    assert batch.present[0].tolist() == [True, True]
    assert batch.support[0].tolist() == [False, True, False, False]
    assert vocabulary.decode([size, size + 1, 4, EOS, 5], ("zoe", "dan")) == ("zoe", "dan", vocabulary.tokens[4])
    assert vocabulary.decode([size + 1, UNK], ("zoe",)) == ("<unk>", "<unk>")


def test_rows_that_fill_a_batch_are_empty(vocabulary):
    batch = story_batch([vocabulary.encode(TRAINING[0], 9, 9)], SIZE, vocabulary)
    assert [each.shape for each in batch] == [(3, 4, 8), (3, 6), (3, 4), (3, 2), (3, 4)]
    assert not any(each[1:].any() for each in batch)
    assert not batch.present.any()
    assert (batch.story[0, 2:] == PAD).all()


def test_long_stories_and_sentences_are_cut(vocabulary):
    story = ("Ann ate.", "...", "Bob ate.", "Ann saw Bob then.", "Bob is in the park.")
    encoded = vocabulary.encode(Question(story, "Where is Bob in the hall then?", ("park",), (0, 4), ""), 2, 4)
    assert encoded.story.shape == (2, 4)
    assert (encoded.rows, encoded.left_out, encoded.cut) == ((3, 4), 2, 1 + 3)
    assert encoded.support.tolist() == [False, True]
    assert encoded.words == ("ann", "bob"), "names that are read"


def test_names_are_replaced_at_random_and_alike_within_a_question(vocabulary):
    encoded = vocabulary.encode(TRAINING[0], 9, 9)
    size = len(vocabulary)
    replaced, orders = set(), set()
    for seed in range(60):
        batch = story_batch([encoded], SIZE, vocabulary, anonymised=0.5, rng=np.random.default_rng(seed))
        again = story_batch([encoded], SIZE, vocabulary, anonymised=0.5, rng=np.random.default_rng(seed))
        for one, other in zip(batch, again, strict=True):
            np.testing.assert_array_equal(one, other)
        ann, park = int(batch.story[0, 0, 0]), int(batch.story[0, 0, 4])
        bob = int(batch.story[0, 1, 1])
        assert batch.story[0, 1, 3] == batch.question[0, 2] == ann
        assert batch.tgt[0, 1] == park
        there = {index - size for index in (ann, bob, park) if index >= size}
        assert set(np.flatnonzero(batch.present[0]).tolist()) == there
        assert len(there) == sum(index >= size for index in (ann, bob, park))
        replaced.add((ann >= size, bob >= size, park >= size))
        orders.add(ann - size)
    assert len(replaced) == 7, "all but three names for two placeholders"
    assert {0, 1} < orders
    every = story_batch([encoded], SIZE, vocabulary, anonymised=1.0, rng=np.random.default_rng(0))
    assert every.present[0].all()
    none = story_batch([encoded], SIZE, vocabulary, anonymised=0.0, rng=np.random.default_rng(0))
    assert not none.present.any()
