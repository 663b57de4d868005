"""The speech task: its loss and batches, its errors, and its predictions."""

import io
import json
import sys
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import soundfile
from absl import flags
from absl.testing import flagsaver
from ml_collections import ConfigDict

from configs.speech import digits
from experiments.registry import build_task
from experiments.run.answers import FORMAT
from experiments.tasks.speech import flags as speech_flags
from experiments.tasks.speech import predict
from experiments.tasks.speech.batches import Batches, SpeechBatch
from experiments.tasks.speech.report import group_errors, noisy, sound_bounds, stream_delays
from experiments.tasks.speech.task import Speech, targets
from seqjax.data.audio.tones import tones
from seqjax.errors import InputError
from seqjax.models.frame_encoder import Frames
from seqjax.predictors.speech import SpeechSearch
from seqjax.predictors.speech_stream import SpeechStream
from seqjax.tokens import BOS, EOS, PAD
from tests.ctc_paths import text_probability
from tests.experiments.commands import save_untrained

STREAMING = {"model.cell": "gru", "model.bidirectional": False, "data.normalisation": "training"}


def quick_config(keys: dict[str, object] | None = None) -> ConfigDict:
    """The quick config in one direction, which is compiled faster and streams, and other values of some keys."""
    config = digits.get_config("quick")
    config.update_from_flattened_dict({**STREAMING, **(keys or {})})
    return config


def build(keys: dict[str, object] | None = None) -> Speech:
    """The task of a quick config."""
    return build_task(quick_config(keys))


@pytest.fixture(scope="module")
def speech() -> Speech:
    return build()


def test_loss_is_that_of_each_recording_alone(speech):
    batch, params = speech.train_batch(2), speech.initial_params
    sums = jax.jit(lambda params, batch: speech.loss_sums(params, None, batch, None)[:2])
    summed, count = sums(params, batch)
    assert int(count) == (batch.letters != PAD).sum()
    blank = speech.recogniser.blank
    apply = jax.jit(lambda params, features, mask: speech.recogniser.model(params)(Frames(features, mask)))
    losses = []
    for features, mask, letters in list(zip(*batch, strict=True))[:3]:
        logits, real = apply(params, features[None], mask[None])
        log_probs = np.asarray(logits - jax.nn.logsumexp(logits, axis=-1, keepdims=True))[0, np.asarray(real)[0]]
        losses.append(-text_probability(log_probs, letters[letters != PAD], blank))
    rest = jax.tree.map(
        lambda leaf: np.where(np.arange(len(leaf)).reshape(-1, *[1] * (leaf.ndim - 1)) < 3, leaf, 0), batch
    )
    np.testing.assert_allclose(sums(params, rest)[0], sum(losses), rtol=1e-4)
    assert summed > sum(losses)


def test_train_batch_is_augmented_and_a_function_of_the_step(speech):
    batch = speech.train_batch(3)

    def batch_of(**keys) -> SpeechBatch:
        config = replace(speech.data, **keys)
        return Batches(speech.parts[0], speech.recogniser, config, 0, "training").training(3)

    jax.tree.map(np.testing.assert_array_equal, batch_of(), batch)
    still = {"noise": 0.0, "time_masks": (0, 0), "feature_masks": (0, 0)}
    plain = batch_of(**still)
    np.testing.assert_array_equal(plain.letters, batch.letters)
    np.testing.assert_array_equal(plain.mask, batch.mask)
    for keys in ({"noise": 1.0}, {"time_masks": (1, 20)}, {"feature_masks": (1, 2)}):
        assert not np.array_equal(batch_of(**{**still, **keys}).features, plain.features), keys
    assert batch_of(speeds=(80,)).mask.sum() > 1.2 * batch.mask.sum()


def test_recordings_that_do_not_fit_are_named_and_left_out(speech, capsys):
    training = speech.parts[0]
    texts = ("do re mi fa sol la si do re mi fa sol", *training.texts[1:])
    sounds = (*training.sounds[:-1], np.zeros(4000, np.float32))
    config = replace(speech.data, bucket_sizes=(60,))
    batches = Batches(replace(training, texts=texts, sounds=sounds), speech.recogniser, config, 0, "training")
    err = capsys.readouterr().err
    long = sum(speech.data.extractor.frames(len(sound)) > 60 for sound in sounds)
    assert f"are silent, and are not in the loss of training: 1 ({training.names[-1]})" in err
    assert f"are not in the loss of training: {long} (tones" in err
    assert ("are too short for their texts, and are not in the loss of training: 1 (tones0)" in err) == (
        speech.data.extractor.frames(len(training.sounds[0])) <= 60
    )
    assert len(batches.lengths) < len(training)
    with pytest.raises(InputError, match="no recording of the training part fits"):
        Batches(training, speech.recogniser, replace(speech.data, bucket_sizes=(5,)), 0, "training")


def test_targets_of_a_decoder_begin_and_end():
    letters = jnp.array([[5, 6, PAD], [7, 8, 9], [PAD, PAD, PAD]])
    tgt_in, tgt_out = targets(letters, jnp.array([True, True, False]))
    assert tgt_in.tolist() == [[BOS, 5, 6, PAD], [BOS, 7, 8, 9], [PAD] * 4]
    assert tgt_out.tolist() == [[5, 6, EOS, PAD], [7, 8, 9, EOS], [PAD] * 4]


@pytest.mark.slow
def test_decoder_with_attention_has_a_loss_per_letter():
    task = build({"model.output": "attention", "model.hidden_features": 4, "model.decoder_features": 4})
    params = jax.tree.map(jnp.zeros_like, task.initial_params)
    batch = task.train_batch(0)
    summed, count, _ = jax.jit(lambda params, batch: task.loss_sums(params, None, batch, None))(params, batch)
    assert int(count) == (batch.letters != PAD).sum() + len(batch.letters)
    assert summed / count == pytest.approx(np.log(len(task.recogniser.vocabulary)), rel=1e-5)


def test_noise_of_the_test_has_its_level_and_kinds():
    part = tones(8, 8000, 0)
    loud, kinds = noisy(part, 10.0, 0)
    assert kinds == ["white", "pink", "brown", "babble"] * 2
    for clean, each in zip(part.sounds, loud.sounds, strict=True):
        ratio = np.mean(clean**2) / np.mean((each - clean) ** 2)
        assert 10 * np.log10(ratio) == pytest.approx(10, abs=1e-3)


def test_errors_by_group_are_sorted():
    errors = group_errors(["a b", "c", "d"], ["a b", "x", "d"], ["ann", "ben", "ben"])
    assert list(errors.items()) == [("ben", 0.5), ("ann", 0.0)]


def test_delays_of_a_stream_are_those_of_its_first_and_last_letter(speech):
    """Sound fed in pieces of two bytes to a stream gives the same delays; the sound itself is a tone with pauses."""
    recogniser, params = speech.recogniser, speech.initial_params
    (sound,) = tones(1, 8000, 5).sounds
    sound = np.pad(sound, (1600, 2400))
    part = replace(tones(1, 8000, 5), sounds=(sound,))
    (found,) = recogniser.transcribe(params, part.sounds, SpeechSearch())
    delays = stream_delays(recogniser, params, part, [found[0].text])
    assert stream_delays(recogniser, params, part, [found[0].text + " do"]) == {}, "a wrong text has no delay"
    content = np.round(sound * 32768).astype("<i2").tobytes()
    stream = SpeechStream(recogniser, params)
    written = [end for end in range(2, len(content) + 1, 2) if stream.feed(content[end - 2 : end])]
    loud = np.flatnonzero(np.abs(sound) > 0.02)  # a tenth of the tones' height, -20 dB and a little more
    assert delays["stream_first"] == pytest.approx((written[0] // 2 - loud[0]) / 8000, abs=0.011)
    assert delays["stream_last"] == pytest.approx((written[-1] // 2 - loud[-1]) / 8000, abs=0.011)
    assert delays["stream_first_95"] == delays["stream_first"]
    assert delays["stream_counted"] == 1


def test_bounds_of_a_sound_are_blocks_within_30_decibels_of_the_loudest():
    sound = np.zeros(95)
    sound[33:61] = 1.0
    sound[70:80] = 0.9 * 10 ** (-30 / 20)  # a little below
    assert sound_bounds(sound, 10).tolist() == [30, 70]
    sound[80:] = 2 * 10 ** (-30 / 20)
    assert sound_bounds(sound, 10).tolist() == [30, 95]


@pytest.mark.slow
def test_test_compares_searches_and_a_baseline(speech, tmp_path):
    result = speech.test(speech.initial_params)
    names = ["model", "model at 10 dB", "beam of 16", "word list", "word bigrams", "most frequent text"]
    assert list(result.table) == names
    assert result.table["most frequent text"]["wer"] <= 1
    assert result.extra["errors_by"].keys() == {"speaker", "noise", "speaker at 10 dB"}
    for name, plot in result.plots.items():
        plot(tmp_path / name)
    lines = (tmp_path / "transcripts.tsv").read_text().splitlines()
    assert len(lines) == len(speech.parts[2]) + 1
    assert set(speech.validate(speech.initial_params)) == {"cer", "wer", "loss"}


def test_a_bad_key_is_named_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    cases = [
        ({"data.path": ""}, "'data.path' is empty; name a folder of recordings"),
        ({"data.path": str(tmp_path / "file")}, "is no folder"),
        ({"data.path": str(tmp_path / "folder")}, "has neither a table transcripts.csv or transcripts.tsv"),
        ({"data.features": "mel"}, "'data.features' is 'mel', but must be one of"),
        ({"data.features": "mfcc", "data.num_features": 41}, "size must be at most 40"),
        ({"data.normalisation": "speaker"}, "'data.normalisation' is 'speaker'"),
        ({"data.rate": 4000}, "'data.rate' is 4000, but must be at least 8000"),
        ({"data.rate": 10**9}, "'data.rate' is 1000000000, but must be at most 192000"),
        ({"data.speeds": (10,)}, "'data.speeds' is (10,), but must be percentages"),
        ({"data.noise": 1.5}, "'data.noise' is 1.5, but must be in [0, 1]"),
        ({"data.noise_decibels": (30.0, 0.0)}, "must be two rising numbers"),
        ({"data.time_masks": (1, -1)}, "must be a number of masks and their largest size"),
        ({"data.feature_masks": (1, 21)}, "but there are 20 features"),
        ({"data.bucket_sizes": (200, 100)}, "'data.bucket_sizes' is (200, 100)"),
        ({"model.output": "rnnt"}, "'model.output' is 'rnnt'"),
        ({"model.cell": "lstmm"}, "did you mean 'lstm'"),
        ({"model.joins": (2, 0)}, "'model.joins' is (2, 0)"),
        ({"model.dropout": 1.0}, "'model.dropout' is 1.0"),
        ({"model.language_weight": 0.0}, "'model.language_weight' is 0.0, but must be above 0"),
        (
            {"model.output": "attention", "model.language_model": "words"},
            "must be 'none' with model.output='attention'",
        ),
    ]
    for keys, message in cases:
        with pytest.raises(InputError) as error:
            build(keys)
        assert message in str(error.value)
        assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def workdir(speech, tmp_path_factory):
    """The folder of a run that has not trained."""
    return save_untrained(speech, quick_config(), tmp_path_factory.mktemp("run"))


@pytest.fixture
def answer(workdir, tmp_path, monkeypatch, capsys):
    """A function that answers lines with some flags in an empty folder, and returns standard output and error."""
    monkeypatch.chdir(tmp_path)

    def answer(lines: bytes, *arguments: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
        capsys.readouterr()
        with flagsaver.flagsaver():
            flags.FLAGS(["predict", *arguments])
            predict.answer(quick_config(), workdir)
        return capsys.readouterr()

    return answer


def test_answer_is_one_line_for_each_file_and_a_bad_one_stops_nothing(answer, tmp_path):
    sound = np.concatenate([tones(1, 8000, 5).sounds[0]] * 3)
    sound = np.round(sound * 32767).astype(np.int16)
    soundfile.write("a.wav", sound, 8000)
    soundfile.write("same.flac", sound, 8000)
    soundfile.write("long.wav", np.tile(sound, 40), 8000)
    soundfile.write("silent.wav", np.zeros(8000), 8000)
    soundfile.write("blink.wav", sound[:3], 8000)
    (tmp_path / "bad.wav").write_text("no sound")
    lines = ["a.wav", "", "bad.wav", "same.flac", "absent.wav", "silent.wav", "long.wav", "blink.wav", "x.mfc", "a.wav"]
    out, err = answer("\n".join(lines).encode())
    texts = out.split("\n")
    assert len(texts) == len(lines) + 1
    assert texts[0]
    assert texts[0] == texts[3] == texts[9]
    assert [texts[row] for row in (1, 2, 4, 5, 8)] == [""] * 5
    assert len(texts[6]) > 20 * len(texts[0])
    assert [int(line.split(":")[0].removeprefix("line ")) for line in err.splitlines()] == [3, 5, 6, 9]
    assert "line 6: silent.wav is silent" in err


def test_answers_have_scores(answer):
    soundfile.write("a.wav", tones(1, 8000, 5).sounds[0], 8000)
    out, _ = answer(b"a.wav", "--beam=4", "--nbest=3")
    cells = out.rstrip("\n").split("\t")
    assert len(cells) == 6
    scores = [float(cell) for cell in cells[1::2]]
    assert scores == sorted(scores, reverse=True)
    with pytest.raises(InputError, match="--nbest=2 is more than the beam, 1"):
        answer(b"a.wav", "--nbest=2")


def test_answers_as_json_hold_input_text_scores_and_faults(answer):
    soundfile.write("a.wav", tones(1, 8000, 5).sounds[0], 8000)
    plain, _ = answer(b"a.wav")
    out, _ = answer(b"a.wav\nabsent.wav", "--format=jsonl", "--beam=4", "--nbest=2")
    good, bad = map(json.loads, out.splitlines())
    assert good["input"] == "a.wav"
    assert good["answer"] == good["n_best"][0]["answer"]
    assert len(good["n_best"]) == 2
    assert plain.strip()
    assert bad["answer"] is None
    assert "there is no file absent.wav" in bad["remark"]
    assert any(flag is FORMAT for flag in speech_flags.FLAGS)
    with pytest.raises(InputError, match="--stream writes letters as they come; leave out --format=jsonl"):
        answer(b"", "--stream", "--format=jsonl")


def test_stream_is_the_text_of_the_file(answer):
    sound = tones(1, 8000, 5).sounds[0]
    soundfile.write("a.wav", sound, 8000, subtype="PCM_16")
    samples, _ = soundfile.read("a.wav", dtype="int16")
    text, _ = answer(b"a.wav")
    streamed, _ = answer(samples.astype("<i2").tobytes(), "--stream")
    assert " ".join(streamed.split()) == text.strip()
