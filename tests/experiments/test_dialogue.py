"""The dialogue task, with texts and with acts: losses, parts, errors, and predictions."""

import json

import jax
import numpy as np
import pytest
from ml_collections import ConfigDict

from configs.dialogue import rnnlg, small_talk
from experiments.registry import build_task
from experiments.run.fingerprint import Sources
from experiments.tasks.dialogue import predict
from experiments.tasks.dialogue.acts.predict import complete
from seqjax.data.text.dialogue_acts import delexicalise
from seqjax.decoding.search import Search
from seqjax.errors import InputError
from seqjax.predictors.dialogue_acts import Reply
from seqjax.tokens import BOS, EOS, PAD
from tests.experiments.commands import run_each, trained


def build(module, keys=None, learned=None):
    """The task of a quick config."""
    config = ConfigDict(module.get_config("quick").to_dict())
    config.update_from_flattened_dict(keys or {})
    return build_task(config, learned)


@pytest.fixture(scope="module")
def acts():
    return build(rnnlg)


@pytest.fixture(scope="module")
def talk():
    return build(small_talk)


def cross_entropy(logits, tokens):
    """Of the tokens that are real, in nats, in float64."""
    logits = np.asarray(logits, np.float64)
    chosen = np.take_along_axis(logits, tokens[..., None], axis=-1)[..., 0]
    return float(((np.log(np.exp(logits).sum(axis=-1)) - chosen) * (tokens != PAD)).sum())


def test_loss_of_acts_is_that_of_their_words_and_in_training_of_the_act_vectors_too(acts):
    batch, params = acts._training.batch(np.arange(5), 26, 16), acts.initial_params
    summed, count = acts._sums(params, batch)
    assert int(count) == (batch.tokens[:, 1:] != PAD).sum()
    logits, costs = jax.jit(acts.replier.model(params).logits_and_cost)(
        batch.acts, batch.tokens[:, :-1], batch.tokens[:, 1:]
    )
    np.testing.assert_allclose(summed, cross_entropy(logits, batch.tokens[:, 1:]), rtol=1e-4)
    quiet = build(rnnlg, {"model.dropout": 0.0, "model.act_cost": 0.5})
    trained_on = jax.jit(lambda batch: quiet.loss_sums(params, None, batch, jax.random.key(0))[0])(batch)
    np.testing.assert_allclose(trained_on, summed + 0.5 * costs[:5].sum(), rtol=1e-4)


def test_batches_are_a_function_of_the_step_and_replies_have_placeholders(acts):
    batch = acts.train_batch(3)
    jax.tree.map(np.testing.assert_array_equal, build(rnnlg).train_batch(3), batch)
    patterns = {delexicalise(entry.reply, entry.act) for entry in acts.parts["training"]}
    for tokens in batch.tokens:
        ids = tokens[tokens != PAD]
        assert (ids[0], ids[-1]) == (BOS, EOS)
        assert acts.replier.vocabulary.decode(ids) in patterns


def test_act_measures_are_those_of_perfect_and_of_wrong_replies(acts):
    part = acts.parts["test"]
    own = acts._measures(part, [[delexicalise(entry.reply, entry.act)] for entry in part])
    assert own["bleu"] == pytest.approx(1, abs=1e-5)
    assert (own["slot_error"], own["exact_match"]) == (0, 1)
    slots = sum(len([name for name, value in entry.act.slots if value != "?"]) for entry in part)
    wrong = acts._measures(part, [["nothing", "SLOT_NAME"] for _ in part])
    assert wrong["slot_error"] == 1
    named = sum("name" in dict(entry.act.slots) for entry in part)
    unnamed = sum(not entry.act.slots or entry.act.type == "?request" for entry in part)
    assert wrong["slot_error_top5"] == pytest.approx((slots + slots - named + unnamed) / (2 * slots))
    assert wrong["copied"] == 0


def test_loss_of_small_talk_is_that_of_its_replies(talk):
    batch, params = talk._valid.batch(np.arange(2), 24, 16), talk.initial_params
    summed, count = talk._sums(params, batch)
    logits = jax.jit(lambda src, tgt: talk.chatter.logits(params, src, tgt, None))(batch.src, batch.tgt[:, :-1])
    np.testing.assert_allclose(summed, cross_entropy(logits, batch.tgt[:, 1:]), rtol=1e-4)
    assert int(count) == (batch.tgt[:, 1:] != PAD).sum()


def test_parts_are_repeated_and_no_conversation_is_in_two(talk):
    again = build(small_talk, learned=json.loads(json.dumps(talk.learned)))
    assert again.parts == talk.parts
    assert again.learned["source"] == talk.learned["source"]
    groups = [{each.group for each in part} for part in talk.parts]
    assert not groups[0] & groups[1]
    assert not (groups[0] | groups[1]) & groups[2]


@pytest.mark.parametrize(
    ("module", "keys", "words"),
    [
        (small_talk, {"data.path": ""}, "config key 'data.path' is empty"),
        (small_talk, {"data.path": "nowhere"}, "there is no file or folder nowhere"),
        (small_talk, {"data.history": -1}, "'data.history' is -1"),
        (small_talk, {"data.bucket_sizes": (1,)}, "has 1 tokens or fewer"),
        (small_talk, {"model.cell": "sclstm"}, "'model.cell' is 'sclstm'"),
        (small_talk, {"data.inputs": "speech"}, "'data.inputs' is 'speech'"),
        (rnnlg, {"data.path": ""}, "config key 'data.path' is empty"),
        (rnnlg, {"data.path": "nowhere"}, "nowhere is no folder"),
        (rnnlg, {"model.conditioning": "vector"}, "only 'sclstm' has act vectors; set it to 0"),
        (rnnlg, {"model.conditioning": "gate"}, "'model.conditioning' is 'gate'"),
        (rnnlg, {"data.bucket_sizes": (1,)}, "has 1 words or fewer"),
    ],
)
def test_wrong_key_is_named(module, keys, words):
    with pytest.raises(InputError, match=words):
        build(module, keys)


def test_wrong_entries_are_passed_over_or_refused(tmp_path, capsys):
    entries = [["inform(food=thai)", "thai food"], ["inform(food=thai)"], ["inform(food=thai)", ""]] * 2
    for name in ("train", "valid", "test"):
        (tmp_path / f"{name}.json").write_text("#\n" + json.dumps(entries))
    task = build(rnnlg, {"data.path": str(tmp_path)})
    assert [len(part) for part in task.parts.values()] == [2, 2, 2]
    assert capsys.readouterr().err.startswith("12 entries are not used: ")
    with pytest.raises(InputError, match=r"train.json: entry 2: .* set data.strict=False"):
        build(rnnlg, {"data.path": str(tmp_path), "data.strict": True})
    assert task.data.sources == Sources(tuple(tmp_path / f"{name}.json" for name in ("train", "valid", "test")))
    talk = {"data.path": str(tmp_path / "talk"), "data.strict": True}
    (tmp_path / "talk").mkdir()
    (tmp_path / "talk" / "a.txt").write_text("Hi\nHello\n\nalone\n")
    with pytest.raises(InputError, match=r"a.txt: conversation 2 is no list of two turns or more; correct it"):
        build(small_talk, talk)


def test_quick_runs_write_their_files():
    table = json.loads((trained("dialogue/rnnlg") / "table.json").read_text())
    assert list(table) == ["model", "rules", "nearest training act"]
    assert {"bleu", "slot_error", "value_error", "exact_match", "distinct1", "perplexity"} <= set(table["model"])
    rows = (trained("dialogue/rnnlg") / "replies.tsv").read_text().splitlines()
    assert rows[0] == "act\treply\tperson's reply"
    assert len(rows) == 21
    talk = trained("dialogue/small_talk")
    table = json.loads((talk / "table.json").read_text())
    assert list(table) == ["model", "nearest training prompt", "most frequent reply"]
    assert 0 <= json.loads((talk / "test.json").read_text())["known_exact_match"] <= 1


def test_reply_with_a_value_that_its_act_lacks_is_left_out():
    replies = [Reply(text, text, -1.0, 0, None) for text in ("SLOT_NAME is nice", "goodbye", "a SLOT_FOOD place")]
    assert complete(replies) == [replies[1]]


def test_predict_answers_acts(tmp_path):
    start = [f"--workdir={trained('dialogue/rnnlg')}", "--beam=2", "--max_length=5"]
    lines = ["inform(name='red door cafe';food=thai)", "", "inform(name=a;tv=yes)", "hello", '{"act": "goodbye()"}']
    lines += ['{"text": "goodbye()"}', '{"act": 3}', "{", lines[0]]
    cases = [[*start, "--nbest=2", "--attention=acts.png"], [*start, "--format=jsonl"]]
    plain, as_json = run_each([("predict", flags, "\n".join(lines) + "\n") for flags in cases], tmp_path)
    assert plain.returncode == as_json.returncode == 0, plain.stderr
    answers = plain.stdout.splitlines()
    assert [bool(answer) for answer in answers] == [True, False, True, False, True, False, False, False, True]
    assert answers[0] == answers[8]
    assert "\t" in answers[0]
    remarks = plain.stderr.splitlines()
    assert remarks[0] == "line 3 has tv.yes, which the model does not know: left out"
    assert "line 4 has no answer: 'hello' is no dialogue act" in remarks[1]
    assert "line 6 has no key 'act'" in remarks[2]
    assert "line 7 has no text under 'act'" in remarks[3]
    assert "line 8 is no JSON object" in remarks[4]
    records = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert records[0]["answer"] == answers[0].split("\t")[0]
    assert records[3]["answer"] is None
    assert (tmp_path / "acts.png").read_bytes().startswith(b"\x89PNG")


def test_predict_keeps_the_conversation_until_it_is_reset(tmp_path):
    start = [f"--workdir={trained('dialogue/small_talk')}", "--max_length=4", "--min_length=1"]
    lines = ["Who am I?", "Go on.", "", "/reset", "Who am I?", "Go on."]
    lines += ['{"prompt": "Who am I?"}', "Go on.", '{"prompt": "Go on.", "history": 3}', '{"history": []}']
    cases = [start, [*start, "--format=jsonl", "--sample=3", "--seed=1"]]
    done = run_each([("predict", flags, "\n".join(lines)) for flags in cases], tmp_path)
    assert [each.returncode for each in done] == [0, 0], done[0].stderr
    answers = done[0].stdout.splitlines()
    assert [bool(answer) for answer in answers] == [True, True, False, False, True, True, True, True, False, False]
    assert answers[:2] == answers[4:6]
    assert answers[6] == answers[0]
    assert "line 9 has a 'history' that is no list of texts" in done[0].stderr
    assert "line 10 has no key 'prompt'" in done[0].stderr
    records = [json.loads(line) for line in done[1].stdout.splitlines()]
    assert [record["input"] for record in records] == lines
    sampled = [record["answer"] or "" for record in records]
    assert sampled != answers
    assert sampled[2:4] == ["", ""]
    # The conversation is a turn's history: stated in full, it has the same answer.
    stated = json.dumps({"history": ["Who am I?", answers[0]], "prompt": "Go on."})
    (tmp_path / "stated").mkdir()
    (alone,) = run_each([("predict", start, stated)], tmp_path / "stated")
    assert alone.stdout.splitlines() == [answers[1]]


def test_each_of_two_equal_lines_is_drawn_with_the_conversation_that_it_was_answered_in(monkeypatch):
    given = {}
    monkeypatch.setattr(predict, "search_from_flags", lambda search, has_attention: search)
    monkeypatch.setattr(predict, "answer_lines", lambda reply, text, search, **more: given.update(reply=reply, **more))
    config = ConfigDict(small_talk.get_config("quick").to_dict())
    predict.answer(config, trained("dialogue/small_talk"))
    first, second, other = given["reply"](["Go on.", "Go on.", "Who am I?"], Search(max_length=5), None)
    assert (first[0].source, "\n\n" in second[0].source) == ("Go on.", False)  # an empty reply is no turn
    signs = [given["panel"]("Go on.", each[0]).source.count("/") for each in (first, second, other)]  # between turns
    assert signs == [each[0].source.count("\n") for each in (first, second, other)]
    assert 0 == signs[0] < signs[1]
    assert signs[2] == config.data.history  # of a longer conversation the last turns are read
