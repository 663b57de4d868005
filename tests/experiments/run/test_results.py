"""Results of a test: what is not finite is left out and named, and every file is strict JSON."""

import json
import math

import pytest

from experiments.run import results
from experiments.run.comparison import write_comparison
from experiments.run.results import write_results
from seqjax.errors import InputError


def strict(path):
    return json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_measures_that_are_not_finite_are_left_out_and_named(tmp_path, capsys):
    table = {"model": {"mae": 1.0, "mase": math.nan}, "last value": {"mae": math.inf, "mase": 2.0}}
    extra = {"by_step": [0.5, math.nan], "coverage": -math.inf, "curves": {"a": {"x": math.nan, "y": 1}}, "none": None}
    flat = write_results(tmp_path, results.TestResult(table, extra))
    left = {"mae": 1.0, "by_step": [0.5, None], "curves": {"a": {"y": 1}}, "none": None, "last_value_mase": 2.0}
    assert flat == strict(tmp_path / "test.json") == left
    assert strict(tmp_path / "table.json") == {"model": {"mae": 1.0}, "last value": {"mase": 2.0}}
    out, err = capsys.readouterr()
    left_out = "model mase, last value mae, by_step, coverage, curves a x"
    assert err == f"not finite, so left out of the results: {left_out}\n"
    assert "nan" not in out
    assert "inf" not in out


def test_finite_results_are_written_as_they_are_without_a_remark(tmp_path, capsys):
    result = results.TestResult({"model": {"mae": 1.0, "n": 3}}, {"words": ["a"], "split": (1, 2)})
    assert write_results(tmp_path, result) == {"mae": 1.0, "n": 3, "words": ["a"], "split": [1, 2]}
    assert capsys.readouterr().err == ""


def folder(path, **measures):
    path.mkdir(parents=True)
    (path / "table.json").write_text(json.dumps({"model": measures}))
    (path / "test.json").write_text("{}")
    return path


def test_comparison_has_the_measures_that_every_seed_has(tmp_path):
    both = [folder(tmp_path / "a0", mae=1.0, mase=2.0), folder(tmp_path / "a1", mae=3.0)]
    write_comparison(tmp_path, {"a": both, "b": [folder(tmp_path / "b0", mase=4.0)]})
    rows = strict(tmp_path / "sweep.json")
    assert (rows["a"]["mae"], rows["b"]) == (2.0, {"mase": 4.0})
    assert "mase" not in rows["a"]


def test_comparison_without_a_measure_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no variant in .* has a measure that is finite"):
        write_comparison(tmp_path, {"a": [folder(tmp_path / "a0")]})
