"""A run and its data: what was learned belongs to the run, and data that change under it are not passed over."""

import importlib
import json
import os
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
import soundfile
from ml_collections import ConfigDict

from configs.classification import mr
from configs.forecasting import demand
from configs.language_modeling import shakespeare
from configs.music import bach
from configs.speech import digits
from configs.translation import dates
from experiments.registry import build_task
from seqjax.data.audio.tones import tones
from seqjax.data.music.midi import write_midi
from seqjax.data.music.timing import Timing
from tests.experiments.commands import TWO_COLUMNS, run_each, save_untrained, trained


def series(path: Path, scale: int) -> None:
    rows = (f"2024-01-{1 + n // 24:02} {n % 24:02}:00,{scale * (n % 24 + n % 7)}\n" for n in range(480))
    path.write_text("ds,y\n" + "".join(rows))


def labelled(path: Path, scale: int) -> None:
    words = ("good", "bad")
    rows = (f"{words[n % 2]} {n} of {scale},{words[n % 2]}\n" for n in range(200))
    path.write_text("text,label\n" + "".join(rows))


def pairs(path: Path, scale: int) -> None:
    path.write_text("".join(f"{n} hours\t{n * scale} heures\n" for n in range(300)))


def text(path: Path, scale: int) -> None:
    path.write_text(f"To be, or not to be, {scale}.\n" * 200)


def pieces(path: Path, scale: int) -> None:
    path.mkdir(exist_ok=True)
    for number in range(30):
        roll = np.zeros((16, 88), np.uint8)
        roll[np.arange(16), (number + scale * np.arange(16)) % 88] = 1
        write_midi(path / f"{number}.mid", roll, 2, Timing())


def recordings(path: Path, scale: int) -> None:
    path.mkdir(exist_ok=True)
    rows = ["path,text"]
    toy = tones(30, 8000, scale)
    for name, text, sound in zip(toy.names, toy.texts, toy.sounds, strict=True):
        soundfile.write(path / f"{name}.wav", sound, 8000)
        rows.append(f"{name}.wav,{text}")
    (path / "transcripts.csv").write_text("\n".join(rows))


HOURLY = {
    **TWO_COLUMNS,
    "data.lookback": 24,
    "data.horizon": 4,
    "data.seasons": (24,),
    "data.split": (0.6, 0.2, 0.2),
    "model.kind": "mlp",
    "model.block": 4,
    "model.seasons": (24,),
    "model.linear_rows": 0,
}
CASES = {
    "forecasting": (demand, series, HOURLY),
    "classification": (mr, labelled, {"model.kind": "average"}),
    "translation": (dates, pairs, {}),
    "language_modeling": (shakespeare, text, {}),
    "music": (bach, pieces, {"data.split_seed": 0}),
    "speech": (digits, recordings, {"data.split": (0.6, 0.2, 0.2)}),
}


def run_config(task: str, path: Path) -> ConfigDict:
    module, _, keys = CASES[task]
    config = module.get_config("quick")
    config.update_from_flattened_dict({**keys, "data.path": str(path)})
    return config


@pytest.mark.parametrize("task", CASES)
def test_evaluate_refuses_data_that_changed_in_one_sentence(task, tmp_path):
    path, workdir = tmp_path / "data", tmp_path / "run"
    _, write, _ = CASES[task]
    write(path, 1)
    config = run_config(task, path)
    save_untrained(build_task(config), config, workdir)
    write(path, 3)
    before = {each: each.read_bytes() for each in workdir.rglob("*") if each.is_file()}
    (done,) = run_each([("evaluate", [f"--workdir={workdir}"], b"")], tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"the data of the run in {workdir} changed: " in line
    assert "another workdir" in line
    assert "--data_changed=accept" in line
    assert {each: each.read_bytes() for each in workdir.rglob("*") if each.is_file()} == before


def test_accepted_data_are_read_with_what_was_learned_before(tmp_path):
    path, workdir = tmp_path / "data", tmp_path / "run"
    labelled(path, 1)
    config = run_config("classification", path)
    task = build_task(config)
    save_untrained(task, config, workdir)
    learned = (workdir / "learned.json").read_bytes()
    labelled(path, 3)
    flags = [f"--workdir={workdir}", "--data_changed=accept"]
    accepted, again = run_each([("evaluate", flags, b""), ("evaluate", flags[:1], b"")], tmp_path)
    assert accepted.returncode == 0, accepted.stderr
    assert (workdir / "learned.json").read_bytes() == learned
    assert len(json.loads((workdir / "config.json").read_text())["former_data"]) == 1
    assert again.returncode == 0, "accepted once, the new data are the data of the run"
    expected = build_task(config, json.loads(learned)).test(jax.device_get(task.initial_params))
    assert json.loads(accepted.stdout.splitlines()[-1])["accuracy"] == expected.table["model"]["accuracy"]


def grow(task: str, path: Path) -> None:
    """Adds data to those of a case: rows at the end, text at the head, a file."""
    if task == "music":
        pieces(path.with_name("more"), 5)
        for file in path.with_name("more").iterdir():
            file.rename(path / f"0{file.name}")
    elif task == "speech":
        more = path.with_name("more")
        recordings(more, 5)
        rows = (more / "transcripts.csv").read_text().split("\n")[1:]
        for file in more.glob("*.wav"):
            file.rename(path / f"new{file.name}")
        with (path / "transcripts.csv").open("a") as table:
            table.write("".join(f"\nnew{row}" for row in rows))
    elif task == "language_modeling":
        path.write_text("Something new at the head.\n" * 9 + path.read_text())
    else:
        more = {
            "forecasting": (f"2024-01-{21 + n // 24:02} {n % 24:02}:00,1\n" for n in range(48)),
            "classification": (f"new {n},good\n" for n in range(50)),
            "translation": (f"{n} days\t{n} jours\n" for n in range(50)),
        }
        path.write_text(path.read_text() + "".join(more[task]))


@pytest.mark.parametrize("task", CASES)
def test_recorded_split_keeps_data_in_their_part_when_data_come(task, tmp_path):
    path = tmp_path / "data"
    CASES[task][1](path, 1)
    if task == "language_modeling":  # The text of its case repeats itself.
        path.write_text("".join(f"Line {n} of a text.\n" for n in range(200)))
    data = importlib.import_module(f"experiments.tasks.{task}.data").DataConfig(**run_config(task, path).data)
    if task == "forecasting":
        ends = data.part_ends(data.read())
        record = json.loads(json.dumps(data.split_record(data.read(), ends)))
        grow(task, path)
        assert data.part_ends(data.read(), record) == ends
        assert data.part_ends(data.read()) != ends
        return
    parts = data.read()
    record = json.loads(json.dumps(data.split_record(parts)))
    same = data.read(record)
    grow(task, path)
    field = {"music": "keys", "translation": "groups"}.get(task, "texts")
    before, again, after, anew = (
        [sorted(getattr(part, field)) for part in each] for each in (parts, same, data.read(record), data.read())
    )
    assert again == before
    assert after[1:] == before[1:]
    assert len("".join(after[0])) > len("".join(before[0]))
    assert anew[1:] != before[1:]


def test_touched_data_are_the_same_data(tmp_path):
    path, workdir = tmp_path / "data", tmp_path / "run"
    labelled(path, 1)
    config = run_config("classification", path)
    save_untrained(build_task(config), config, workdir)
    os.utime(path, (1, 1))
    (done,) = run_each([("evaluate", [f"--workdir={workdir}"], b"")], tmp_path)
    assert done.returncode == 0, done.stderr


def test_run_of_another_version_is_refused_and_left_as_it_is(tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(trained("long_range/adding"), workdir)
    about = json.loads((workdir / "config.json").read_text())
    del about["format"], about["data"]
    (workdir / "config.json").write_text(json.dumps(about))
    before = {each: each.read_bytes() for each in workdir.rglob("*") if each.is_file()}
    start = [f"--workdir={workdir}"]
    train = ["--config=configs/long_range/adding.py:quick", *start]
    root = Path(importlib.import_module("experiments").__path__[0]).parent
    for done in run_each([("train", train, b""), ("evaluate", start, b""), ("predict", start, b"")], tmp_path, root):
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "holds a run that was made by seqjax" in line
        assert "another workdir" in line
    assert {each: each.read_bytes() for each in workdir.rglob("*") if each.is_file()} == before
