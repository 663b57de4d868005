"""The language task: what it counts, how it goes on, and what it refuses."""

from math import log

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from ml_collections import ConfigDict

from experiments import language
from experiments.registry import build_task
from experiments.tasks.language_modeling.report import by_distance, most_alike, tracked
from experiments.tasks.language_modeling.task import Language
from seqjax.baselines.ngrams import PairCounts
from seqjax.data.text.documents import Stream, stream
from seqjax.errors import InputError
from seqjax.predictors.language_modeling import PIECE, Sampling
from seqjax.tokens import EOS, PAD
from tests.experiments.commands import run_each, save_untrained
from tests.test_config import ROOT, load

QUICK = load(ROOT / "configs" / "language_modeling/names.py").get_config("quick").to_dict()

pytestmark = pytest.mark.usefixtures("quick_compilation")


def task(**keys: object) -> Language:
    """The quick task with some keys, given as ``group_key``, in place of the usual ones."""
    groups = {name: dict(value) if isinstance(value, dict) else value for name, value in QUICK.items()}
    for name, value in keys.items():
        group, _, key = name.partition("_")
        groups[group][key] = value
    return build_task(ConfigDict(groups))


@pytest.fixture(scope="module")
def names() -> Language:
    return task()


def test_the_loss_does_not_depend_on_how_the_text_is_cut(names, monkeypatch):
    found = []
    for size in (7, 256):
        monkeypatch.setattr(language, "CHUNK", size)
        found.append(names._all_nats(names.initial_params, names.streams[0]))
    np.testing.assert_allclose(*found, atol=1e-5)
    assert np.count_nonzero(found[0]) == (names.streams[0].targets != PAD).sum()
    per_token = found[0].sum() / np.count_nonzero(found[0])
    monkeypatch.undo()
    assert names.validate(names.initial_params)["loss"] == pytest.approx(per_token, rel=1e-6)


def test_a_uniform_model_costs_ln_v_a_token(names):
    params = jax.tree.map(jnp.zeros_like, names.initial_params)
    loss, _ = jax.jit(lambda *given: names.loss(*given, None))(params, names.initial_carry, names.train_batch(0))
    assert loss == pytest.approx(log(len(names.model.vocabulary)), rel=1e-6)


def test_learning_on_pays_on_a_text_that_repeats_itself():
    one = task(model_dynamic_rate=1.0)
    tokens = stream([np.tile([4, 5, 6, 7], 400)], whole=False)
    plain, learned = (one._all_nats(one.initial_params, tokens, learn=learn) for learn in (False, True))
    np.testing.assert_array_equal(plain[:, :256], learned[:, :256])  # What is tested first has taught nothing yet.
    assert learned[:, 512:].mean() < 0.8 * plain[:, 512:].mean()


def test_a_text_goes_on_the_same_from_the_same_seed_whatever_its_length(names):
    params, keys = names.initial_params, jax.random.split(jax.random.key(0), 8)
    prompt = names.model.vocabulary.encode("an ")

    def written(length, **options):
        how = Sampling(length, **({"temperature": 1.0, "top_k": None, "top_p": None} | options))
        return list(names.model.texts(params, prompt, how, keys))[-1]

    long, short, again = written(2 * PIECE), written(5), written(2 * PIECE)
    assert long == again
    assert [text[: len(begun)] for text, begun in zip(long, short, strict=True)] == short
    assert len(set(long)) > 4
    programs = names.model._extend._cache_size()
    assert max(map(len, short)) <= 5
    assert names.model._extend._cache_size() == programs
    stop = max(long, key=len)[3:5]
    how = Sampling(2 * PIECE, 1.0, None, None)
    ended = list(names.model.texts(params, prompt, how, keys, stop))[-1]
    assert ended == [text.partition(stop)[0] for text in long]


def test_a_continuation_is_drawn_from_what_the_model_thinks(names):
    """Cold draws take the likeliest token, as a forward pass over prompt and continuation finds it."""
    params, prompt = names.initial_params, names.model.vocabulary.encode("a film")
    how = Sampling(PIECE, 0.01, None, None)
    (said,) = names.model.continuations(params, [prompt], how, jax.random.key(0)[None])
    said = said[0][: int(np.argmax(said[0] == EOS))] if EOS in said else said[0]
    both = stream([np.concatenate([prompt, said])], whole=False)
    module = names.model._module(params)
    logits = np.array(jax.jit(lambda tokens: module(tokens).logits)(both.inputs)[0])
    logits[:, [0, 1, 3]] = -np.inf
    np.testing.assert_array_equal(logits.argmax(axis=1)[len(prompt) :][: len(said)], said)


def test_counts_are_what_a_loop_counts():
    documents = [np.array([4, 5, 4, 5, 5]), np.array([4])]
    counts = PairCounts.of(documents, 6, whole=True)
    tokens = stream([np.array([4, 5])], whole=True)
    targets = [4, 5, 4, 5, 5, EOS, 4, EOS]
    frequency = {token: (targets.count(token) + 1) / (len(targets) + 6) for token in range(6)}
    np.testing.assert_allclose(counts.single_nats(tokens), [[-log(frequency[t]) for t in (4, 5, EOS)]])
    # Behind the start 4 twice; behind 4: 5, 5 and the end; behind 5: 4, 5 and the end.
    wanted = [(2 + 1 * frequency[4]) / 3, (2 + 2 * frequency[5]) / 5, (1 + 3 * frequency[EOS]) / 6]
    np.testing.assert_allclose(counts.nats(tokens), [[-log(p) for p in wanted]])


def test_the_loss_by_distance_and_the_units_that_track():
    tokens = Stream(np.ones((1, 6), int), np.array([[4, 4, 4, 4, 4, PAD]]), np.array([[1, 0, 0, 1, 0, 0]], bool))
    found = by_distance(np.array([[8.0, 2, 1, 4, 6, 0]]), tokens)
    assert found == {1: 6, 3: 3}
    signals = tracked([*'say "yes" (or\nno)'])
    assert list(signals) == ["inside quotes", "inside brackets", "place in the line"]
    assert signals["inside quotes"].tolist() == [0] * 4 + [1] * 4 + [0] * 9
    assert signals["inside brackets"][10:].tolist() == [1] * 6 + [0]
    assert tracked([*"none"]) == {}
    outputs = np.random.default_rng(0).normal(size=(17, 4))
    outputs[:, 2] = -signals["inside quotes"]
    assert most_alike(outputs, signals["inside quotes"]) == (2, pytest.approx(-1))


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"data_path": ""}, "'data.path' is empty"),
        ({"data_path": "/nowhere.txt"}, "there is no file /nowhere.txt"),
        ({"data_tokens": "letter"}, "'data.tokens' is 'letter'"),
        ({"data_chunk": 10_000}, "tokens are too few for 4 rows of 10000; make data.batch_size or data.chunk smaller"),
        ({"data_max_documents": 3}, "part of generated is empty; change data.split, or give more text"),
        ({"data_split": (1.0, 1.0)}, "must be three shares"),
        ({"model_cell": "rnn"}, "'model.cell' is 'rnn'"),
        ({"model_input_dropout": 1.5}, "input_dropout must be at least 0 and below 1"),
        ({"model_dynamic_rate": -1.0}, "'model.dynamic_rate' is -1.0"),
    ],
)
def test_what_is_wrong_is_named(keys, sentence):
    with pytest.raises(InputError) as raised:
        task(**keys)
    assert sentence in str(raised.value)


def test_every_prompt_is_answered_by_one_line(names, tmp_path):
    workdir = tmp_path / "run"
    save_untrained(names, ConfigDict(QUICK), workdir)
    lines = "\n".join(["a film", "", "\u4f60 \\n", "x" * 3000, "a film"]).encode()
    flags = [f"--workdir={workdir}", "--nbest=2", "--max_length=8"]
    cases = [
        ("predict", flags, lines),
        ("predict", [*flags, "--sample=0"], b""),
        ("predict", [*flags, "--top_p=2"], b""),
    ]
    done, *failed = run_each(cases, tmp_path)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("\n")
    assert [answer.count("\t") for answer in answers] == [1] * 5 + [0]
    assert done.stderr.splitlines()[0] == "line 3 has 2 tokens that the training text has not"
    assert "line 4 has 3000 tokens; the last 1024 are read" in done.stderr
    for each, sentence in zip(failed, ("--sample is 0.0", "--top_p is 2.0"), strict=True):
        assert each.returncode == 2
        assert sentence in each.stderr
        assert len(each.stderr.splitlines()) == 1
