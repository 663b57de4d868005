"""The benchmark: its files, its errors, and that all subjects compute the same."""

import importlib
import importlib.util
import json

import numpy as np
import pytest

from experiments.benchmark import machine
from experiments.benchmark.cases import RIVALS, STACKED, VARIANTS, Case
from experiments.benchmark.report import markdown, table
from experiments.benchmark.suites import make_arrays, subjects
from experiments.benchmark.turns import check, records
from seqjax.errors import InputError
from tests.experiments.commands import run, run_each
from tests.marks import slow_but

SHAPE = (2, 6, 3, 4)
KEYS = {
    "suite",
    "cell",
    "mode",
    "shape",
    "dtype",
    "subject",
    "median_ms",
    "ratio",
    "spread",
    "ratios",
    "note",
    "commit",
}


def numbers(case, subject, arrays=None, function="layer", module=None):
    """The results of a subject, in this process."""
    module = importlib.import_module(f"experiments.benchmark.rivals.{module or subject}")
    given = make_arrays(case, is_quick=True) if arrays is None else arrays
    return getattr(module, function)(case, given, subject).numbers()


@pytest.mark.slow
def test_benchmark_measures_seqjax_and_flax_once(tmp_path):
    flags = ("--quick", "--rivals=flax_nnx", "--cells=elman", f"--workdir={tmp_path}")
    done = run("benchmark", *flags)
    assert done.returncode == 0, done.stderr
    measured = json.loads((tmp_path / "benchmark.json").read_text())
    assert [(r["mode"], r["subject"]) for r in measured] == [
        ("inference", "seqjax"),
        ("inference", "flax_nnx"),
        ("training", "seqjax"),
        ("training", "flax_nnx"),
    ]
    assert all(r.keys() >= KEYS and r["median_ms"] > 0 and r["shape"] == list(SHAPE) for r in measured)
    assert measured[0]["ratio"] is None  # without PyTorch
    assert measured[0]["ratios"].keys() == {"flax_nnx"}
    assert json.loads((tmp_path / "machine.json").read_text())["cores"] > 0
    assert "geometric mean, training" in (tmp_path / "benchmark.md").read_text()
    assert (tmp_path / "benchmark.png").stat().st_size > 0

    again = run("benchmark", *flags)
    assert again.returncode == 0, again.stderr
    assert "layers: elman" not in again.stdout
    assert json.loads((tmp_path / "benchmark.json").read_text()) == measured

    refused = run("benchmark", *flags[1:])
    assert refused.returncode == 2
    assert "holds measurements with" in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["memory", "compile"])
def test_suites_with_new_processes_in_each_round_are_measured(tmp_path, suite):
    done = run("benchmark", "--quick", "--rivals=", f"--suite={suite}", "--cells=lstm", f"--workdir={tmp_path}")
    assert done.returncode == 0, done.stderr
    measured = json.loads((tmp_path / "benchmark.json").read_text())
    assert [record["subject"] for record in measured] == (list(VARIANTS) if suite == "memory" else ["seqjax"])
    assert all(record["median_ms"] > 0 for record in measured)
    if suite == "memory":
        assert all(record["peak_mib"] >= record["base_mib"] > 0 for record in measured)


def test_mistyped_flag_ends_in_one_sentence(tmp_path):
    flags = {
        "--suite=layer": "--suite has 'layer', but there are layers, memory, ",
        "--rivals=tourch": "did you mean 'torch'?",
        "--cells=lstn": "--cells has 'lstn'",
        "--dtypes=float16": "--dtypes has 'float16'",
        "--shapes=32x128x256": "--shapes has '32x128x256', but a shape is B x T x D x H",
        "--shapes=32x128x0x256": "--shapes has '32x128x0x256'",
        "--rounds=0": "rounds",
    }
    workdir = f"--workdir={tmp_path / 'new'}"
    done = run_each([("benchmark", (flag, workdir), "") for flag in flags], tmp_path)
    for (flag, message), each in zip(flags.items(), done, strict=True):
        assert each.returncode == 2, flag
        assert message in each.stderr
        assert len(each.stderr.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_installed_lists_missing_rivals_on_standard_error(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "keras" else name)
    assert machine.installed(["torch", "keras"]) == ["torch"]
    assert capsys.readouterr().err == 'skipped: keras is not installed; pip install "seqjax[benchmark]"\n'


def test_subjects_leave_out_rivals_that_lack_the_cell():
    assert subjects(Case("layers", "gru", "training", SHAPE), list(RIVALS)) == [
        "seqjax",
        "torch",
        "flax_nnx",
        "flax_linen",
        "keras",
        "equinox",
    ]
    assert "equinox" not in subjects(Case("layers", "lstm" + STACKED, "training", SHAPE), list(RIVALS))
    assert subjects(Case("decode", "lstm greedy", "inference", SHAPE), ["torch", "keras"]) == ["seqjax", "torch"]


def test_check_refuses_a_subject_with_other_weights():
    case = Case("layers", "elman", "inference", SHAPE)
    arrays = make_arrays(case, is_quick=True)
    expected = numbers(case, "seqjax", arrays)
    check(case, "seqjax", {"seqjax": expected, "flax_nnx": numbers(case, "flax_nnx", arrays)})
    arrays["w_h_0"] = arrays["w_h_0"] * np.float32(1.001)
    other = numbers(case, "flax_nnx", arrays)
    with pytest.raises(InputError, match="flax_nnx and seqjax disagree in layers: elman, inference"):
        check(case, "seqjax", {"seqjax": expected, "flax_nnx": other})


@pytest.mark.parametrize("wrong", [np.zeros(4, np.float32), np.ones(3, np.float32), np.full(4, np.nan, np.float32)])
def test_check_refuses_other_numbers_in_float32_and_notes_them_in_bfloat16(wrong):
    numbers = {"seqjax": {"y": np.ones(4, np.float32)}, "torch": {"y": wrong}}
    with pytest.raises(InputError, match="torch and seqjax disagree"):
        check(Case("layers", "gru", "training", SHAPE), "seqjax", numbers)
    notes = check(Case("layers", "gru", "training", SHAPE, "bfloat16"), "seqjax", numbers)
    assert notes.keys() == {"torch"}


def test_records_have_medians_of_ratios_over_rounds():
    case = Case("layers", "gru", "training", SHAPE)
    ours, torch = records(case, {"seqjax": [2.0, 4.0, 9.0], "torch": [1.0, 2.0, 3.0]}, {"seqjax": {}, "torch": {}})
    assert (ours["median_ms"], ours["ratio"], ours["spread"]) == (4, 2, [2, 2.5])
    assert ours["ratios"] == {"torch": 2}
    assert torch["ratios"] == {"seqjax": 0.5}
    assert torch["ratio"] == 1


def test_table_has_geometric_means():
    listed = []
    for time, ours in ((6, 1.0), (7, 4.0)):
        case = Case("layers", "gru", "training", (2, time, 3, 4))
        listed += records(case, {"seqjax": [ours], "torch": [1.0]}, {"seqjax": {}, "torch": {}})
    rows = table(listed)
    assert rows["gru, training, 2x7x3x4, float32"]["/ torch"] == 4
    assert rows["geometric mean, training, float32"] == {"/ torch": pytest.approx(2)}
    assert "| gru, training, 2x7x3x4, float32 | 4 |" in markdown("layers", rows, ["/ torch"])


INSTALLED = [name for name, module in RIVALS.items() if importlib.util.find_spec(module) is not None]
PAIRS = [
    (name, cell, dtype)
    for name in INSTALLED
    for cell in ("elman", "gru", "lstm", "lstm" + STACKED)
    for dtype in ("float32", "bfloat16")
    if not Case("layers", cell, "training", SHAPE).lacks(name)
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("subject", "cell", "dtype"), slow_but(0, PAIRS))
def test_rivals_layers_equal_seqjax(subject, cell, dtype, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    kinds = [("layers", "inference", "layer"), ("layers", "training", "layer")]
    if not cell.endswith(STACKED):
        kinds.append(("latency", "inference", "stream"))
    for suite, mode, function in kinds:
        case = Case(suite, cell, mode, SHAPE if suite == "layers" else (1, *SHAPE[1:]), dtype)
        results = {name: numbers(case, name, function=function) for name in ("seqjax", subject)}
        assert check(case, "seqjax", results) == {}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rival", [name for name in ("torch", "keras") if name in INSTALLED])
@pytest.mark.parametrize("config", ["forecasting/demand", "classification/mr"])
def test_rivals_models_equal_seqjax(rival, config, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    case = Case("training", config, "training", SHAPE)
    arrays = make_arrays(case, is_quick=True)
    results = {name: numbers(case, name, arrays, "epoch", f"{name}_models") for name in ("seqjax", rival)}
    check(case, "seqjax", results)


@pytest.mark.slow
@pytest.mark.skipif("torch" not in INSTALLED, reason="torch is not installed")
@pytest.mark.parametrize("search", ["greedy", "beam 5"])
def test_pytorch_decoding_equals_seqjax(search):
    case = Case("decode", f"lstm {search}", "inference", SHAPE)
    check(case, "seqjax", {name: numbers(case, name, None, "decode", f"{name}_models") for name in ("seqjax", "torch")})
