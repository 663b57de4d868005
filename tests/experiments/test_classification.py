"""The classification task: what it makes of texts, and the rules beside it."""

import copy
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from configs import sentiment_imdb
from experiments.tasks.classification.task import Classification, _numbered
from seqjax.baselines.bag_of_words import majority, word_pairs
from seqjax.data.text.labelled import Texts
from seqjax.errors import InputError

pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.fixture(scope="module")
def task() -> Classification:
    config = sentiment_imdb.get_config("quick")
    config.data.widths = (4, 6)
    config.model.pooling = "attention"
    return Classification(config.data, config.model, seed=0)


def test_no_text_of_a_part_stands_in_another_and_the_vocabulary_is_of_the_training_part(task):
    train, valid, test = (set(part.texts) for part in task.parts)
    assert len(train | valid | test) == len(train) + len(valid) + len(test)
    words = {piece for text in train for piece in task.model.vocabulary.split(text)}
    assert set(task.model.vocabulary.pieces[4:]) <= words


@pytest.mark.parametrize(
    ("cut", "kept"), [("head", "a b c d e f"), ("tail", "d e f g h i"), ("both", "a b c g h i"), ("none", "a b c")]
)
def test_long_texts_are_cut(task, cut, kept):
    model = copy.copy(task.model)
    model.cut = cut if cut != "none" else "head"
    text = "a b c" if cut == "none" else "a b c d e f g h i"
    assert model.pieces(text) == kept.split()
    assert len(model.encode([text])[0]) == len(kept.split())


def test_contributions_are_slopes_of_the_verdict(task):
    """A token's contribution is how fast the margin grows when its embedding is stretched."""
    model, params = task.model, task.initial_params
    ids = task.ids[0][0][:5]
    shares, attention = model.explain(params, ids)
    assert attention.sum() == pytest.approx(1, abs=1e-6)
    network = nnx.merge(model._graph, params)
    mask = jnp.ones((1, len(ids)), bool)
    x = network.embed(jnp.asarray(ids)[None])
    classify = jax.jit(lambda x: network.classify(x, mask)[0])
    best = int(jnp.argmax(classify(x)))

    def margin(stretch: float, token: int) -> float:
        logits = classify(x.at[0, token].mul(stretch))[0]
        return float(logits[best] - logits[1 - best])

    for token in range(len(ids)):
        slope = (margin(1.05, token) - margin(0.95, token)) / 0.1
        assert shares[token] == pytest.approx(slope, abs=2e-3, rel=0.02)


def test_probabilities_do_not_depend_on_company_or_order(task):
    ids = task.ids[2]
    together = task.model.probabilities(task.initial_params, ids)
    backwards = task.model.probabilities(task.initial_params, ids[::-1])[::-1]
    np.testing.assert_allclose(together, backwards, atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-6)
    alone = task.model.probabilities(task.initial_params, ids[3:4])
    np.testing.assert_allclose(alone[0], together[3], atol=1e-6)


def test_rows_that_fill_a_batch_up_weigh_nothing(task):
    batch = next(batch for batch in map(task.train_batch, range(20)) if 0 < batch.weights.sum() < len(batch.weights))
    real = int(batch.weights.sum())
    with jax.numpy_dtype_promotion("standard"):
        program = jax.jit(lambda batch: task.loss(task.initial_params, batch, None))
        loss = program(batch)
        rows = [program(jax.tree.map(lambda leaf, row=row: leaf[row : row + 1], batch)) for row in range(real)]
    assert float(loss) == pytest.approx(float(np.mean(rows)), rel=1e-5)


def test_a_text_of_the_test_part_is_not_trained_on(task, tmp_path, capsys):
    config = sentiment_imdb.get_config("quick").data
    texts = task.parts[0].texts[:40]
    (tmp_path / "test.csv").write_text(
        "text,label\n"
        + "".join(f'"{text}",{label}\n' for text, label in zip(texts, task.parts[0].labels, strict=False))
    )
    config.test_path = str(tmp_path / "test.csv")
    split = Classification(config, sentiment_imdb.get_config("quick").model, seed=0)
    assert not set(texts) & (set(split.parts[0].texts) | set(split.parts[1].texts))
    assert split.parts[2].texts == texts
    assert "stand in the generated reviews: not used" in capsys.readouterr().err


def test_rules_know_pairs_of_words():
    pytest.importorskip("sklearn")
    texts = ["good", "not good", "bad", "not bad"] * 10
    labels = np.array([1, 0, 0, 1] * 10)
    rules = word_pairs(str.split, texts, labels, texts[:4])
    np.testing.assert_array_equal(rules["logistic regression"].argmax(axis=1), labels[:4])
    np.testing.assert_array_equal(rules["naive Bayes"][[1, 3]].argmax(axis=1), labels[[1, 3]])
    np.testing.assert_allclose(rules["naive Bayes"].sum(axis=1), 1)
    np.testing.assert_allclose(majority(np.array([0, 0, 1, 2]), 2, 3), [[0.5, 0.25, 0.25]] * 2)


def test_without_scikit_learn_the_test_goes_without_its_rules(task, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    measures = task.test(task.initial_params, tmp_path)
    assert "majority_accuracy" in measures
    assert not any("Bayes" in name for name in measures)
    assert "install seqjax with its extra 'baselines'" in capsys.readouterr().err


def test_every_part_needs_every_class():
    with pytest.raises(InputError, match="the test part of x, 1 texts, has none of class 'b'"):
        _numbered(Texts("x", ("t",), ("a",)), "test", ("a", "b"))
