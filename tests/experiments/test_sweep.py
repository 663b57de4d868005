"""Sweeps: the comparison of variants, from the results of their runs."""

import json

import pytest

from experiments import sweep
from experiments.run.comparison import compare


def table(loss: float, baseline: float = 3.0) -> dict[str, dict[str, float]]:
    return {"model": {"loss": loss, "f1": loss / 4}, "last value": {"loss": baseline}}


def test_comparison_has_means_and_standard_deviations_over_seeds():
    rows = compare({"a": [table(1.0), table(2.0), table(3.0)], "b": [table(5.0)]})
    assert rows["a"] == pytest.approx({"loss": 2.0, "f1": 0.5, "loss sd": 1.0, "f1 sd": 0.25})
    assert rows["b"] == {"loss": 5.0, "f1": 1.25}


def test_baseline_is_one_row_where_all_variants_agree_and_otherwise_one_each():
    assert list(compare({"a": [table(1.0)], "b": [table(2.0)]})) == ["a", "b", "last value"]
    rows = compare({"a": [table(1.0, 3.0)], "b": [table(2.0, 4.0)]})
    assert list(rows) == ["a", "b", "last value, a", "last value, b"]
    assert rows["last value, b"] == {"loss": 4.0}


def test_report_plots_the_scores_by_length_of_the_first_seed(tmp_path, monkeypatch, capsys):
    curves = {}
    monkeypatch.setattr(sweep, "_variants", lambda: {"small net": {"model.width": 3}, "b": {}})
    monkeypatch.setattr("seqjax.plots.text.plot_score_by_length", lambda path, given: curves.update({path: given}))
    sweep.flags.FLAGS(["sweep", f"--workdir={tmp_path}", "--seeds=2"])
    trained = []

    def train(folder, overrides):
        trained.append(overrides)
        folder.mkdir(parents=True)
        (folder / "table.json").write_text(json.dumps(table(len(trained))))
        (folder / "test.json").write_text(json.dumps({"loss": 1.0, "score_by_length": {"bleu": [len(trained)]}}))

    monkeypatch.setattr(sweep, "_train", train)
    sweep.main()
    assert trained == [{"model.width": 3, "seed": 0}, {"model.width": 3, "seed": 1}, {"seed": 0}, {"seed": 1}]
    assert (tmp_path / "small_net" / "seed1").is_dir()
    assert curves == {tmp_path / "score_by_length.png": {"small net": {"bleu": [1]}, "b": {"bleu": [3]}}}
    assert json.loads((tmp_path / "sweep.json").read_text())["b"]["loss"] == 3.5
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert f"{tmp_path}: sweep.json, sweep.png, score_by_length.png" in capsys.readouterr().out
