"""The classification task: its parts, losses, measures and report."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from experiments.run.flags import config_module
from experiments.run.parts import PARTS
from experiments.tasks.classification.data import DataConfig
from experiments.tasks.classification.report import attributions
from experiments.tasks.classification.sequences import label_indices, make_batch
from experiments.tasks.classification.task import Classification
from seqjax.data.text.labelled import Texts
from seqjax.data.vocabulary import Vocabulary
from seqjax.errors import InputError
from seqjax.metrics.classification import classification_measures, confusion, measures_by_class
from seqjax.tokens import UNK
from tests.experiments.commands import ROOT


def quick() -> ConfigDict:
    module, argument = config_module(f"{ROOT}/configs/classification/imdb.py:quick")
    return module.get_config(argument)


@pytest.fixture(scope="module")
def task() -> Classification:
    config = quick()
    config.data.bucket_sizes, config.data.batch_size = (6,), 64
    config.model.kind, config.model.label_smoothing = "average", 0.3
    config.model.word_dropout = config.model.embed_dropout = config.model.output_dropout = 0.0
    return Classification(config.data, config.model, seed=0)


@pytest.fixture(scope="module")
def probabilities(task) -> np.ndarray:
    """Of the test texts, by the initial parameters."""
    return task.classifier.probabilities(task.initial_params, task.sequences[2])


def test_parts_share_no_text_and_the_vocabulary_is_of_the_training_part(task):
    train, valid, test = (set(part.texts) for part in task.parts)
    assert len(train | valid | test) == len(train) + len(valid) + len(test)
    words = {token for text in train for token in task.classifier.vocabulary.split(text)}
    assert set(task.classifier.vocabulary.tokens[4:]) <= words


def test_data_config_removes_test_texts_from_the_other_parts(task, tmp_path, capsys):
    texts, labels = task.parts[0].texts[:40], task.parts[0].labels[:40]
    rows = [f'"{text}",{label}\n' for text, label in zip(texts, labels, strict=True)]
    (tmp_path / "test.csv").write_text("text,label\n" + "".join(rows))
    config = DataConfig(**quick().data.to_dict() | {"test_path": str(tmp_path / "test.csv")})
    train, valid, test = config.read()
    assert not set(texts) & (set(train.texts) | set(valid.texts))
    assert test.texts == texts
    assert "are in" in capsys.readouterr().err


def test_data_config_finds_parts_next_to_the_training_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name, text in (("train", "a"), ("valid", "b"), ("test", "c")):
        rows = "".join(f"{text} {number},{number % 2}\n" for number in range(9))
        (tmp_path / "data" / f"{name}.csv").write_text("text,label\n" + rows)
    keys = {"path": "data/train.csv", "valid_path": "valid.csv", "test_path": "test.csv"}
    parts = DataConfig(**quick().data.to_dict() | keys).read()
    assert [part.texts[0] for part in parts] == ["a 0", "b 0", "c 0"]


def test_loss_sums_equal_the_log_loss_and_ignore_rows_that_fill_a_batch(task, probabilities):
    """Without a key the labels are not smoothed."""
    rows = np.arange(5)
    summed = jax.jit(lambda params, batch: task.loss_sums(params, None, batch, None)[:2])
    batch = make_batch(task.sequences[2], task.labels[2], rows, 6, 64)
    loss, count = summed(task.initial_params, batch)
    expected = classification_measures(probabilities[rows], task.labels[2][rows])["log_loss"]
    assert count == 5
    assert float(loss) == pytest.approx(5 * expected, rel=1e-5)
    batch.sequences[5:], batch.lengths[5:], batch.labels[5:] = 7, 6, 1
    assert float(summed(task.initial_params, batch)[0]) == float(loss)


def test_loss_sums_with_a_key_smooth_the_labels(task, probabilities):
    """With smoothing e, a class has the target (1 - e) + e / C or e / C; the task has no dropout here."""
    rows, labels = np.arange(5), task.labels[2][:5]
    batch = make_batch(task.sequences[2], task.labels[2], rows, 6, 64)
    loss, count, carry = jax.jit(task.loss_sums)(task.initial_params, None, batch, jax.random.key(0))
    targets = 0.7 * np.eye(2)[labels] + 0.3 / 2
    assert float(loss) == pytest.approx(-np.sum(targets * np.log(probabilities[rows])), rel=1e-5)
    assert (count, carry) == (5, None)


def test_validate_gives_the_error_rate_first(task):
    measures = task.validate(task.initial_params)
    probabilities = task.classifier.probabilities(task.initial_params, task.sequences[1])
    expected = classification_measures(probabilities, task.labels[1])
    assert list(measures) == ["error", "loss"]
    assert measures["error"] == pytest.approx(1 - expected["accuracy"])
    assert measures["loss"] == pytest.approx(expected["log_loss"], rel=1e-5)


def test_test_measures_the_model_and_the_baselines(task, probabilities, capsys):
    result = task.test(task.initial_params)
    assert result.table["model"] == classification_measures(probabilities, task.labels[2])
    correct = probabilities.argmax(axis=1) == task.labels[2]
    lengths = np.array([len(task.classifier.vocabulary.encode(text)) for text in task.parts[2].texts])
    assert result.extra == {
        "accuracy_to_6": correct[lengths <= 6].mean(),
        "accuracy_beyond_6": correct[lengths > 6].mean(),
        "by_class": measures_by_class(
            confusion(probabilities.argmax(axis=1), task.labels[2], 2), task.classifier.classes
        ),
    }
    assert result.lines == []
    assert list(result.plots) == ["confusion.png", "calibration.png", "accuracy_by_length.png", "attributions.html"]
    shares = np.bincount(task.labels[0]) / len(task.labels[0])
    assert result.table["majority"]["accuracy"] == np.mean(task.labels[2] == shares.argmax())


def test_test_leaves_out_baselines_without_scikit_learn(task, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert list(task.test(task.initial_params).table) == ["model", "majority"]
    assert "install seqjax with its extra 'baselines'" in capsys.readouterr().err


def test_attributions_explain_correct_texts_of_each_class_and_the_most_confident_mistakes(task, monkeypatch):
    monkeypatch.setattr(
        task.classifier, "explain", lambda params, ids: (np.arange(len(ids), dtype=float), np.ones(len(ids)))
    )
    first = [0.9, 0.8, 0.7, 0.1, 0.6, 0.2, 0.05, 0.3]  # probability of class 0
    predicted = np.array([[p, 1 - p] for p in first])
    labels = np.array([0, 0, 0, 1, 1, 0, 0, 1])
    texts = [f"good film {number}" for number in range(8)]
    explained = list(attributions(task.classifier, None, texts, labels, predicted))
    assert [text.tokens[-1] for text in explained] == ["0", "1", "3", "7", "6", "5"]
    assert explained[0].title == "predicted neg with 90%; the label is neg"
    assert explained[4].title == "predicted pos with 95%; the label is neg"
    np.testing.assert_array_equal(explained[0].values, [0, 1, 2])


def test_learned_values_are_taken_instead_of_learned_again(task, monkeypatch):
    def refuse(*arguments, **keys):
        raise AssertionError("learned again")

    config, learned = quick(), {**task.learned, "classes": task.learned["classes"][::-1]}
    config.model.kind = "average"
    monkeypatch.setattr(Vocabulary, "learn", refuse)
    again = Classification(config.data, config.model, 0, learned)
    assert again.classifier.classes == task.classifier.classes[::-1]
    assert again.classifier.vocabulary.tokens == task.classifier.vocabulary.tokens
    np.testing.assert_array_equal(again.labels[2], 1 - task.labels[2])


def test_label_indices_refuse_unknown_classes_and_allow_missing_ones():
    part = Texts("x", ("t", "u"), ("a", "b"))
    assert label_indices(part, "test", ("b", "a")).tolist() == [1, 0]
    assert label_indices(part, "test", ("b", "a", "c")).tolist() == [1, 0]
    sentence = (
        "x has the label 'b', but the training part has only 'a', 'c'; "
        "remove the 1 texts of the test part with unknown labels, or train on some of them"
    )
    with pytest.raises(InputError, match=sentence):
        label_indices(part, "test", ("a", "c"))
    with pytest.raises(InputError, match=r"only 'class 0', .* 'class 9', \.\.\.; remove"):
        label_indices(part, "test", [f"class {number}" for number in range(99)])


def on_file(path: Path, rows: Iterable[tuple[str, str]], **keys: object) -> Classification:
    """A task on a small averaging model and a file of texts and labels."""
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    config = quick()
    data = config.data.to_dict() | {"path": str(path), "split": (0.8, 0.1, 0.1), "batch_size": 16} | keys
    config.model.kind, config.model.embed_features, config.model.hidden_features = "average", 2, 2
    return Classification(data, config.model, seed=0)


def test_rare_classes_are_trained_on_and_not_measured(tmp_path):
    rows = [(f"w{number % 9} {number}", "rare" if number == 77 else "common") for number in range(200)]
    task = on_file(tmp_path / "x.csv", rows)
    assert [part.labels.count("rare") for part in task.parts] == [1, 0, 0]
    assert "no test text is 'rare'" in task.data_summary
    result = task.test(task.initial_params)
    assert list(result.extra["by_class"]) == ["common"]
    assert result.lines == ["f1 is the mean over 1 of 2 classes: no test text is 'rare'"]
    assert json.dumps(result.flat(), allow_nan=False)


def test_a_hundred_classes_and_a_test_file_of_one_class_are_no_fault(tmp_path):
    rows = [(f"w{number % 100}a n{number}", f"c{number % 100}") for number in range(1000)]
    (tmp_path / "test.csv").write_text("text,label\n" + "".join(f"w7a m{number},c7\n" for number in range(5)))
    task = on_file(tmp_path / "x.csv", rows, test_path="test.csv")
    assert [len(set(part.labels)) for part in task.parts] == [100, 100, 1]
    assert task.test(task.initial_params).table["majority"]["accuracy"] in (0, 1)


@pytest.mark.parametrize("tokens", ["word", "character"])
def test_texts_in_which_no_word_repeats_have_no_bag_of_words(tmp_path, tokens, capsys):
    pytest.importorskip("sklearn")
    rows = [(name + chr(97 + letter), name) for name in ("Rossi", "Tanaka") for letter in range(20)]
    task = on_file(tmp_path / "x.csv", rows, tokens=tokens)
    names = list(task.test(task.initial_params).table)
    remark = "no word is in two training texts" in capsys.readouterr().err
    if tokens == "character":
        assert names == ["model", "majority", "naive Bayes", "logistic regression"]
    else:
        assert names == ["model", "majority"]
        assert remark


def test_data_summary_says_what_was_read(tmp_path):
    rows = [*((f"good film {number}", "pos") for number in range(30)), *((f"bad {'x ' * 50}", "neg"),) * 3]
    rows += [(f"bad film {number}", "neg") for number in range(7)]
    task = on_file(tmp_path / "x.csv", rows)
    sizes = ", ".join(f"{len(part)} {name}" for part, name in zip(task.parts, PARTS, strict=True))
    first, second, *others = task.data_summary
    assert first == f"{tmp_path / 'x.csv'}: {sizes} texts; 2 repeat another"
    assert second == "2 classes; texts: neg 10, pos 30"
    unknown = [float(np.mean(np.concatenate(ids) == UNK)) for ids in task.sequences]
    assert others[-2] == (
        f"vocabulary of {len(task.classifier.vocabulary)} tokens (word); "
        f"unknown tokens: {unknown[1]:.1%} of validation, {unknown[2]:.1%} of test"
    )
    assert others[-1] == "3 texts are truncated to 40 tokens"


def test_learned_split_is_repeated_on_other_texts(tmp_path):
    rows = [(f"{word} film {number}", word) for number in range(40) for word in ("good", "bad")]
    task = on_file(tmp_path / "x.csv", rows)
    learned = json.loads(json.dumps(task.learned))
    now = [*rows[10:], ("quite new", "good"), ("as new", "bad")]
    config = quick()
    data = config.data.to_dict() | {"path": str(tmp_path / "x.csv"), "split": (0.8, 0.1, 0.1)}
    (tmp_path / "x.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in now))
    again = DataConfig(**data).read(learned["split"])
    kept = {text for text, _ in rows[10:]}
    for index, (part, before) in enumerate(zip(again, task.parts, strict=True)):
        new = {"quite new", "as new"} if index == 0 else set()
        assert set(part.texts) == (kept & set(before.texts)) | new
    (tmp_path / "x.csv").write_text("text,label\n" + "".join(f"{text},a\n" for text in task.parts[0].texts))
    with pytest.raises(InputError, match=r"x.csv has none of the validation examples of the run; train on another"):
        DataConfig(**data).read(learned["split"])
