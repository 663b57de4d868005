"""Measures of the language modelling task over characters, and how its answers are written."""

import unicodedata
from math import log

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from experiments.tasks.language_modeling import predict
from experiments.tasks.language_modeling.report import (
    loss_by_distance,
    most_correlated_unit,
    text_bits,
    text_signals,
    unit_texts,
)
from seqjax.data.text.streams import Stream
from seqjax.data.vocabulary import KINDS, Vocabulary
from seqjax.predictors.language_modeling import Continuations
from seqjax.tokens import PAD


def learn(texts: list[str], kind: str, **options: object) -> Vocabulary:
    known: dict = {"lowercase": False, "size": 300, "min_count": 1, "normalization": "NFC", "spacing": True}
    return Vocabulary.learn(texts, kind=kind, **known | options)


def test_text_bits_count_the_characters_as_written_whatever_the_tokens():
    """10 bits for five characters are 2 bits each, composed or not; and in every kind of tokens."""
    text = "été!\n"
    for kind in KINDS:
        for written in (text, unicodedata.normalize("NFD", text)):
            for normalization in ("NFC", "none"):
                tokens = learn([written], kind, normalization=normalization)
                assert text_bits(10 * log(2), [written], tokens) == pytest.approx(2)


def test_text_bits_spell_unknown_tokens():
    """A character costs 20.1 bits, the number of Unicode's characters in bits; a word its end too."""
    code = log(1_112_064) / log(2)
    assert text_bits(0.0, ["abxyz"], learn(["ab"], "character")) == pytest.approx(3 * code / 5)
    assert text_bits(0.0, ["abxyz"], learn(["ab"], "subword")) == pytest.approx(3 * code / 5)
    assert text_bits(0.0, ["ab xyz"], learn(["ab"], "word")) == pytest.approx(4 * code / 6)


def test_text_bits_are_left_out_if_tokens_do_not_hold_the_text():
    for kind in KINDS:
        assert text_bits(1.0, ["ab C"], learn(["ab C"], kind, lowercase=True)) is None
        assert text_bits(1.0, ["ab c"], learn(["ab C"], kind, lowercase=True)) is not None
        assert text_bits(1.0, ["x²"], learn(["x²"], kind, normalization="NFKC")) is None
        if kind != "character":
            assert text_bits(1.0, ["ab c"], learn(["ab c"], kind, spacing=False)) is None


def test_loss_by_distance_groups_tokens_by_powers_of_two():
    tokens = Stream(np.ones((1, 6), int), np.array([[4, 4, 4, 4, 4, PAD]]), np.array([[1, 0, 0, 1, 0, 0]], bool))
    assert loss_by_distance(np.array([[8.0, 2, 1, 4, 6, 0]]), tokens) == {1: 6, 3: 3}


def test_unit_texts_find_the_unit_of_each_signal():
    characters = [*'say "yes" (or\nno)']
    signals = text_signals(characters)
    assert list(signals) == ["inside quotes", "inside brackets", "position in the line"]
    assert signals["inside quotes"].tolist() == [0] * 4 + [1] * 4 + [0] * 9
    assert signals["inside brackets"][10:].tolist() == [1] * 6 + [0]
    assert signals["position in the line"].tolist() == [*range(13), 0, 1, 2, 3]
    assert text_signals([*"none"]) == {}
    outputs = np.random.default_rng(0).normal(size=(17, 4))
    outputs[:, 2] = -signals["inside quotes"]
    assert most_correlated_unit(outputs, signals["inside quotes"]) == (2, pytest.approx(-1))
    first, *_ = unit_texts(characters, outputs)
    assert first.title == "inside quotes: unit 2, correlation -1.00"


def test_unescaped_inverts_the_escapes_of_answers():
    for text in ("a\nb\tc\rd", "C:\\new\\table", "\\\\n", "\\", "plain", "a\\"):
        assert predict.unescaped(text.translate(predict.ESCAPES)) == text
        assert len(text.translate(predict.ESCAPES).splitlines()) == 1
    assert predict.unescaped(r"\x \ \n") == "\\x \\ \n", "no other escapes"


@pytest.mark.parametrize(("flag", "stop"), [(r"\n", "\n"), (r"\n\n\t", "\n\n\t"), (r"\\n", r"\n"), ("\n", "\n")])
def test_stop_is_read_with_escapes(flag, stop):
    with flagsaver.flagsaver():
        flags.FLAGS(["predict", f"--stop={flag}"])
        assert predict._options()["stop"] == stop


def test_streamed_prints_each_character_once_and_none_of_the_stop_text(capsys):
    growing = [Continuations([text], []) for text in ("", "abE", "abENc", "abENcd")]
    assert predict._streamed(iter(growing), 2) == growing[-1]
    assert capsys.readouterr().out == "abENcd\n"
    predict._streamed(iter([Continuations(["abE"], []), Continuations(["ab"], [])]), 2)  # The next tokens were "ND".
    assert capsys.readouterr().out == "ab\n"
