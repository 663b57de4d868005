"""The summarisation task: its loss, parts and measures, its errors, and its predictions."""

import json
from dataclasses import replace

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from configs.summarization import docstrings
from experiments.registry import build_task
from experiments.tasks.summarization.data import DataConfig
from experiments.tasks.summarization.predict import text_of
from experiments.tasks.summarization.report import baseline_summaries, summary_measures
from experiments.tasks.summarization.task import Summarization
from seqjax.data.text.summaries import Summaries
from seqjax.data.text.words import one_line
from seqjax.decoding.search import Hypothesis
from seqjax.errors import InputError
from seqjax.tokens import BOS, EOS, PAD, UNK
from tests.experiments.commands import run_each, trained


def quick(keys: dict[str, object] | None = None) -> ConfigDict:
    config = ConfigDict(docstrings.get_config("quick").to_dict())
    config.update_from_flattened_dict(keys or {})
    return config


@pytest.fixture(scope="module")
def task() -> Summarization:
    return build_task(quick({"model.coverage": 0.5, "model.dropout": 0.0}))


def test_loss_is_the_cross_entropy_of_each_summary_alone_and_coverage_comes_with_a_key(task):
    batch, params, summarizer = task.train_batch(1), task.initial_params, task.summarizer
    summed, count = task._sums(params, batch)
    assert int(count) == (batch.tgt[:, 1:] != PAD).sum()
    assert set(batch.tgt[:, 0]) == {BOS}
    assert (batch.tgt == EOS).sum() == len(batch.tgt)
    module = summarizer._model(params)
    mixture, log_p = jax.device_get(
        jax.jit(lambda batch: (m := module.mixture(batch.source, batch.tgt[:, :-1]), m.log_probabilities()))(batch)
    )
    expected = covered = 0.0
    for row, tokens in enumerate(batch.tgt):
        seen = np.zeros(mixture.weights.shape[-1])
        for t, token in enumerate(tokens[1:][tokens[1:] != PAD]):
            expected -= log_p[row, t, token]
            covered += np.minimum(mixture.weights[row, t], seen).sum()
            seen += mixture.weights[row, t]
    np.testing.assert_allclose(summed, expected, rtol=1e-4)
    trained_on = jax.jit(lambda batch: task.loss_sums(params, None, batch, jax.random.key(0))[0])(batch)
    np.testing.assert_allclose(trained_on, expected + 0.5 * covered, rtol=1e-4)


def test_the_table_also_has_the_model_without_blocking(task, monkeypatch):
    sizes = []

    def summarise(params, part, search):
        sizes.append(search.no_repeat_ngram_size)
        return [Hypothesis(np.zeros(0, np.int32), 0.0, None)] * len(part), ["a a" if sizes[1:] else "a"] * len(part)

    monkeypatch.setattr(task, "_summarise", summarise)
    monkeypatch.setattr(task, "search", replace(task.search, no_repeat_ngram_size=3))
    table = task.test(None).table
    assert sizes == [3, 0]
    assert table["model"]["repeated_words"] == 0
    assert table["any repetition"]["repeated_words"] == 0.5


def test_unknown_words_of_a_summary_that_its_text_has_are_targets(task):
    vocabulary, ids = task.summarizer.target, np.concatenate(task._training.targets)
    assert (ids >= len(vocabulary)).any()
    assert (ids == UNK).any()
    sources = task.summarizer.encode_sources(task.parts[0].sources)
    kept = [row for row, those in enumerate(task.parts[0].references) if len(vocabulary.split(those[0])) <= 12]
    for row, target in zip(kept, task._training.targets, strict=True):
        words = vocabulary.decode(target[1:-1], sources[row].words).split()
        reference = task.summarizer.reference(task.parts[0].references[row][0])
        assert all(word in reference for word in words if "<unk>" not in word)


def table(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {"data.path": str(path)}


def test_parts_of_a_table_share_no_text_and_are_repeated_from_what_was_learned(tmp_path, capsys):
    rows = [{"text": f"Text {n % 30}", "summary": f"s{n}"} for n in range(60)] + [{"text": " ", "summary": "x"}]
    data = DataConfig(**quick(table(tmp_path / "a.jsonl", rows)).data.to_dict())
    parts = data.read()
    groups = [set(part.groups) for part in parts]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 30
    assert [part.sources for part in data.read(data.split_record(parts))] == [part.sources for part in parts]
    assert "1 rows of" in capsys.readouterr().err

    rows = [{"text": f"t{n % 7}", "summary": "s", "split": ("train", "dev", "test")[n % 3]} for n in range(9)]
    given = quick(table(tmp_path / "b.jsonl", rows) | {"data.part_column": "split"})
    parts = DataConfig(**given.data.to_dict()).read()
    assert [part.sources for part in parts] == [("t3", "t6"), ("t4", "t0"), ("t2", "t5", "t1")]
    err = capsys.readouterr().err.splitlines()
    assert err[0] == "1 training texts are in another part too: not used"


def test_measures_are_against_the_first_and_all_references():
    part = Summaries("x", ("a b c", "d"), (("a b",), ("e", "d")))
    measures, intervals = summary_measures(["a b", "d"], part)
    assert (measures["rouge1"], measures["rouge1_all"]) == (50.0, 100.0)
    assert (measures["copied_words"], measures["words"]) == (1.0, 1.5)
    assert set(intervals) == {"rouge1", "rouge2", "rouge_l", "rouge1_all", "rouge2_all", "rouge_l_all"}
    assert "rouge1_all" not in summary_measures(["a"], part.take([0]))[0]


def test_baselines_are_of_the_test_texts(task):
    training = Summaries("x", ("apples and pears", "cars"), (("fruit of trees",), ("a",)))
    test = Summaries("x", ("Pears. Apples grow.",), (("x",),))
    assert baseline_summaries(task.summarizer, training, test) == {
        "first sentence": ["Pears."],
        "lead words": ["Pears. Apples"],
        "nearest text": ["fruit of trees"],
    }


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"data.path": ""}, "config key 'data.path' is empty"),
        ({"data.path": "/nowhere.csv"}, "there is no file /nowhere.csv"),
        ({"data.train_packages": ("no_such",)}, "there is no package 'no_such'"),
        ({"data.train_packages": ("absl", "tensorboardX")}, "the package 'tensorboardX' is named twice"),
        ({"data.test_packages": ()}, "name at least one package"),
        ({"data.target_column": " "}, "'data.target_column' is empty"),
        ({"data.bucket_sizes": (9, 4)}, "must be rising numbers"),
        ({"data.longest_target": 1}, "no summary of the training part has 1 tokens or fewer"),
        ({"model.coverage": -1.0}, "'model.coverage' is -1.0, but must be at least 0"),
        ({"model.no_repeat_ngram_size": -1}, "must be at least 0"),
        ({"model.score": "cosine"}, "'model.score' is 'cosine'"),
    ],
)
def test_wrong_key_is_named(keys, words):
    with pytest.raises(InputError, match=words):
        build_task(quick(keys))


def test_empty_column_is_named(tmp_path):
    rows = [{"text": f"Text {n}", "summary": ""} for n in range(60)]
    with pytest.raises(InputError, match=r"the training part of .* has no texts"):
        build_task(quick(table(tmp_path / "a.jsonl", rows)))


def test_text_of_a_line_is_the_line_or_the_text_of_its_object():
    assert text_of("plain {text}", "body") == ("plain {text}", "")
    assert text_of('{"body": "two\\nlines", "x": 1}', "body") == ("two\nlines", "")
    assert text_of('{"body" two', "body")[0] == '{"body" two'
    assert "begins like JSON and is none" in text_of('{"body" two', "body")[1]
    assert text_of('{"a": "b"}', "body")[1].endswith("there is nothing under 'body' in its JSON object, which has 'a'")
    assert text_of('{"body": [1]}', "body") == (
        "",
        "has no summary: there is no text under 'body' in its JSON object, which has 'body'",
    )
    assert text_of("[" * 100_000, "body")[1] == ""
    assert "is none" in text_of("{" * 100_000, "body")[1]


def test_quick_run_writes_its_files_and_predict_answers_each_line_by_one_line(tmp_path):
    workdir = trained("summarization/docstrings")
    assert list(json.loads((workdir / "table.json").read_text())) == [
        *("model", "first sentence", "lead words", "nearest text")
    ]
    results = json.loads((workdir / "test.json").read_text())
    rows = (workdir / "summaries.tsv").read_text().splitlines()
    assert rows[0] == "summary\treference\ttext"
    assert len(rows) == 1 + results["texts"]
    low, high = results["intervals"]["rouge_l"]
    assert low <= results["rouge_l"] <= high
    for name in ("attention.png", "copying.png"):
        assert (workdir / name).read_bytes().startswith(b"\x89PNG")

    lines = [
        "Args: logger: the logger that is used to log messages.",
        "",
        '{"text": "Args: logger: the logger\\nthat is used to log messages."}',
        '{"title": "no text"}',
        '{"text": ',
        "word " * 100_000,
        "\u2028 \ufffd $x$",
    ]
    flags = [f"--workdir={workdir}", "--attention=a.png"]
    plain, several = run_each(
        [("predict", flags, "\n".join(lines)), ("predict", [flags[0], "--nbest=2", "--format=jsonl"], lines[2])],
        tmp_path,
    )
    assert plain.returncode == 0, plain.stderr
    answers = plain.stdout.split("\n")
    assert len(answers) == len(lines) + 1
    assert answers[0] == answers[2]
    assert [bool(answer) for answer in answers[:6]] == [True, False, True, False, True, True]
    remarks = plain.stderr.splitlines()
    assert remarks[0].startswith("line 4 has no summary: there is nothing under 'text'")
    assert remarks[1].startswith("line 5 begins like JSON and is none")
    assert remarks[2] == "line 6 has 100000 tokens; only the first 32 are read"
    assert len(remarks) == 3
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    record = json.loads(several.stdout)
    assert record["answer"] == one_line(answers[0])
    assert len(record["n_best"]) == 2
