"""Texts of one's own, as a user meets them: three classes, odd lines, and the one sentence for what is wrong."""

import json
from pathlib import Path

import pytest

from configs import sentiment_imdb
from experiments.registry import build_task
from seqjax.errors import InputError
from tests.experiments.commands import ROOT, run, run_each

CONFIG = f"--config={ROOT}/configs/sentiment_imdb.py:quick"
COLUMNS = ("--config.data.text_column=text", "--config.data.label_column=stars")


def table(rows: int, labels: str = "abc") -> str:
    """A TSV file of texts whose first word tells the label."""
    words = {"a": "awful", "b": "bland", "c": "charming"}
    lines = [f"{words.get(label, 'other')} number {row}\t{label}" for row in range(rows) for label in labels]
    return "text\tstars\n" + "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on three classes."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "texts.tsv").write_text(table(60))
    done = run(
        "train",
        CONFIG,
        f"--workdir={folder / 'run'}",
        f"--config.data.path={folder / 'texts.tsv'}",
        *COLUMNS,
        "--config.model.kind=average",
        "--config.optimizer.learning_rate=0.1",
        "--config.train.steps=60",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "run" / "test.json").read_text())["accuracy"] > 0.8
    return folder / "run"


def test_every_line_is_answered_by_one_line_whatever_it_holds(trained, tmp_path):
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
        [("predict", [f"--workdir={trained}"], each) for each in (b"\n".join(lines), b"charming film", b"")], tmp_path
    )
    for each in done:
        assert each.returncode == 0, each.stderr
        assert each.stderr == ""
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


def test_what_is_wrong_is_one_sentence(tmp_path):
    files = {
        "good.tsv": table(60),
        "one.tsv": table(60, "a"),
        "few.tsv": table(1),
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
        ({"data.path": str(tmp_path / "few.tsv")}, "part of"),
        ({"data.path": str(tmp_path / "numbers.csv")}, "column 'text' holds numbers, not texts"),
        ({"data.path": str(tmp_path / "empty.csv")}, "is empty; it must hold a header and rows"),
        ({"data.path": str(tmp_path)}, "holds no texts; it must hold a folder for each class"),
        ({"data.path": good, "data.test_path": "other.tsv"}, "has the label 'x', but those of the training part are"),
        ({"data.split": (0.5, 0.5)}, "'data.split' is (0.5, 0.5), but must be three shares"),
        ({"data.split": (0.5, 0.5, 0.0)}, "must be three shares"),
        ({"data.widths": (20, 10)}, "'data.widths' is (20, 10); widths have to rise"),
        ({"data.vocabulary_size": 4}, "'data.vocabulary_size' is 4, but must be at least 5"),
        ({"data.tokens": "words"}, "must be one of 'word', 'subword'; did you mean 'word'?"),
        ({"model.pooling": "average"}, "'model.pooling' is 'average', but must be one of 'last', 'mean', 'max'"),
        ({"model.word_dropout": 1.5}, "word_dropout must be"),
        ({"model.label_smoothing": 2.0}, "'model.label_smoothing' is 2.0, but must be in [0, 1)"),
    ]
    for keys, sentence in cases:
        config = sentiment_imdb.get_config("quick")
        config.data.text_column, config.data.label_column = "text", "stars"
        config.update_from_flattened_dict(dict(keys))
        with pytest.raises(InputError) as error:
            build_task(config)
        assert sentence in str(error.value)
        assert "\n" not in str(error.value)
    done = run("train", CONFIG, f"--workdir={tmp_path / 'run'}", f"--config.data.path={tmp_path / 'absent.csv'}")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.startswith("error: there is no file")
    assert not (tmp_path / "run").exists()
