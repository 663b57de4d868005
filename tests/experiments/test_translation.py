"""The translation task: what it counts, what it never mixes, and what it refuses."""

from math import log

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from experiments.registry import build_task
from experiments.tasks.translation.data import DataConfig
from experiments.tasks.translation.task import Batch, Translation
from seqjax.errors import InputError
from seqjax.metrics.text import by_length, score
from seqjax.predictors.translation import padded
from seqjax.tokens import BOS, EOS
from tests.test_config import ROOT, load

QUICK = load(ROOT / "configs" / "translation/dates.py").get_config("quick").to_dict()
QUICK["data"] |= {"pairs": 60, "widths": (40,)}

pytestmark = pytest.mark.usefixtures("quick_compilation")


def task(**keys: object) -> Translation:
    """The quick task with some keys, given as ``group_key``, in place of the usual ones."""
    groups = {name: dict(value) if isinstance(value, dict) else value for name, value in QUICK.items()}
    for name, value in keys.items():
        group, _, key = name.partition("_")
        if key:
            groups[group][key] = value
        else:
            groups[group] = value
    return build_task(ConfigDict(groups))


@pytest.fixture(scope="module")
def dates() -> Translation:
    return task(model_own_tokens=0.5, model_own_tokens_steps=4)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_is_a_mean_over_target_tokens_with_their_ends(monkeypatch, smoothing):
    """Each right token has probability 1/2, each other one of V shares the rest."""
    one = task(model_label_smoothing=smoothing, data_batch_size=7)
    size = len(one.model.target)

    def logits(params, src, tgt_in, key, own_tokens):
        tgt = jnp.asarray(batch.tgt)
        assert jnp.array_equal(tgt[:, :-1], tgt_in)
        return jax.nn.one_hot(tgt[:, 1:], size) * log(size - 1)

    monkeypatch.setattr(one.model, "logits", logits)
    wanted = (1 - smoothing) * log(2) + smoothing * (log(2) / size + (size - 1) / size * log(2 * (size - 1)))
    for rows in (2, 7):
        batch = one.train_pairs.gather(np.arange(rows), 40, 7)
        assert (batch.tgt == EOS).sum() == rows
        assert one.loss({}, batch, None) == pytest.approx(wanted, rel=1e-5)


def test_padding_does_not_reach_the_loss(dates):
    rows = np.arange(3)
    narrow, wide = (dates.train_pairs.gather(rows, width, size) for width, size in ((36, 3), (40, 5)))
    losses = [dates._loss_sums(dates.initial_params, batch) for batch in (narrow, wide)]
    np.testing.assert_allclose(*losses, rtol=1e-6)


@pytest.mark.parametrize("beam", [1, 3])
def test_a_translation_has_the_score_that_training_gives_it_alone_or_among_others(dates, beam):
    model, params = dates.model, dates.initial_params
    ids = model.encode(dates.parts[0].sources[:9])
    search = model.search._replace(beam=beam, n_best=beam, max_length=12)
    among = model.translate(params, ids, search)[4]
    programs = model._decode._cache_size()
    alone = model.translate(params, ids[4:5], search)[0]
    assert model._decode._cache_size() == programs, "a second file compiles nothing"
    assert len(among) == beam
    for a, b in zip(among, alone, strict=True):
        assert a.score == b.score
        assert np.array_equal(a.ids, b.ids)
        assert np.array_equal(a.attention, b.attention)
        np.testing.assert_allclose(a.attention.sum(axis=1), 1, rtol=1e-5)
        tgt_out = [*a.ids, EOS][:12]
        batch = Batch(padded([ids[4]], 40), padded([np.array([BOS, *tgt_out])], 42), np.array(0, np.float32))
        assert -a.score == pytest.approx(float(dates._loss_sums(params, batch)[0]), rel=1e-4)


def test_own_tokens_come_in_by_and_by(dates):
    assert [float(dates.train_batch(step).own_tokens) for step in (0, 2, 4, 100)] == [0, 0.25, 0.5, 0.5]


def test_vocabularies_know_the_training_part_alone(tmp_path):
    rows = [f"{'ab'[n % 2] * (n + 1)}\t{n}" for n in range(90)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    config = DataConfig(**QUICK["data"] | {"path": str(tmp_path / "pairs.tsv"), "source_tokens": "word"})
    training, *others = config.read()
    assert all(others)
    assert set(config.vocabularies(training)[0].pieces[4:]) == set(training.sources)


def test_no_source_stands_in_two_parts(tmp_path, capsys):
    texts = {"train": [f"Source {n % 40}" for n in range(120)], "test": ["SOURCE  7", "source 8", "new"]}
    for name, sources in texts.items():
        (tmp_path / f"{name}.src").write_text("\n".join(sources))
        (tmp_path / f"{name}.tgt").write_text("\n".join(f"target {n}" for n in range(len(sources))))
    keys = QUICK["data"] | {"path": "", "split": (0.5, 0.3, 0.2)}
    train = {"source_path": str(tmp_path / "train.src"), "target_path": str(tmp_path / "train.tgt")}
    test = {"test_source_path": str(tmp_path / "test.src"), "test_target_path": str(tmp_path / "test.tgt")}
    for given, sizes in ((train, 120), (train | test, 120 - 6 + 3)):
        parts = DataConfig(**keys | given).read()
        assert sum(map(len, parts)) == sizes
        groups = [set(part.groups) for part in parts]
        assert sum(map(len, groups)) == len(set.union(*groups))
    assert "6 sources of" in capsys.readouterr().err


def test_scores_take_the_nearest_target_whatever_their_number():
    said, truths = ["a b c d", "x y", "one two three four"], [["q", "a b c d"], ["x z"], ["one two three four"]]
    measures, signatures = score(said, truths, str.split)
    assert measures["exact_match"] == pytest.approx(2 / 3)
    assert measures["symbol_error"] == pytest.approx(1 / 10)
    assert [signature.partition(":")[0] for signature in signatures] == ["bleu", "chrf"]
    assert score(["a b c d"], [["a b c d"]], str.split)[0]["bleu"] == pytest.approx(100)
    curve = by_length([s.split() for s in said], [[t.split() for t in ts] for ts in truths], np.arange(3), 9)
    assert curve == {"source tokens": [0, 1, 2], "exact match": [1, 0, 1], "edits per token": [0, 0.5, 0]}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"data_path": ""}, "'data.path' is '' and 'data.source_path' is ''; name the one or the other"),
        ({"data_source_path": "a"}, "'data.target_path' is empty; sources and targets are two files"),
        ({"data_test_target_path": "a"}, "'data.test_source_path' is empty"),
        ({"data_source_path": "a", "data_target_path": "b"}, "'data.path' is 'dates' and 'data.source_path' is 'a'"),
        ({"data_path": "/nowhere.tsv"}, "there is no file /nowhere.tsv"),
        ({"data_languages": ("xx",)}, "CLDR has no language 'xx'"),
        ({"data_languages": ()}, "'data.languages' is empty; name some"),
        ({"data_pairs": 2}, "the validation part of the generated dates has no pairs"),
        ({"data_pairs": 0}, "'data.pairs' is 0"),
        ({"data_split": (1.0, 1.0)}, "must be three shares"),
        ({"data_widths": (9, 4)}, "widths have to rise"),
        ({"data_widths": (1,)}, "no pair of the training part has 1 tokens or fewer; make data.widths wider"),
        ({"data_source_tokens": "letter"}, "'data.source_tokens' is 'letter', but must be one of 'word', 'subword'"),
        ({"data_target_vocabulary_size": 4}, "'data.target_vocabulary_size' is 4, but must be at least 5"),
        ({"data_source_column": -1}, "'data.source_column' is -1"),
        ({"seed": -1}, "'seed' is -1, but must be at least 0"),
        ({"model_cell": "lstmm"}, "'model.cell' is 'lstmm'.*did you mean 'lstm'"),
        ({"model_conditioning": "none"}, "'model.conditioning' is 'none', but must be one of 'carry', 'vector'"),
        ({"model_conditioning": "carry", "model_feeding": True}, "feeding must be False with conditioning='carry'"),
        ({"model_reverse_source": True}, "reverse_source must be False with bidirectional=True"),
        ({"model_dropout": 1.5}, "dropout must be"),
        ({"model_own_tokens": 1.0}, "'model.own_tokens' is 1.0, but must be in"),
        ({"model_beam": 0}, "'model.beam' is 0"),
    ],
)
def test_what_is_wrong_is_named(keys, sentence):
    with pytest.raises(InputError, match=sentence):
        task(**keys)
