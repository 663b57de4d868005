"""The captioning task: its loss and batches, its errors, and its predictions."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict
from PIL import Image

from configs.captioning import emoji, moving_emoji
from experiments.registry import build_task
from experiments.tasks.captioning.data import changed
from experiments.tasks.captioning.task import Captioning
from seqjax.errors import InputError
from seqjax.models.grid_encoder import Clips
from seqjax.tokens import BOS, EOS, PAD
from tests.experiments.commands import run_each, trained


def build(keys: dict[str, object] | None = None, module=emoji) -> Captioning:
    """The task of a quick config."""
    config = ConfigDict(module.get_config("quick").to_dict())
    config.update_from_flattened_dict(keys or {})
    return build_task(config)


@pytest.fixture(scope="module")
def task() -> Captioning:
    return build({"model.attention_penalty": 0.5, "model.dropout": 0.0})


def test_loss_is_that_of_each_caption_alone(task):
    batch, params = task.train_batch(2), task.initial_params
    summed, count = task._sums(params, batch)
    assert int(count) == (batch.tokens[:, 1:] != PAD).sum()
    alone = jax.jit(lambda source, tokens: task.writer.model(params).logits_and_weights(source, tokens))
    expected, penalty = 0.0, 0.0
    for row, tokens in enumerate(batch.tokens):
        ids = tokens[tokens != PAD]
        assert (ids[0], ids[-1]) == (BOS, EOS)
        source = Clips(batch.source.pixels[[row]], batch.source.mask[[row]])
        logits, weights = jax.device_get(alone(source, tokens[None, :-1]))
        for each, token in zip(logits[0].astype(np.float64), ids[1:], strict=False):
            expected -= each[token] - np.log(np.exp(each).sum())
        looked = np.asarray(weights)[0, : len(ids) - 1].sum(axis=0)
        penalty += float(((1 - looked) ** 2).sum())
    np.testing.assert_allclose(summed, expected, rtol=1e-4)
    trained_on = jax.jit(lambda batch: task.loss_sums(params, None, batch, jax.random.key(0))[0])
    np.testing.assert_allclose(trained_on(batch), summed + 0.5 * penalty, rtol=1e-4)


def test_train_batch_is_a_function_of_the_step_and_moves_pictures(task):
    batch = task.train_batch(3)
    task.train_batch(0)
    jax.tree.map(np.testing.assert_array_equal, task.train_batch(3), batch)
    still = build({"data.shift": 0}).train_batch(3)
    np.testing.assert_array_equal(still.tokens, batch.tokens)
    assert not np.array_equal(still.source.pixels, batch.source.pixels)


def test_changed_clip_is_moved_over_white_and_flipped_as_a_whole():
    clip = np.random.default_rng(0).integers(0, 200, (2, 4, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(changed(clip, 0, False, np.random.default_rng(0)), clip)
    seen = set()
    for seed in range(40):
        moved = changed(clip, 1, False, np.random.default_rng(seed))
        padded = np.pad(clip, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)
        places = [(a, b) for a in range(3) for b in range(3) if (padded[:, a : a + 4, b : b + 4] == moved).all()]
        assert len(places) == 1
        seen.add(places[0])
    assert len(seen) == 9
    flipped = [changed(clip, 0, True, np.random.default_rng(seed)) for seed in range(20)]
    assert {(each == clip).all() for each in flipped} == {True, False}
    assert all((each == clip).all() or (each == clip[:, :, ::-1]).all() for each in flipped)


def test_parts_are_repeated_from_what_was_learned(task):
    again = build_task(ConfigDict(emoji.get_config("quick").to_dict()), json.loads(json.dumps(task.learned)))
    assert [part.captions for part in again.parts] == [part.captions for part in task.parts]
    assert again.learned["vocabulary"] == task.learned["vocabulary"]


def test_part_whose_captions_are_all_too_long_is_refused():
    with pytest.raises(InputError, match="no caption of the training part has 4 tokens or fewer"):
        build({"data.longest_caption": 4})


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"data.path": ""}, "config key 'data.path' is empty"),
        ({"data.path": "nowhere"}, "nowhere is no folder"),
        ({"data.size": 4}, "'data.size' is 4, but must be at least 8"),
        ({"data.size": 600}, "too many pixels"),
        ({"data.split": (80, 10, 10)}, "needs shares"),
        ({"data.path": "moving_shapes", "data.frames": 2}, "clips need at least 4"),
        ({"data.frames": 3}, "model.reader='grid' reads one"),
        ({"model.channels": (8,)}, "must be two or more numbers"),
        ({"model.reader": "photo"}, "'model.reader' is 'photo'"),
        ({"model.reader": "s2vt"}, "conditioning must be 'carry'"),
        ({"model.attention_penalty": -1.0}, "must be at least 0"),
    ],
)
def test_wrong_key_is_named(keys, words):
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        build(keys)


def test_model_without_parameters_finds_all_words_equally_likely():
    task = build({"model.reader": "s2vt", "model.conditioning": "carry"}, moving_emoji)
    params = jax.tree.map(jnp.zeros_like, task.initial_params)
    summed, count = task._sums(params, task.train_batch(0))
    assert summed / count == pytest.approx(np.log(len(task.writer.vocabulary)), rel=1e-5)


def test_quick_run_writes_its_files():
    workdir = trained("captioning/emoji")
    table = json.loads((workdir / "table.json").read_text())
    assert list(table) == ["model", "nearest picture", "most frequent caption"]
    assert set(table["model"]) == {"exact_match", "cider", "bleu1", "bleu2", "bleu3", "bleu4", "rouge_l"}
    rows = (workdir / "captions.tsv").read_text().splitlines()
    assert rows[0] == "image\tcaption\treference"
    assert len(rows) == 1 + json.loads((workdir / "test.json").read_text())["pictures"]
    for name in ("sheet.png", "attention.png"):
        with Image.open(workdir / name) as plotted:
            assert plotted.size[0] > 100


def test_predict_captions_each_path_and_says_which_cannot_be_read(tmp_path):
    workdir = trained("captioning/emoji")
    Image.new("RGB", (30, 20), (200, 0, 0)).save(tmp_path / "a.png")
    Image.new("L", (1, 1)).save(tmp_path / "one.gif")
    (tmp_path / "bad.png").write_text("no picture")
    (tmp_path / "clip").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "clip" / "1.png")
    stdin = "a.png\nbad.png\n\none.gif\nclip\nmissing.png\na.png\n"
    start = [f"--workdir={workdir}", "--max_length=3"]
    start += ["--beam=3", "--nbest=2"]
    cases = [[*start, "--attention=attention.png"], [*start, "--format=jsonl"]]
    plain, as_json = run_each([("predict", flags, stdin) for flags in cases], tmp_path)
    assert plain.returncode == as_json.returncode == 0, plain.stderr + as_json.stderr
    lines = plain.stdout.splitlines()
    assert [bool(line) for line in lines] == [True, False, False, True, True, False, True]
    assert lines[0] == lines[6]
    remarks = plain.stderr.splitlines()
    assert "line 2 has no caption: bad.png is no picture that can be read; save it as PNG" in remarks[0]
    assert remarks[1] == "line 6 has no caption: there is no file missing.png"
    with Image.open(tmp_path / "attention.png") as plotted:
        assert plotted.size[0] > 100
    cells = lines[0].split("\t")
    records = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert cells[::2] == [each["answer"] for each in records[0]["n_best"]]
    scores = [each["score"] for each in records[0]["n_best"]]
    np.testing.assert_allclose([float(score) for score in cells[1::2]], scores, atol=1e-4)
    assert float(cells[1]) >= float(cells[3])
    assert records[1]["answer"] is None
    assert "is no picture" in records[1]["remark"]
