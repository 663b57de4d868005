"""The translation task: its parts, losses, schedule and measures."""

from math import log
from pathlib import Path

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from experiments.registry import build_task
from experiments.run.flags import config_module
from experiments.tasks.translation.data import DataConfig, EncodedPairs
from experiments.tasks.translation.report import attention_panel, write_translations
from experiments.tasks.translation.task import Translation
from seqjax.data.text.pairs import Pairs
from seqjax.data.vocabulary import Vocabulary
from seqjax.decoding.search import Hypothesis
from seqjax.errors import InputError
from seqjax.tokens import EOS, PAD
from tests.experiments.commands import ROOT

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def words(number: str) -> str:
    """The words of the digits of a number."""
    return " ".join(WORDS[int(digit)] for digit in number)


def quick() -> ConfigDict:
    module, argument = config_module(f"{ROOT}/configs/translation/dates.py:quick")
    return module.get_config(argument)


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of numbers in digits and in words; each number is there twice, the second time with another target."""
    path = tmp_path_factory.mktemp("pairs") / "numbers.tsv"
    sources = [f"{n:02}" for n in range(60)]
    path.write_text("".join(f"{source}\t{words(source)}\n{source}\tand {words(source)}\n" for source in sources))
    return path


@pytest.fixture(scope="module")
def task(numbers) -> Translation:
    config = quick()
    config.data.path, config.data.target_tokens = str(numbers), "word"
    config.data.bucket_sizes, config.data.batch_size = (3,), 7
    config.model.label_smoothing, config.model.sampling_rate, config.model.sampling_steps = 0.3, 0.5, 4
    task: Translation = build_task(config)
    return task


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_loss_sums_are_over_target_tokens_with_eos(task, monkeypatch, smoothing):
    """Each target token has probability 1/2, and the other V - 1 tokens share the rest; a key turns smoothing on."""
    size, key = len(task.translator.target), jax.random.key(0) if smoothing else None

    @jax.jit
    def loss_sums(batch, key):
        def logits(params, src, tgt_in, key, sampling_rate):
            read.append(tgt_in)
            assert (sampling_rate is None) == (key is None)
            return jax.nn.one_hot(batch.tgt[:, 1:], size) * log(size - 1)

        read = []
        monkeypatch.setattr(task.translator, "logits", logits)
        return *task.loss_sums({}, None, batch, key), *read

    expected = (1 - smoothing) * log(2) + smoothing * (log(2) / size + (size - 1) / size * log(2 * (size - 1)))
    for rows in (2, 7):
        batch = task.train_pairs.batch(np.arange(rows), 3, 7)
        assert (batch.tgt == EOS).sum() == rows
        loss, count, carry, tgt_in = loss_sums(batch, key)
        np.testing.assert_array_equal(tgt_in, batch.tgt[:, :-1])
        assert int(count) == (batch.tgt[:, 1:] != PAD).sum()
        assert float(loss) == pytest.approx(float(count) * expected, rel=1e-5)
        assert carry is None


def test_a_task_that_copies_learns_words_that_are_in_no_vocabulary(tmp_path):
    """Names occur once each, so that the vocabularies do not have them; the loss is that of the mixture."""
    names = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}x" for n in range(60)]
    (tmp_path / "names.tsv").write_text("".join(f"say {name}\tsaid {name}\n" for name in names))
    config = quick()
    keys = {"path": str(tmp_path / "names.tsv"), "source_tokens": "word", "target_tokens": "word", "min_count": 2}
    config.data.update(keys | {"source_lowercase": False, "bucket_sizes": (3,), "batch_size": 7})
    config.model.copying, config.model.label_smoothing = True, 0.0
    task = build_task(config)
    size, batch = len(task.translator.target), task.train_batch(0)
    assert task.translator.target.tokens[4:] == ("said",)
    assert (batch.tgt == size + 1).sum() == (batch.src.copy_ids == size + 1).sum() == 7  # the first unknown is "say"
    loss, count = task._validation_sums(task.initial_params, batch)
    assert 0 < float(loss) < 40 * float(count)


def test_padding_does_not_change_the_loss(task):
    rows = np.arange(3)
    batches = [task.train_pairs.batch(rows, size, count) for size, count in ((3, 64), (5, 3))]
    (loss, count), (padded_loss, padded_count) = (
        task._validation_sums(task.initial_params, batch) for batch in batches
    )
    assert float(padded_loss) == pytest.approx(float(loss), rel=1e-6)
    assert float(padded_count) == float(count)


def test_sampling_rate_rises_linearly(task):
    assert [float(task.train_batch(step).sampling_rate) for step in (0, 2, 4, 100)] == [0, 0.25, 0.5, 0.5]


def test_vocabularies_are_of_the_training_part(tmp_path):
    rows = [f"{'ab'[n % 2] * (n + 1)}\t{n}" for n in range(90)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    keys = {"path": str(tmp_path / "pairs.tsv"), "source_tokens": "word"}
    config = DataConfig(**quick().data.to_dict() | keys)
    training, *others = config.read()
    assert all(map(len, others))
    assert set(Vocabulary.from_json(config.learn(training)["source"]).tokens[4:]) == set(training.sources)


def test_data_config_has_no_source_in_two_parts(tmp_path, capsys):
    texts = {"train": [f"Source {n % 40}" for n in range(120)], "test": ["SOURCE  7", "source 8", "new"]}
    for name, sources in texts.items():
        (tmp_path / f"{name}.src").write_text("\n".join(sources))
        (tmp_path / f"{name}.tgt").write_text("\n".join(f"target {n}" for n in range(len(sources))))
    keys = quick().data.to_dict() | {"path": "", "split": (0.5, 0.3, 0.2)}
    train = {"source_path": str(tmp_path / "train.src"), "target_path": str(tmp_path / "train.tgt")}
    test = {"test_source_path": str(tmp_path / "test.src"), "test_target_path": str(tmp_path / "test.tgt")}
    for given, sizes in ((train, 120), (train | test, 120 - 6 + 3)):
        parts = DataConfig(**keys | given).read()
        assert sum(map(len, parts)) == sizes
        groups = [set(part.groups) for part in parts]
        assert sum(map(len, groups)) == len(set.union(*groups))
    assert "6 sources of" in capsys.readouterr().err


def test_encoded_pairs_leave_out_long_pairs_and_need_one_that_fits(task, capsys):
    """The last bucket holds three tokens, of the source or of the target."""
    pairs = Pairs("x", ("12", "1234", "3"), ("one two", "one", "one two three four"), ("a", "b", "c"))
    encoded = EncodedPairs.of(pairs, task.translator, "test")
    assert [len(ids) for ids in (*encoded.sources, *encoded.targets)] == [2, 4]
    assert encoded.lengths.tolist() == [2]
    assert capsys.readouterr().err == "2 test pairs have more than 3 tokens: not in the loss\n"
    sentence = "no pair of the training part has 3 tokens or fewer; give larger data.bucket_sizes"
    with pytest.raises(InputError, match=sentence):
        EncodedPairs.of(pairs.take([1, 2]), task.translator, "training")


def test_test_counts_a_source_once_with_all_its_targets(task, monkeypatch):
    """The translations are right, with "and" before them, for all but two sources of the test part."""
    sources = list(dict.fromkeys(task.parts[2].sources))
    wrong = sources[:2]
    assert len(task.parts[2].sources) == 2 * len(sources) > 4

    def translate(params, sources):
        texts = ["one" if each in wrong else f"and {words(each)}" for each in sources]
        return [Hypothesis(task.translator.target.encode(text), 0.0, None) for text in texts]

    monkeypatch.setattr(task, "_translate", translate)
    monkeypatch.setattr(task, "_mean_loss", lambda params, pairs: log(3))
    result = task.test(task.initial_params)
    measures, copying = result.table["model"], result.table["copying the source"]
    assert measures["exact_match"] == pytest.approx(1 - 2 / len(sources))
    assert measures["perplexity"] == pytest.approx(3)
    assert copying["exact_match"] == 0
    assert result.extra["score_by_length"]["exact match"] == pytest.approx([measures["exact_match"]])
    assert result.title == f"Test, {len(sources)} sources"
    assert result.lines[0] == f"{wrong[0]} -> one (target: {words(wrong[0])})"
    assert [line for line in result.lines if line.startswith("bleu: ")]
    assert list(result.plots) == ["score_by_length.png", "translations.tsv"]


def test_test_translates_with_the_search_of_the_config(task):
    """By the initial parameters; the attention of the first translations is plotted."""
    result = task.test(task.initial_params)
    source = task.parts[2].sources[0]
    ((best,),) = task.translator.translate(task.initial_params, [source], task.search)
    assert result.lines[0].startswith(f"{source} -> {task.translator.text(best)}")
    assert "attention.png" in result.plots
    loss = task._mean_loss(task.initial_params, task.test_pairs)
    assert result.table["model"]["perplexity"] == pytest.approx(np.exp(loss))
    assert task.search.max_length == 4


def test_write_translations_writes_one_line_a_source_with_all_targets(tmp_path):
    write_translations(tmp_path / "t.tsv", ["a\tb", "c"], ["x y\u202f!", ""], [["p\nq", "r"], ["s"]])
    rows = ["source\ttranslation\ttarget\ttarget 2", "a b\tx y\u202f!\tp q\tr", "c\t\ts\t", ""]
    assert (tmp_path / "t.tsv").read_text() == "\n".join(rows)


def test_attention_panel_has_the_tokens_that_were_read(task):
    hypothesis = Hypothesis(task.translator.target.encode("one two"), 0.0, np.eye(2, 3))
    panel = attention_panel(task.translator, "12345", hypothesis)
    assert (panel.source, panel.tokens) == (["1", "2", "3"], ["one", "two"])
    np.testing.assert_array_equal(panel.weights, np.eye(2, 3))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"data.path": ""}, "'data.path' is '' and 'data.source_path' is ''; give exactly one of them"),
        ({"data.source_path": "a"}, "'data.target_path' is empty; name a file of sources and a file of targets"),
        ({"data.test_target_path": "a"}, "'data.test_source_path' is empty"),
        ({"data.source_path": "a", "data.target_path": "b"}, "'data.path' is 'dates' and 'data.source_path' is 'a'"),
        ({"data.path": "/nowhere.tsv"}, "there is no file /nowhere.tsv"),
        ({"data.pairs": 2}, "the validation part of the generated dates has no pairs"),
        ({"data.pairs": 0}, "'data.pairs' is 0"),
        ({"data.split": (1.0, 1.0)}, "must be three shares"),
        ({"data.bucket_sizes": (9, 4)}, "must be rising numbers"),
        ({"data.source_tokens": "letter"}, "'data.source_tokens' is 'letter', but must be one of 'word', 'subword'"),
        ({"data.target_vocabulary_size": 4}, "'data.target_vocabulary_size' is 4, but must be at least 5"),
        ({"data.target_normalization": "NFD"}, "'data.target_normalization' is 'NFD', but must be one of 'NFC'"),
        ({"data.bleu_tokenizer": "13"}, "'data.bleu_tokenizer' is '13'.*did you mean '13a'"),
        ({"data.bleu_tokenizer": "ja-mecab"}, r"'ja-mecab' needs MeCab; install sacrebleu\[ja\]"),
        ({"data.source_column": ""}, "'data.source_column' is ''; give an index"),
        ({"data.source_column": "-1"}, "'data.source_column' is '-1'; give an index, from 0, or the name of a column"),
        ({"seed": -1}, "'seed' is -1, but must be at least 0"),
        ({"model.cell": "lstmm"}, "'model.cell' is 'lstmm'.*did you mean 'lstm'"),
        ({"model.conditioning": "none"}, "'model.conditioning' is 'none', but must be one of 'carry', 'vector'"),
        (
            {"model.conditioning": "carry", "model.input_feeding": True},
            "feeding must be False with conditioning='carry'",
        ),
        ({"model.dropout": 1.5}, "dropout must be"),
        ({"model.sampling_rate": 1.0}, "'model.sampling_rate' is 1.0, but must be in"),
        ({"model.beam": 0}, "'model.beam' is 0"),
        ({"model.copying": True}, "'data.source_lowercase' and 'data.target_lowercase' must be the same"),
        (
            {"model.copying": True, "model.sampling_rate": 0.5},
            "'model.sampling_rate' must be 0 with model.copying=True",
        ),
    ],
)
def test_config_values_that_do_not_fit_are_named(keys, sentence):
    config = quick()
    config.data.pairs = 60
    config.update_from_flattened_dict(dict(keys))
    with pytest.raises(InputError, match=sentence):
        build_task(config)
