"""Records of runs, the tables that are filled from them, and the numbers in the docstrings of configs."""

import json
import re
import statistics

import pytest

from experiments.run.flags import config_module
from experiments.run.records import command_line
from experiments.tables import documents, fill, load_records, lookup
from seqjax.errors import InputError
from tests.experiments.commands import ROOT, run_each, trained

RECORDS = load_records(ROOT / "docs" / "results")
CONFIGS = [str(path.relative_to(ROOT / "configs").with_suffix("")) for path in sorted(ROOT.glob("configs/*/*.py"))]
NUMBER = re.compile(r"(?<![\w.])\d*\.\d+(?:e-?\d+)?(?![\w.]*\d)")


def test_record_holds_command_config_machine_time_and_measures(tmp_path):
    workdir = trained("long_range/adding")
    sweep = tmp_path / "sweep" / "small_net" / "seed0"
    sweep.parent.mkdir(parents=True)
    sweep.symlink_to(workdir)
    flags = [f"--out={tmp_path / 'results'}"]
    cases = [
        [f"--workdir={workdir}"],
        [f"--workdir={workdir}", "--variant=my net"],
        [f"--workdir={tmp_path / 'sweep'}"],
    ]
    done = run_each([("record", [*case, *flags], "") for case in cases], tmp_path, cwd=ROOT)
    names = ["adding-quick-seed0", "adding-quick-my_net-seed0", "adding-quick-small_net-seed0"]
    for each, name in zip(done, names, strict=True):
        assert each.returncode == 0, each.stderr
        assert each.stdout.strip() == f"{tmp_path}/results/long_range/{name}.json"
    written = json.loads((tmp_path / "results" / "long_range" / "adding-quick-seed0.json").read_text())
    assert written["config"] == "configs/long_range/adding.py:quick"
    assert written["command"] == "python -m experiments.train --config=configs/long_range/adding.py:quick"
    assert (written["variant"], written["seed"], written["steps"]) == ("", 0, 20)
    assert written["resolved"]["data"]["problem"] == "adding"
    assert written["measures"] == json.loads((workdir / "table.json").read_text())
    assert written["parameters"] == written["measures"]["model"]["parameters"]
    assert 0 < written["milliseconds_per_step"] < 1000 * written["wall_seconds"]
    assert written["cpu_seconds"] > 0
    assert written["machine"]["cores"] > 0
    assert written["commit"]
    assert written["versions"]["jax"]
    assert str(tmp_path) not in json.dumps(written)
    assert str(ROOT) not in json.dumps(written)


def test_record_names_files_without_the_folders_of_the_machine():
    arguments = [
        "--workdir=/home/me/runs/jsb",
        "--config=/home/me/seqjax/configs/music/jsb.py",
        "--config.data.path=/data/music/JSB.mat",
        "--config.data.test_path=~/a/b.csv",
        "--config.data.files=('../x/c.csv','/y/d.csv')",
        "--config.data.member=archive.tar.gz/test",
    ]
    assert command_line(arguments) == (
        "python -m experiments.train --config=configs/music/jsb.py --config.data.path=JSB.mat "
        "--config.data.test_path=b.csv --config.data.files=('c.csv','d.csv') --config.data.member=archive.tar.gz/test"
    )


def test_record_of_changed_keys_needs_a_name_and_a_run_has_to_be_finished(tmp_path):
    about = json.loads((trained("long_range/adding") / "config.json").read_text())
    about["config"]["model"]["cell"] = "lstm" if about["config"]["model"]["cell"] != "lstm" else "gru"
    (tmp_path / "config.json").write_text(json.dumps(about))
    cases = [("record", [f"--workdir={tmp_path}", f"--out={tmp_path / 'results'}"], "")]
    (unfinished,) = run_each(cases, tmp_path, cwd=ROOT)
    (tmp_path / "test.json").write_text("{}")
    (changed,) = run_each(cases, tmp_path, cwd=ROOT)
    assert (unfinished.returncode, changed.returncode) == (2, 2)
    assert "holds no finished run (no test.json)" in unfinished.stderr
    assert "changes model.cell; name its record with --variant=NAME" in changed.stderr
    assert not (tmp_path / "results").exists()


def test_table_is_filled_from_records():
    records = {
        "music/jsb-seed0": {
            "parameters": 12345,
            "cpu_seconds": 90,
            "measures": {"model": {"nll": 8.0}, "last": {"nll": 9}},
        },
        "music/jsb-seed1": {"measures": {"model": {"nll": 8.5}}},
    }
    text = """Before.
<!-- results:
| model | nll {nll:.2f} | twice {nll:.1f}/{nll:.0e} | own | size {parameters:,} | time {cpu_seconds:min} |
|---|---|---|---|---|---|
| LSTM {music/jsb-seed*} | | | 7.1 | | |
| one seed {music/jsb-seed0} | | - | {music/jsb-seed1, nll:.1f} | | |
| last frame {music/jsb-seed0, last} | | | {music/jsb-seed0, last, nll:.1f} | | |
-->
stale
<!-- end -->
After.
"""
    rows = """| model | nll | twice | own | size | time |
|---|---|---|---|---|---|
| LSTM | 8.25 | 8.2/8e+00 | 7.1 |  |  |
| one seed | 8.00 | - | 8.5 | 12,345 | 1.5 min |
| last frame | 9.00 | 9.0/9e+00 | 9.0 |  |  |
"""
    assert fill(text, records) == text.replace("stale\n", rows)
    assert fill(fill(text, records), records) == fill(text, records)
    outdated = records | {"music/jsb-seed1": records["music/jsb-seed1"] | {"outdated": "other splits since"}}
    assert "| one seed | 8.00 | - | 8.5† |" in fill(text, outdated)
    with pytest.raises(InputError, match="no record 'music/jsb-seed9'"):
        fill(text.replace("jsb-seed1", "jsb-seed9"), records)
    with pytest.raises(InputError, match="record 'music/jsb-seed1' has no baseline 'last'"):
        fill(text.replace("{music/jsb-seed1, nll", "{music/jsb-seed1, last, nll"), records)
    with pytest.raises(InputError, match=r"a table has 6 columns, but not in its row '\| LSTM"):
        fill(text.replace("| 7.1 ", ""), records)


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_committed_tables_are_those_of_the_records(path):
    """If this fails, run ``python -m experiments.tables``."""
    text = path.read_text(encoding="utf-8")
    assert fill(text, RECORDS) == text


def test_records_name_a_config_that_exists_and_no_folder_of_a_machine():
    for name, each in RECORDS.items():
        assert (ROOT / each["config"].partition(":")[0]).exists(), name
        assert not re.search(r'"[~/]|=[~/]|/(home|tmp|root|Users)/', json.dumps(each)), name


def test_number_pattern_finds_decimals_only():
    text = "Ours, seed 0: .371/.391, 138.9 MW, 5.3e-5, on 2 cores; v0.10.2, 12,683."
    assert NUMBER.findall(text) == [".371", ".391", "138.9", "5.3e-5"]


@pytest.mark.parametrize("config", CONFIGS)
def test_numbers_after_ours_in_the_docstring_of_a_config_are_in_its_records(config):
    """From the word "Ours" to the next blank line, a number with a decimal point has to be one of a record.

    It is a measure of the model or a baseline, as it stands or in percent, a number of the record itself, or the mean
    over seeds of either, rounded to the digits that are shown.
    """
    records = [RECORDS[name] for name in RECORDS if re.match(rf"{config}(-|$)", name)]
    assert records, f"{config} has no record"
    values = [value for each in records for value in numbers(each)]
    values += [statistics.fmean(same) for same in seeds(records)]
    for paragraph in re.findall(
        r"\bOurs\b.*?(?:\n\n|\Z)", config_module(f"{ROOT}/configs/{config}.py")[0].__doc__, re.S
    ):
        for text in NUMBER.findall(paragraph):
            assert any(is_rounded(text, value) for value in values), f"{text} is in no record of {config}"


def numbers(of_run) -> list[float]:
    own = [value for value in of_run.values() if isinstance(value, int | float)]
    return own + [value for measures in of_run["measures"].values() for value in measures.values()]


def seeds(records) -> list[list[float]]:
    """The values of each measure over the seeds of one config and variant."""
    groups: dict[tuple[str, ...], list[float]] = {}
    for each in records:
        for model, measures in each["measures"].items():
            for measure in measures:
                key = (each["config"], each["variant"], model, measure)
                groups.setdefault(key, []).append(lookup(each, model, measure))
    return [group for group in groups.values() if len(group) > 1]


def is_rounded(text: str, value: float) -> bool:
    """True if ``text`` is ``value``, or ``value`` in percent, rounded to the digits of the text."""
    digits = len(text.partition("e")[0].partition(".")[2]) - int(text.partition("e")[2] or 0)
    return any(abs(float(text) - scaled) <= 0.5001 * 10.0**-digits for scaled in (value, 100 * value))
