"""The benchmark: what it writes, what it refuses, and that all subjects compute the same."""

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
    """What a subject computes, in this process."""
    module = importlib.import_module(f"experiments.benchmark.rivals.{module or subject}")
    given = make_arrays(case, is_quick=True) if arrays is None else arrays
    return getattr(module, function)(case, given, subject).numbers()


@pytest.mark.slow
def test_seqjax_is_measured_beside_flax_and_nothing_is_measured_twice(tmp_path):
    flags = ("--quick", "--rivals=flax_nnx", "--cells=elman", f"--workdir={tmp_path}")
    done = run("benchmark", *flags)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "benchmark.json").read_text())
    assert [(r["mode"], r["subject"]) for r in found] == [
        ("inference", "seqjax"),
        ("inference", "flax_nnx"),
        ("training", "seqjax"),
        ("training", "flax_nnx"),
    ]
    assert all(r.keys() >= KEYS and r["median_ms"] > 0 and r["shape"] == list(SHAPE) for r in found)
    assert found[0]["ratio"] is None  # PyTorch was not asked
    assert found[0]["ratios"].keys() == {"flax_nnx"}
    assert json.loads((tmp_path / "machine.json").read_text())["cores"] > 0
    assert "geometric mean, training" in (tmp_path / "benchmark.md").read_text()
    assert (tmp_path / "benchmark.png").stat().st_size > 0

    again = run("benchmark", *flags)
    assert again.returncode == 0, again.stderr
    assert "layers: elman" not in again.stdout
    assert json.loads((tmp_path / "benchmark.json").read_text()) == found

    refused = run("benchmark", *flags[1:])
    assert refused.returncode == 2
    assert "holds measurements with" in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["memory", "compile"])
def test_suites_with_new_processes_each_round(tmp_path, suite):
    done = run("benchmark", "--quick", "--rivals=", f"--suite={suite}", "--cells=lstm", f"--workdir={tmp_path}")
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "benchmark.json").read_text())
    assert [record["subject"] for record in found] == (list(VARIANTS) if suite == "memory" else ["seqjax"])
    assert all(record["median_ms"] > 0 for record in found)
    if suite == "memory":
        assert all(record["peak_mib"] >= record["base_mib"] > 0 for record in found)


def test_mistyped_flags_end_in_one_sentence(tmp_path):
    flags = {
        "--suite=layer": "--suite has 'layer', but there are layers, memory, ",
        "--rivals=tourch": "did you mean 'torch'?",
        "--cells=lstn": "--cells has 'lstn'",
        "--dtypes=float16": "--dtypes has 'float16'",
        "--shapes=32x128x256": "--shapes has '32x128x256', but a shape is B x T x input width x H",
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


def test_a_rival_that_is_not_installed_is_named(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "keras" else name)
    assert machine.installed(["torch", "keras"]) == ["torch"]
    assert capsys.readouterr().err == 'skipped: keras is not installed; pip install "seqjax[benchmark]"\n'


def test_who_cannot_compute_the_same_is_left_out():
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


def test_a_subject_with_other_weights_is_refused():
    case = Case("layers", "elman", "inference", SHAPE)
    arrays = make_arrays(case, is_quick=True)
    expected = numbers(case, "seqjax", arrays)
    check(case, "seqjax", {"seqjax": expected, "flax_nnx": numbers(case, "flax_nnx", arrays)})
    arrays["w_h_0"] = arrays["w_h_0"] * np.float32(1.001)
    other = numbers(case, "flax_nnx", arrays)
    with pytest.raises(InputError, match="flax_nnx does not compute what seqjax does in layers: elman, inference"):
        check(case, "seqjax", {"seqjax": expected, "flax_nnx": other})


@pytest.mark.parametrize("wrong", [np.zeros(4, np.float32), np.ones(3, np.float32), np.full(4, np.nan, np.float32)])
def test_other_numbers_are_refused_in_float32_and_noted_in_bfloat16(wrong):
    found = {"seqjax": {"y": np.ones(4, np.float32)}, "torch": {"y": wrong}}
    with pytest.raises(InputError, match="torch does not compute"):
        check(Case("layers", "gru", "training", SHAPE), "seqjax", found)
    notes = check(Case("layers", "gru", "training", SHAPE, "bfloat16"), "seqjax", found)
    assert notes.keys() == {"torch"}


def test_ratios_are_medians_over_rounds():
    case = Case("layers", "gru", "training", SHAPE)
    ours, torch = records(case, {"seqjax": [2.0, 4.0, 9.0], "torch": [1.0, 2.0, 3.0]}, {"seqjax": {}, "torch": {}})
    assert (ours["median_ms"], ours["ratio"], ours["spread"]) == (4, 2, [2, 2.5])
    assert ours["ratios"] == {"torch": 2}
    assert torch["ratios"] == {"seqjax": 0.5}
    assert torch["ratio"] == 1


def test_tables_have_geometric_means():
    found = []
    for time, ours in ((6, 1.0), (7, 4.0)):
        case = Case("layers", "gru", "training", (2, time, 3, 4))
        found += records(case, {"seqjax": [ours], "torch": [1.0]}, {"seqjax": {}, "torch": {}})
    rows = table(found)
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
def test_rivals_compute_the_same(subject, cell, dtype, monkeypatch, quick_compilation):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    kinds = [("layers", "inference", "layer"), ("layers", "training", "layer")]
    if not cell.endswith(STACKED):
        kinds.append(("latency", "inference", "stream"))
    for suite, mode, function in kinds:
        case = Case(suite, cell, mode, SHAPE if suite == "layers" else (1, *SHAPE[1:]), dtype)
        found = {name: numbers(case, name, function=function) for name in ("seqjax", subject)}
        assert check(case, "seqjax", found) == {}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rival", [name for name in ("torch", "keras") if name in INSTALLED])
@pytest.mark.parametrize("config", ["forecast_demand", "sentiment_mr"])
def test_models_of_rivals_compute_the_same(rival, config, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    case = Case("training", config, "training", SHAPE)
    arrays = make_arrays(case, is_quick=True)
    found = {name: numbers(case, name, arrays, "epoch", f"{name}_models") for name in ("seqjax", rival)}
    check(case, "seqjax", found)


@pytest.mark.slow
@pytest.mark.skipif("torch" not in INSTALLED, reason="torch is not installed")
@pytest.mark.parametrize("search", ["greedy", "beam 5"])
def test_pytorch_decodes_the_same(search):
    case = Case("decode", f"lstm {search}", "inference", SHAPE)
    check(case, "seqjax", {name: numbers(case, name, None, "decode", f"{name}_models") for name in ("seqjax", "torch")})
