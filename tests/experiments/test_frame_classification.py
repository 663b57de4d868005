"""The classification of frames: its parts, measures and predictions, and one sentence for every mistake."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from ml_collections import ConfigDict
from PIL import Image

from experiments.registry import build_task
from experiments.run.flags import config_module
from experiments.tasks.classification.frames.task import Classification
from seqjax.data.labelled_frames import LabelledFrames
from seqjax.data.pictures.files import read_frames
from seqjax.data.pictures.labelled import flat, generated_clips
from seqjax.data.synthetic import movements
from seqjax.errors import InputError
from seqjax.metrics.classification import classification_measures
from tests.experiments.commands import ROOT, run_each, save_untrained


def quick(**keys: object) -> ConfigDict:
    """The quick config of a table, with other keys of its data."""
    module, argument = config_module(f"{ROOT}/configs/classification/series.py:quick")
    config = module.get_config(argument)
    config.update_from_flattened_dict({f"data.{key}": value for key, value in keys.items()})
    return config


def table(frames: LabelledFrames, *, labelled: bool = True) -> str:
    """Sequences as CSV text, the rows in reversed order."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    rows = [
        [key, time, *([label] if labelled else []), *("" if np.isnan(value) else repr(float(value)) for value in frame)]
        for key, label, each in zip(frames.ids, frames.labels, frames.frames, strict=True)
        for time, frame in enumerate(each)
    ]
    writer.writerows([["id", "time", *(["label"] if labelled else []), *frames.columns], *rows[::-1]])
    return stream.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 60 recordings as a table and the run of an untrained classifier of them."""
    folder = tmp_path_factory.mktemp("frames")
    (folder / "table.csv").write_text(table(movements(60)))
    config = quick(path=str(folder / "table.csv"))
    save_untrained(build_task(config), config, folder / "run")
    return folder


@pytest.fixture(scope="module")
def task(folder) -> Classification:
    config = quick(path=str(folder / "table.csv"))
    return Classification(config.data, config.model, config.seed)


def test_parts_are_all_sequences_and_statistics_are_those_of_the_training_part(task):
    assert sum(map(len, task.parts)) == 60
    contents = [set(part.contents()) for part in task.parts]
    assert contents == [set(part.contents()) for part in task.parts]
    assert len(set().union(*contents)) == 60
    frames = np.concatenate(task.parts[0].frames)
    np.testing.assert_allclose(task.learned["inputs"]["scaler"]["mean"], np.nanmean(frames, axis=0))
    np.testing.assert_allclose(task.learned["inputs"]["scaler"]["std"], np.nanstd(frames, axis=0))
    assert task.learned["inputs"]["flagged"] == [0, 1, 2]
    again = Classification(quick(path=task.parts[0].name).data, quick().model, 0, json.loads(json.dumps(task.learned)))
    assert again.learned == task.learned
    for old, new in zip(task.parts, again.parts, strict=True):
        assert old.ids == new.ids


def test_validate_and_test_measure_all_sequences(task):
    measures = task.validate(task.initial_params)
    probabilities = task.classifier.classify(task.initial_params, task.parts[1].frames)
    expected = classification_measures(probabilities, task.labels[1])
    assert measures["error"] == pytest.approx(1 - expected["accuracy"])
    assert measures["loss"] == pytest.approx(expected["log_loss"], rel=1e-5)
    result = task.test(task.initial_params)
    assert list(result.table) == ["model", "majority", "logistic regression"]
    probabilities = task.classifier.classify(task.initial_params, task.parts[2].frames)
    assert result.table["model"]["accuracy"] == np.mean(probabilities.argmax(axis=1) == task.labels[2])
    assert list(result.plots) == ["confusion.png", "calibration.png", "accuracy_by_length.png"]
    assert {each["sequences"] for each in result.extra["by_class"].values()} == {*np.bincount(task.labels[2])}


def test_predict_labels_each_sequence_of_a_table(folder, task, tmp_path):
    frames = movements(5, seed=1)
    flags = [f"--workdir={folder / 'run'}"]
    plain, as_json, fault = run_each(
        [
            ("predict", flags, table(frames, labelled=False).encode("utf-8-sig")),
            ("predict", [*flags, "--format=jsonl"], table(frames)),
            ("predict", flags, "id,time,x,y\na,1,2,3\n"),
        ],
        tmp_path,
    )
    assert (plain.returncode, plain.stderr, as_json.returncode, as_json.stderr) == (0, "", 0, "")
    expected = task.classifier.classify(task.initial_params, frames.frames)
    classes = task.classifier.classes
    rows = list(csv.DictReader(io.StringIO(plain.stdout)))
    answers = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [row["id"] for row in rows] == [each["input"] for each in answers] == [*frames.ids[::-1]]
    for row, each, probabilities in zip(rows, answers, expected[::-1], strict=True):
        assert row["label"] == each["answer"] == classes[probabilities.argmax()]
        assert float(row["probability"]) == pytest.approx(probabilities.max(), abs=2e-6)
        assert each["score"] == pytest.approx(np.log(probabilities.max()), abs=1e-4)
        assert [*each["probabilities"].values()] == pytest.approx(probabilities, abs=2e-6)
    assert (fault.returncode, fault.stdout) == (2, "")
    assert fault.stderr.startswith("error: standard input has no column 'temperature'; it has 'id', 'time', 'x', 'y'")


def test_mistakes_are_one_sentence(folder, tmp_path):
    good = str(folder / "table.csv")
    lines = (folder / "table.csv").read_text().splitlines(keepends=True)
    (tmp_path / "fewer.csv").write_text("".join(line.rpartition(",")[0] + "\n" for line in lines))
    (tmp_path / "one.csv").write_text("id,time,label,x\n" + "".join(f"{n},1,a,{n}\n" for n in range(9)))
    (tmp_path / "names.csv").write_text("id,time,label,x\n" + "".join(f"{n},1,{n},{n}\n" for n in range(9)))
    cases = [
        ({"path": ""}, "'data.path' is empty; name a table"),
        ({"path": str(tmp_path / "absent.csv")}, "there is no file"),
        ({"path": str(tmp_path)}, "is a folder; name a file in it"),
        (
            {"path": str(tmp_path / "one.csv")},
            "one.csv has one class, 'a'; a classifier needs sequences of two classes",
        ),
        ({"path": str(tmp_path / "names.csv")}, "has 9 distinct labels, such as '0', for 9 sequences"),
        ({"path": good, "id_column": ""}, "'data.id_column' is empty; name a column of table.csv"),
        ({"path": good, "id_column": "key"}, "table.csv has no column 'key'"),
        ({"path": good, "value_columns": ("z",)}, "table.csv has no column 'z'"),
        ({"path": good, "value_columns": ("time",)}, "name the column 'time' twice; give each its own"),
        ({"path": good, "test_path": str(tmp_path / "fewer.csv")}, "fewer.csv has other columns of values than"),
        ({"path": good, "test_path": good}, "all 60 sequences of"),
        ({"split": (0.5, 0.5)}, "'data.split' is (0.5, 0.5), but must be three shares"),
        ({"split": (900, 200, 200)}, "'data.split' asks for 1,300 of 1,200 sequences of the generated recordings"),
        ({"bucket_sizes": (20, 10)}, "'data.bucket_sizes' is (20, 10), but must be rising numbers"),
        ({"truncation": "middle"}, "'data.truncation' is 'middle', but must be one of 'head', 'tail', 'both'"),
        ({"inputs": "sounds"}, "'data.inputs' is 'sounds', but must be one of 'texts', 'frames'"),
    ]
    for keys, sentence in cases:
        with pytest.raises(InputError) as error:
            build_task(quick(**keys))
        assert sentence in str(error.value)
        assert "\n" not in str(error.value)


def test_predict_labels_each_sound_and_passes_over_what_is_none(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    module, argument = config_module(f"{ROOT}/configs/classification/fsdd.py:quick")
    config = module.get_config(argument)
    task = build_task(config)
    save_untrained(task, config, tmp_path / "run")
    noise = 0.1 * np.random.default_rng(0).standard_normal(8000)
    soundfile.write(tmp_path / "noise.wav", noise, 16000, subtype="FLOAT")
    soundfile.write(tmp_path / "silent.flac", np.zeros(4000), 8000)
    (tmp_path / "text.wav").write_text("no sound")
    lines = "noise.wav\n\nabsent.wav\ntext.wav\nsilent.flac\nnoise.wav"
    flags = [f"--workdir={tmp_path / 'run'}"]
    plain, as_json = run_each(
        [("predict", flags, lines), ("predict", [*flags, "--format=jsonl"], lines)], tmp_path, cwd=tmp_path
    )
    assert (plain.returncode, as_json.returncode) == (0, 0)
    for each in (plain, as_json):
        assert [line.partition(":")[0] for line in each.stderr.splitlines()] == [f"line {n}" for n in (2, 3, 4, 5)]
    assert "line 3: there is no file absent.wav" in plain.stderr
    assert "line 5: silent.flac is silent; its label is a guess" in plain.stderr
    answers = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert plain.stdout.split("\n")[:-1] == [each["answer"] or "" for each in answers]
    assert [each["input"] for each in answers] == lines.split("\n")
    assert [each["answer"] is None for each in answers] == [False, True, True, True, False, False]
    assert answers[0] | {"input": ""} == answers[5] | {"input": ""}
    assert {*answers[0]["probabilities"]} == set(task.learned["classes"])
    assert answers[2]["remark"] == "there is no file absent.wav"


def test_predict_labels_each_clip_of_a_folder_by_its_path(tmp_path):
    """A folder of clips and captions is learned from, and paths of clips are labelled."""
    clips = generated_clips("moving_shapes", 40, 8, 4)
    (tmp_path / "clips").mkdir()
    rows = ["image,caption"]
    for name, frames, (caption,) in zip(clips.names, clips.frames, clips.captions, strict=True):
        first, *others = map(Image.fromarray, frames)
        first.save(tmp_path / "clips" / f"{name}.gif", save_all=True, append_images=others, duration=50)
        rows.append(f"{name}.gif,{caption.split()[-1]}")
    (tmp_path / "clips" / "bad.gif").write_text("no clip")
    (tmp_path / "clips" / "captions.csv").write_text("\n".join([*rows, "bad.gif,slowly"]))
    module, argument = config_module(f"{ROOT}/configs/classification/moving_emoji.py:quick")
    config = module.get_config(argument)
    keys = {"path": str(tmp_path / "clips"), "label_column": "caption", "size": 8, "bucket_sizes": (4,)}
    config.update_from_flattened_dict({f"data.{key}": value for key, value in keys.items()})
    task = build_task(config)
    assert task.learned["classes"] == ["quickly", "slowly"]
    assert sum(map(len, task.parts)) == 40
    save_untrained(task, config, tmp_path / "run")
    lines = "clips/clip0.gif\nclips/bad.gif\n\nclips/clip1.gif"
    (done,) = run_each([("predict", [f"--workdir={tmp_path / 'run'}"], lines)], tmp_path)
    assert done.returncode == 0
    labels = done.stdout.split("\n")[:-1]
    expected = task.classifier.classify(
        task.initial_params, [flat(read_frames(tmp_path / "clips" / f"clip{n}.gif", 8, 4)) for n in (0, 1)]
    )
    classes = [task.classifier.classes[row.argmax()] for row in expected]
    assert labels == [classes[0], "", "", classes[1]]
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["line 2", "line 3"]
    for keys, sentence in (
        ({"label_column": "speaker"}, "'data.label_column' is 'speaker', but must be one of 'caption', 'thing'"),
        ({"label_column": "motion"}, "does not say what moves; set it to 'caption'"),
        ({"size": 100}, "'data.size' is 100: too many values a frame; give at most 64"),
    ):
        wrong = ConfigDict(config.to_dict())
        wrong.update_from_flattened_dict({f"data.{key}": value for key, value in keys.items()})
        with pytest.raises(InputError, match=re.escape(sentence)):
            build_task(wrong)
