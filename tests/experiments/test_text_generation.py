"""Decoding as a service: flags to search options, lines to answers, with a step that has no model."""

import io
import json
import sys
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver

from experiments.run import stdin
from experiments.tasks import text_generation
from experiments.tasks.text_generation import answer_lines, search_from_flags
from seqjax.decoding.search import BatchedSearch, Search
from seqjax.errors import InputError
from seqjax.plots.attention import AttentionPanel
from seqjax.tokens import EOS

FIRST, WIDTH = 4, 8  # the id of "a", and positions of a line


def echo(params, ids):
    """A decoder that repeats its input, an id at each step, and attends to it."""

    def step(carry, token):
        position, row = carry
        weights = jax.nn.one_hot(position, WIDTH)
        here = jnp.sum(weights.astype(jnp.int32) * row, axis=-1)
        return (position + 1, row), 9 * jax.nn.one_hot(jnp.where(here > 0, here, EOS), 30), weights

    return step, (jnp.zeros(len(ids), jnp.int32), ids)


SEARCH = BatchedSearch(echo, batch_size=4)


def decode(lines, search, keys):
    ids = np.zeros((len(lines), WIDTH), np.int32)
    for row, line in enumerate(lines):
        ids[row, : len(line)] = [ord(letter) - ord("a") + FIRST for letter in line]
    return SEARCH(None, ids, search, keys)


def text(hypothesis):
    return "".join(chr(index - FIRST + ord("a")) for index in hypothesis.ids)


def panel(line, hypothesis):
    return AttentionPanel([*line], [*text(hypothesis)], hypothesis.attention[:, : len(line)])


@pytest.fixture(autouse=True)
def _restored_flags() -> Iterator[None]:
    with flagsaver.flagsaver():
        yield


def parse(*arguments: str) -> None:
    flags.FLAGS(["test", *arguments])


def answers(monkeypatch, capsys, lines: str, *arguments: str, **options) -> list[str]:
    """The lines that are written for lines of standard input."""
    parse(*arguments)
    monkeypatch.setattr(stdin, "LINES", 3)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    search = search_from_flags(Search(max_length=WIDTH), has_attention=True)
    answer_lines(decode, text, search, panel=panel, **options)
    return capsys.readouterr().out.splitlines()


def test_answer_lines_keeps_the_order_of_lines_and_leaves_blank_ones_empty(monkeypatch, capsys):
    lines = ["abc", "", "z", "  ", "hello", "a", "b", "c"]
    assert answers(monkeypatch, capsys, "\n".join(lines)) == [line.strip() for line in lines]
    assert answers(monkeypatch, capsys, "") == []


def test_answer_lines_warns_of_lines_by_their_number(monkeypatch, capsys):
    parse()
    monkeypatch.setattr(stdin, "LINES", 2)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nabcd\n\nabc\nabcde")))

    def warning(line: str) -> str:
        return f"has {len(line)} letters" if len(line) > 3 else ""

    answer_lines(decode, text, Search(max_length=WIDTH), warning=warning)
    assert capsys.readouterr().err == "line 2 has 4 letters\nline 5 has 5 letters\n"


def test_answer_lines_samples_by_line_number_and_seed(monkeypatch, capsys):
    arguments = ("--sample=20", "--nbest=2", "--max_length=6")
    rows = answers(monkeypatch, capsys, "abc\nabc\n\nabc\nabc", *arguments)
    assert [row.count("\t") for row in rows] == [1, 1, 0, 1, 1]
    samples = [sample for row in rows if row for sample in row.split("\t")]
    assert len(set(samples)) == 8, "equal lines get samples of their own"
    assert all(len(sample) <= 6 for sample in samples)
    assert answers(monkeypatch, capsys, "abc\nabc\nabc\nabc\nabc", *arguments)[3:] == rows[3:]
    assert answers(monkeypatch, capsys, "abc", *arguments)[0] == rows[0]
    assert answers(monkeypatch, capsys, "abc", *arguments, "--seed=1")[0] != rows[0]


def test_answer_lines_plots_the_attention_of_the_first_lines(monkeypatch, capsys, tmp_path):
    plotted = []
    monkeypatch.setattr(text_generation, "plot_attention", lambda path, panels: plotted.append((path, panels)))
    lines = ["ab", "", *"cdefghijk"]
    answers(monkeypatch, capsys, "\n".join(lines), f"--attention={tmp_path}/a.png")
    ((path, panels),) = plotted
    assert path == tmp_path / "a.png"
    assert ["".join(panel.source) for panel in panels] == ["ab", *"cdefghi"], "eight that are not blank"
    assert panels[0].tokens == ["a", "b"]
    np.testing.assert_array_equal(panels[0].weights, np.eye(2))


def test_answer_lines_names_a_picture_that_cannot_be_written(monkeypatch, capsys, tmp_path):
    with pytest.raises(InputError, match=r"picture .*a.nothing cannot be written"):
        answers(monkeypatch, capsys, "ab", f"--attention={tmp_path}/a.nothing")


def test_answer_lines_writes_scores_as_json(monkeypatch, capsys):
    def warning(line: str) -> str:
        return "is short" if len(line) < 2 else ""

    out = answers(monkeypatch, capsys, "ab\n\nc", "--format=jsonl", "--beam=2", "--nbest=2", warning=warning)
    first, blank, last = map(json.loads, out)
    assert first["input"] == first["answer"] == "ab"
    assert first["n_best"][0] == {"answer": "ab", "score": first["score"]}
    assert len(first["n_best"]) == 2
    assert first["score"] > first["n_best"][1]["score"]
    # Each of three tokens, EOS included, has a logit of 9 among 30, the others 0.
    assert first["score"] == pytest.approx(3 * (9 - np.log(np.exp(9) + 29)), rel=1e-3)
    assert blank == {"input": "", "answer": None, "score": None, "n_best": [], "remark": "is short"}
    assert last["remark"] == "is short"


def test_search_from_flags_changes_only_what_flags_name(tmp_path):
    default = Search(max_length=9, beam=4, length_penalty=0.6)
    parse()
    assert search_from_flags(default, has_attention=False) == default
    parse("--beam=7", "--nbest=3", "--max_length=5", f"--attention={tmp_path}/a.png")
    expected = Search(max_length=5, beam=7, n_best=3, length_penalty=0.6)
    assert search_from_flags(default, has_attention=True) == expected


def test_search_from_flags_takes_the_length_penalty_and_the_shortest_length():
    parse("--length_penalty=-1.5", "--min_length=4")
    expected = Search(max_length=9, min_length=5, beam=4, length_penalty=-1.5)  # EOS included
    assert search_from_flags(Search(max_length=9, beam=4), has_attention=False) == expected


def test_search_from_flags_limits_samples():
    parse("--sample=0.5", "--top_k=3", "--top_p=0.9")
    expected = Search(max_length=9, temperature=0.5, top_k=3, top_p=0.9)
    assert search_from_flags(Search(max_length=9), has_attention=False) == expected


def test_search_from_flags_samples_at_a_temperature_above_zero():
    default = Search(max_length=9, beam=4)
    parse("--sample=0.5", "--nbest=9")
    assert search_from_flags(default, has_attention=False) == Search(max_length=9, beam=4, n_best=9, temperature=0.5)
    parse("--sample=0", "--nbest=2")
    assert search_from_flags(default, has_attention=False) == Search(max_length=9, beam=4, n_best=2)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--nbest=2"], "--nbest=2 is more than the beam, 1; give --beam=2 too"),
        (["--sample=1", "--beam=2"], "--sample and --beam exclude each other"),
        (["--sample=nan"], "--sample is nan, but a temperature lies between 0.01 and 100"),
        (["--top_k=3"], "--top_k limits random draws; give --sample=1 too"),
        (["--top_p=0.5", "--sample=0"], "--top_p limits random draws"),
        (["--top_p=nan", "--sample=1"], "--top_p is nan, but must be above 0 and at most 1"),
        (["--length_penalty=1"], "--length_penalty ranks the hypotheses of a beam search; give --beam=5 too"),
        (["--length_penalty=1", "--sample=1"], "--length_penalty ranks the hypotheses of a beam search"),
        (["--length_penalty=nan", "--beam=2"], "--length_penalty is nan"),
        (["--min_length=9"], "--min_length=9 must be below the largest length, 9"),
        (["--min_length=5", "--max_length=5"], "--min_length=5 must be below the largest length, 5"),
        (["--attention=nowhere/a.png"], "--attention=nowhere/a.png is in a folder that does not exist"),
    ],
)
def test_search_from_flags_refuses_flags_that_do_not_fit(arguments, sentence):
    parse(*arguments)
    with pytest.raises(InputError) as error:
        search_from_flags(Search(max_length=9), has_attention=True)
    assert sentence in str(error.value)


def test_search_from_flags_refuses_attention_of_a_model_without_it():
    parse("--attention=a.png")
    with pytest.raises(InputError, match="--attention needs a model with attention"):
        search_from_flags(Search(max_length=9), has_attention=False)
