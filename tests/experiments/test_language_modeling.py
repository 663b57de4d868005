"""The language modelling task: its losses and measures, its errors, and its predictions."""

import io
import json
import sys
from collections.abc import Iterator
from math import log

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from configs.language_modeling import names
from experiments.registry import build_task
from experiments.tasks.language_modeling import predict, task
from experiments.tasks.language_modeling.data import DataConfig
from experiments.tasks.language_modeling.task import LanguageModeling
from seqjax.data.synthetic import opinions
from seqjax.data.text.streams import Stream, stream
from seqjax.errors import InputError
from seqjax.predictors import language_modeling as predictor
from seqjax.recurrence.truncated import chunks
from seqjax.tokens import PAD, UNK
from tests.experiments.commands import save_untrained


def build(learned: dict | None = None, **keys: object) -> LanguageModeling:
    """The quick task with other values of some keys, given as ``group_key``."""
    config = names.get_config("quick")
    config.update_from_flattened_dict({name.replace("_", ".", 1): value for name, value in keys.items()})
    return build_task(config, learned)


@pytest.fixture(scope="module")
def modeling(tmp_path_factory) -> Iterator[LanguageModeling]:
    """A task with regularisers, dynamic evaluation and no dropout, on a folder of texts with quotes and brackets.

    All streams have one shape, so that validation and test share their programs.
    """
    folder = tmp_path_factory.mktemp("texts")
    for number, text in enumerate(opinions(50).texts):
        (folder / f"{number:02}.txt").write_text(f'"{text}" ({number})\nAnd then he left.')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task, "EVALUATED_ROWS", 4)
        yield build(
            data_path=str(folder),
            data_split=(0.6, 0.2, 0.2),
            data_lines=False,
            model_output_dropout=0.0,
            model_activation_reg=2.0,
            model_temporal_activation_reg=3.0,
            model_dynamic_eval_lr=1.0,
        )


@pytest.fixture(scope="module")
def batch_losses(modeling):
    """A function of parameters: ``loss_sums`` with and without a key, and the regularisers by hand."""

    @jax.jit
    def losses(params, batch, key):
        carry, model = modeling.initial_carry, modeling.generator.model(params)
        y, _ = model.layer(model.embed(batch.inputs), reset=batch.starts, carry=carry)
        penalty = 2 * jnp.mean(jnp.square(y)) + 3 * jnp.mean(jnp.square(jnp.diff(y, axis=1)))
        return *(modeling.loss_sums(params, carry, batch, each)[:2] for each in (key, None)), penalty

    return lambda params: losses(params, modeling.train_batch(0), jax.random.key(0))


def test_stream_losses_do_not_depend_on_the_chunk_length(modeling, monkeypatch):
    tokens = Stream(*(array[:, :40] for array in modeling.streams[0]))
    losses = []
    for size in (7, 256):
        monkeypatch.setattr(task, "EVALUATED_CHUNK", size)
        losses.append(modeling.stream_losses(modeling.initial_params, tokens))
    np.testing.assert_allclose(*losses, atol=1e-5)
    assert np.count_nonzero(losses[0]) == (tokens.targets != PAD).sum()


def test_validate_is_the_mean_over_all_tokens(modeling, capsys):
    losses = modeling.stream_losses(modeling.initial_params, modeling.streams[0])
    mean = losses.sum() / (modeling.streams[0].targets != PAD).sum()
    assert modeling.validate(modeling.initial_params) == {"loss": pytest.approx(mean, rel=1e-12)}
    assert capsys.readouterr().err.startswith("  ")  # a generated text


def test_loss_sums_of_a_uniform_model_is_ln_v_per_token(modeling, batch_losses):
    _, (summed, count), _ = batch_losses(jax.tree.map(np.zeros_like, modeling.initial_params))
    assert count == modeling.train_batch(0).targets.size
    assert summed / count == pytest.approx(log(len(modeling.generator.vocabulary)), rel=1e-6)


def test_loss_sums_with_a_key_adds_the_regularisers_of_awd_lstm(modeling, batch_losses):
    with_key, without, penalty = batch_losses(modeling.initial_params)
    assert penalty > 0.01
    assert with_key[0] / with_key[1] - without[0] / without[1] == pytest.approx(float(penalty), abs=1e-5)


def test_dynamic_evaluation_learns_a_text_that_repeats_itself(modeling):
    text = stream([np.tile([4, 5, 6, 7], 200)], whole=False)
    tokens = Stream(*(array.repeat(4, axis=0) for array in text))
    static, dynamic = (modeling.stream_losses(modeling.initial_params, tokens, adapt=adapt) for adapt in (False, True))
    np.testing.assert_array_equal(static[:, :256], dynamic[:, :256])  # A chunk is tested before it is learned.
    assert dynamic[:, 512:].mean() < 0.8 * static[:, 512:].mean()

    @jax.jit
    def gradient(params, carry, chunk):
        return jax.grad(lambda params: jnp.mean(modeling.generator.token_losses(params, carry, chunk)[0]))(params)

    params, carry = modeling.initial_params, modeling.generator.initial_carry(modeling.initial_params, 4)
    for chunk, _ in list(chunks(tokens, 256))[:3]:
        losses, next_carry = modeling._token_losses(params, carry, chunk)
        params = jax.tree.map(np.subtract, params, gradient(params, carry, chunk))
        carry = next_carry
    np.testing.assert_allclose(dynamic[:, 512:768], losses, rtol=1e-4)


def test_test_measures_the_model_and_its_baselines(modeling, tmp_path):
    result = modeling.test(modeling.initial_params)
    assert list(result.table) == ["model", "bigram", "unigram"]
    count = (modeling.streams[1].targets != PAD).sum()
    texts, vocabulary = modeling.parts[2].texts, modeling.generator.vocabulary
    characters = sum(map(len, texts))
    assert UNK not in np.concatenate([vocabulary.encode(text) for text in texts])
    for measures in result.table.values():
        assert measures["perplexity"] == pytest.approx(np.exp(measures["loss"]))
        assert measures["bits_per_character"] == pytest.approx(measures["loss"] * count / characters / log(2))
    assert result.table["bigram"]["loss"] < result.table["unigram"]["loss"] < result.table["model"]["loss"]
    assert result.table["model"].keys() - result.table["bigram"].keys() == {"dynamic_loss"}
    assert list(result.plots) == ["loss_by_distance.png", "cells.html"]
    result.plots["cells.html"](tmp_path / "cells.html")
    page = (tmp_path / "cells.html").read_text()
    assert all(name in page for name in ("inside quotes: unit", "inside brackets: unit", "position in the line: unit"))


def test_data_summary_says_what_was_read(modeling):
    texts = [part.texts for part in modeling.parts]
    first, second = modeling.data_summary
    training = f"{len(texts[0])} training ({sum(map(len, texts[0]))} characters, {sum(map(len, texts[0]))} tokens), "
    assert f", texts: {training}{len(texts[1])} validation (" in first
    longest = max(len(text) for part in texts for text in part)
    size = len(modeling.generator.vocabulary)
    assert second == (
        f"{size} character tokens, normalization plain; unknown are 0.00% in validation and 0.00% in the test; "
        f"the longest text has {longest} tokens"
    )
    lowered = build(data_path="generated", data_lowercase=True, data_split=(0.8, 0.1, 0.1))
    assert lowered.data_summary[2].startswith("no bits per character: ")


def test_bad_files_of_a_folder_are_named_and_passed_over_unless_strict(tmp_path, capsys):
    for number in range(40):
        (tmp_path / f"{number:02}.TXT").write_bytes(f"text {number}".encode() if number < 33 else b"\xff\xff")
    (tmp_path / "._00.txt").write_bytes(b"\0")
    keys = {**names.get_config("quick").data, "path": str(tmp_path), "lines": False}
    parts = DataConfig(**keys).read()
    assert sum(map(len, parts)) == 33
    remark = capsys.readouterr().err
    assert remark.startswith("7 files are not read: ")
    assert "33.TXT is not UTF-8 text" in remark
    assert remark.endswith("; and 2 more\n")
    assert len(DataConfig(**keys).sources.files) == 40
    with pytest.raises(InputError, match=r"33\.TXT is not UTF-8 text"):
        DataConfig(**keys | {"strict": True}).read()


def test_learned_vocabulary_is_used_not_learned_again(modeling):
    again = build(modeling.learned, data_vocabulary_size=9)
    assert again.learned == modeling.learned
    assert again.generator.vocabulary.to_json() == modeling.generator.vocabulary.to_json()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"data_path": ""}, "'data.path' is empty"),
        ({"data_path": "/nowhere.txt"}, "there is no file /nowhere.txt"),
        ({"data_normalization": "nfc"}, "'data.normalization' is 'nfc', but must be one of 'NFC', 'NFKC', 'none'"),
        ({"data_tokens": "letter"}, "'data.tokens' is 'letter'"),
        ({"data_chunk": 10_000}, "tokens are too few for 4 rows of 10000; make data.batch_size or data.chunk smaller"),
        ({"data_max_documents": 2}, "part of generated has no texts; give more, or change data.split"),
        ({"data_split": (1.0, 1.0)}, "must be three shares"),
        ({"model_cell": "rnn"}, "'model.cell' is 'rnn'"),
        ({"model_input_dropout": 1.5}, "'model.input_dropout' is 1.5, but must be in [0, 1)"),
        ({"model_dynamic_eval_lr": -1.0}, "'model.dynamic_eval_lr' is -1.0"),
    ],
)
def test_a_bad_key_is_named(keys, message):
    with pytest.raises(InputError) as raised:
        build(**keys)
    assert message in str(raised.value)


@pytest.fixture(scope="module")
def workdir(modeling, tmp_path_factory):
    """The folder of a run that has not trained."""
    return save_untrained(modeling, names.get_config("quick"), tmp_path_factory.mktemp("run"))


@pytest.fixture
def answer(workdir, monkeypatch, capsys):
    """A function that answers lines with some flags, and returns standard output and error."""

    def answer(lines: bytes, *arguments: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
        capsys.readouterr()
        with flagsaver.flagsaver():
            flags.FLAGS(["predict", *arguments])
            predict.answer(names.get_config("quick"), workdir)
        return capsys.readouterr()

    return answer


def test_answer_continues_each_prompt_on_one_line(answer, monkeypatch):
    for module in (predict, predictor):
        monkeypatch.setattr(module, "PROMPT_SIZES", (16,))
    lines = "\n".join(["a film", "", "\u4f60 \\n", "x" * 3000, "a film"]).encode()
    out, err = answer(lines, "--nbest=2", "--max_length=8")
    answers = out.split("\n")
    assert [text.count("\t") for text in answers] == [1] * 5 + [0]
    assert answers[0] != answers[4]  # Random draws depend on the number of the line.
    assert err.splitlines()[0] == "line 3 has 1 tokens that are not in the vocabulary"  # The line break is known.
    assert "line 4 has 3000 tokens; the last 16 are read" in err


def test_answer_remarks_on_a_stop_text_that_the_model_does_not_write(answer):
    _, err = answer(b"", "--stop=\u4f60", "--max_length=8")
    assert err.startswith("the model writes '\u4f60' as ")
    assert err.endswith("so that --stop may not end a text\n")


def test_answer_writes_scores_as_json(answer):
    prompt = r"a \n"
    out, err = answer(f"{prompt}\n\u4f60".encode(), "--nbest=2", "--max_length=8", "--format=jsonl")
    first, second = map(json.loads, out.splitlines())
    assert (first["input"], second["input"]) == (prompt, "\u4f60")
    assert second["remark"] == "has 1 tokens that are not in the vocabulary"
    assert err == f"line 2 {second['remark']}\n"
    assert first["n_best"][0] == {"answer": first["answer"], "score": first["score"]}
    assert len(first["n_best"]) == 2
    assert all(each["score"] < 0 for each in first["n_best"])
    plain, _ = answer(prompt.encode(), "--nbest=2", "--max_length=8")
    assert plain == "\t".join(each["answer"].translate(predict.ESCAPES) for each in first["n_best"]) + "\n"


@pytest.mark.parametrize("flag", ["--sample=0.0", "--top_p=2.0", "--stop="])
def test_answer_names_a_flag_out_of_range(answer, flag):
    with pytest.raises(InputError, match=flag.replace("=", " is ").rstrip()) as raised:
        answer(b"", flag)
    assert "\n" not in str(raised.value)
