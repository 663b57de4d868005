"""The commands on classification: a file with three classes, odd lines, and one sentence for every mistake."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.registry import build_task
from experiments.run.flags import config_module
from experiments.tasks.classification import predict
from seqjax.errors import InputError
from tests.experiments.commands import ROOT, run, run_each

CONFIG = f"{ROOT}/configs/classification/imdb.py:quick"
COLUMNS = ("--config.data.text_column=text", "--config.data.label_column=stars")


def table(rows: int, labels: str = "abc") -> str:
    """A TSV file of texts whose first word identifies the label."""
    words = {"a": "awful", "b": "bland", "c": "charming"}
    lines = [f"{words.get(label, 'other')} number {row}\t{label}" for row in range(rows) for label in labels]
    return "text\tstars\n" + "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def three_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on three classes."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "texts.tsv").write_text(table(60))
    done = run(
        "train",
        f"--config={CONFIG}",
        f"--workdir={folder / 'run'}",
        f"--config.data.path={folder / 'texts.tsv'}",
        *COLUMNS,
        "--config.model.kind=average",
        "--config.optimizer.learning_rate=0.1",
        "--config.train.steps=60",
        "--config.train.log_every=60",
        "--config.train.evaluate_every=60",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "run" / "test.json").read_text())["accuracy"] > 0.8
    return folder / "run"


def test_predict_answers_every_line_by_one_line(three_classes, tmp_path):
    lines = [
        b"charming film",
        b"",
        b"\xff\xfe\x00",
        "很好看的电影 \u202e 🎬".encode(),
        b"a " * 500_000,
        b"x" * 1_000_000,
    ]
    lines += [b"bland\r", b"awful"]  # The last line has no end.
    done = run_each(
        [("predict", [f"--workdir={three_classes}"], each) for each in (b"\n".join(lines), b"charming film", b"")],
        tmp_path,
    )
    for each in done:
        assert each.returncode == 0, each.stderr
    assert done[0].stderr.splitlines() == [
        "line 3 is no UTF-8 text at byte 1; such bytes are read as \ufffd",
        "line 3 holds zero bytes",
        *(f"line {number} {predict.UNREAD}" for number in range(2, 7)),
    ]
    assert done[1].stderr == done[2].stderr == ""
    answers = [json.loads(line) for line in done[0].stdout.splitlines()]
    assert len(answers) == len(lines)
    assert [answers[index]["label"] for index in (0, -2, -1)] == ["c", "b", "a"]
    for answer in answers:
        assert set(answer["probabilities"]) == {"a", "b", "c"}
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert answer["probability"] == max(answer["probabilities"].values())
        assert answer["probability"] == answer["probabilities"][answer["label"]]
    assert json.loads(done[1].stdout) == answers[0], "a text gets the same answer alone as among others"
    assert done[2].stdout == ""


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("text,stars", "the header of a CSV file"),
        ("id;'stars';\"text\"", "the header of a CSV file"),
        ("stars\tx", "the header of a CSV file"),
        ('{"text": "charming", "stars": "a"}', "JSON"),
        ('["charming"]', "JSON"),
        ("the text, of five stars", ""),
        ("{charming}", ""),
        ("3", ""),
        ("", ""),
    ],
)
def test_first_line_of_a_table_is_noticed(line, kind):
    assert predict._table_kind(line, ("text", "stars")) == kind


def test_predict_writes_the_same_keys_as_other_tasks_as_json(three_classes, tmp_path):
    flags = [f"--workdir={three_classes}", "--format=jsonl"]
    header = "text,stars\ncharming film\n\n".encode("utf-8-sig")
    (done,) = run_each([("predict", flags, header)], tmp_path)
    remark = "line 1 looks like the header of a CSV file; every line is read as a text as it stands"
    unread = [f"line {number} {predict.UNREAD}" for number in (1, 3)]
    assert (done.returncode, done.stderr.splitlines()) == (0, [remark, *unread])
    first, second, blank = map(json.loads, done.stdout.splitlines())
    assert first["input"] == "text,stars"
    assert second["input"] == "charming film"
    assert [*second] == ["input", "answer", "score", "probabilities"]
    assert second["answer"] == "c"
    assert second["score"] == pytest.approx(np.log(second["probabilities"]["c"]), abs=1e-4)
    assert blank["input"] == ""
    assert first["remark"] == blank["remark"] == predict.UNREAD


def test_mistakes_are_one_sentence(tmp_path):
    files = {
        "good.tsv": table(60),
        "one.tsv": table(60, "a"),
        "few.tsv": "text\tstars\ngood\ta\nbad\tb\nbad\tb\n",
        "distinct.tsv": table(1) + "again\ta\n",
        "blank.csv": "text,stars\n,a\n ,b\n",
        "numbers.csv": "text,stars\n1,a\n2,b\n",
        "empty.csv": "",
        "other.tsv": table(1, "xy"),
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    good = str(tmp_path / "good.tsv")
    cases = [
        ({"data.path": str(tmp_path / "absent.csv")}, "there is no file"),
        ({"data.path": ""}, "'data.path' is empty; name a file or folder"),
        ({"data.path": good, "data.label_column": "label"}, "good.tsv has no column 'label'; it has 'text', 'stars'"),
        (
            {"data.path": str(tmp_path / "one.tsv")},
            "has one class, 'a'; a classifier needs texts of two classes or more",
        ),
        ({"data.path": str(tmp_path / "few.tsv")}, "the validation part of"),
        ({"data.path": str(tmp_path / "distinct.tsv")}, "distinct.tsv has 3 distinct labels, such as 'a', for 4 texts"),
        ({"data.path": str(tmp_path / "blank.csv")}, "column 'text' is empty in every row"),
        ({"data.path": good, "data.test_path": good}, "all 180 texts of"),
        (
            {"data.path": good, "data.label_column": "text"},
            "and 'data.label_column' are both 'text'",
        ),
        ({"data.path": good, "data.split": (100, 50, 50)}, "'data.split' asks for 200 of 180 texts of"),
        ({"data.split": (0.8, 0.1, 0.2)}, "these add up to 1.1"),
        ({"data.path": str(tmp_path / "numbers.csv")}, "column 'text' holds numbers, not texts"),
        ({"data.path": str(tmp_path / "empty.csv")}, "is empty; it must hold a header and rows"),
        ({"data.path": str(tmp_path)}, "holds no texts; it must hold a folder for each class"),
        ({"data.path": good, "data.test_path": "other.tsv"}, "has the label 'x', but the training part has only"),
        ({"data.split": (0.5, 0.5)}, "'data.split' is (0.5, 0.5), but must be three shares"),
        ({"data.split": (0.5, 0.5, 0.0)}, "must be three shares"),
        ({"data.bucket_sizes": (20, 10)}, "'data.bucket_sizes' is (20, 10), but must be rising numbers"),
        ({"data.bucket_sizes": ()}, "'data.bucket_sizes' is (), but must be rising numbers of at least 1"),
        ({"data.truncation": "middle"}, "'data.truncation' is 'middle', but must be one of 'head', 'tail', 'both'"),
        ({"data.vocabulary_size": 4}, "'data.vocabulary_size' is 4, but must be at least 5"),
        ({"data.tokens": "words"}, "must be one of 'word', 'subword', 'character'; did you mean 'word'?"),
        ({"model.pooling": "average"}, "'model.pooling' is 'average', but must be one of 'last', 'mean', 'max'"),
        ({"model.word_dropout": 1.5}, "word_dropout must be"),
        ({"model.label_smoothing": 2.0}, "'model.label_smoothing' is 2.0, but must be in [0, 1)"),
    ]
    for keys, sentence in cases:
        module, argument = config_module(CONFIG)
        config = module.get_config(argument)
        config.data.text_column, config.data.label_column = "text", "stars"
        config.update_from_flattened_dict(dict(keys))
        with pytest.raises(InputError) as error:
            build_task(config)
        assert sentence in str(error.value)
        assert "\n" not in str(error.value)
    absent = f"--config.data.path={tmp_path / 'absent.csv'}"
    done = run("train", f"--config={CONFIG}", f"--workdir={tmp_path / 'run'}", absent)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.startswith("error: there is no file")
    assert not (tmp_path / "run").exists()
