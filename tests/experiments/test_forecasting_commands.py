"""Forecasts of a history on standard input, as a user meets them."""

import csv
import io
import json
import math
from pathlib import Path

import pytest

from tests.experiments.commands import run, run_each, trained


def history(rows: int, holidays: bool = True, future: int = 0) -> str:
    """A CSV file of half hours; the last ``future`` rows give the holiday alone."""
    lines = ["Time,Temperature,Demand" + ",Holiday" * holidays]
    for row in range(rows + future):
        stamp = f"2024-02-{1 + row // 48:02}T{row // 2 % 24:02}:{30 * (row % 2):02}:00Z"
        known = f"20,{4000 + 500 * math.sin(row / 7.64):.1f}" if row < rows else ","
        lines.append(f"{stamp},{known}" + ",TRUE" * (holidays and row >= rows) + ",FALSE" * (holidays and row < rows))
    return "\n".join(lines) + "\n"


def test_train_prints_what_it_read_before_it_trains():
    lines = Path(f"{trained('forecasting/demand')}.out").read_text().splitlines()
    assert lines[:3] == [
        "the generated series: 5,760 rows, one every 30 minutes, from 2024-01-01T00:00:00Z to 2024-04-29T23:30:00Z",
        "targets: Demand",
        "covariates, past alone: Temperature",
    ]
    assert lines[5].startswith("training part: 4,320 rows, from 2024-01-01T00:00:00Z to 2024-03-30T23:30:00Z; 3,937 w")


def test_predict_continues_the_time_stamps_with_rising_quantiles():
    done = run("predict", f"--workdir={trained('forecasting/demand')}", stdin=history(400))
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == ["Time", "Demand p10", "Demand p50", "Demand p90"]
    assert len(rows) == 48
    assert rows[0]["Time"] == "2024-02-09T08:00:00Z"
    assert rows[-1]["Time"] == "2024-02-10T07:30:00Z"
    for row in rows:
        low, middle, high = (float(row[f"Demand {name}"]) for name in ("p10", "p50", "p90"))
        assert low < middle < high
    assert "Holiday is not given for 48 of the 48 rows to come; taken as 0" in done.stderr


def test_predict_writes_the_forecast_as_json_and_reads_a_byte_order_mark(tmp_path):
    workdir = f"--workdir={trained('forecasting/demand')}"
    text = history(400).encode("utf-8-sig")
    table, lines = run_each([("predict", [workdir, *more], text) for more in ([], ["--format=jsonl"])], tmp_path)
    assert lines.returncode == 0, lines.stderr
    for row, line in zip(csv.DictReader(io.StringIO(table.stdout)), lines.stdout.splitlines(), strict=True):
        found = json.loads(line)
        assert found["time"] == row.pop("Time")
        assert [*found["answer"]] == ["Demand"]
        for name, value in found["answer"]["Demand"].items():
            assert value == pytest.approx(float(row.pop(f"Demand {name}")), rel=1e-6)
        assert not row


@pytest.mark.slow
def test_predict_reads_the_known_future_and_ignores_empty_lines(tmp_path):
    histories = history(400, future=48), history(400, future=48).replace("\n", "\n\n"), history(400)
    flags = [f"--workdir={trained('forecasting/demand')}"]
    plain, spaced, usual = run_each([("predict", flags, each) for each in histories], tmp_path)
    assert plain.stderr == ""
    assert plain.stdout == spaced.stdout
    assert plain.stdout != usual.stdout  # holidays are not like other days


@pytest.mark.slow
def test_history_that_cannot_be_used_is_one_sentence(tmp_path):
    cases = [
        ("", "standard input is empty"),
        (
            history(400).replace("Holiday", "Größe").encode("latin-1"),
            "is no UTF-8 text (line 1); save it in UTF-8, or set data.encoding",
        ),
        (history(100), "has a history of 100 rows, but the model looks back 336"),
        (history(400, holidays=False), "has no column 'Holiday'; it has 'Time', 'Temperature', 'Demand'"),
        ("\n".join(history(800).splitlines()[0::2]), "has a row every 1 hour"),
        (b"Time,Demand\n\xff\xfe", "standard input is no UTF-8 text"),
        (history(400).replace("Z,", ","), "gives times without a zone, but the model was trained on times with one"),
        (history(400) + history(400).splitlines()[-1] + "\n", "is also in line 401; keep one of them"),
        (history(400).replace("20,4", ",4"), "column 'Temperature': the value is missing"),
    ]
    flags = [f"--workdir={trained('forecasting/demand')}"]
    done = run_each([("predict", flags, stdin) for stdin, _ in cases], tmp_path)
    for each, (_, sentence) in zip(done, cases, strict=True):
        assert each.returncode == 2, each.stderr
        assert sentence in each.stderr
        *warnings, last = each.stderr.splitlines()
        assert last.startswith("error: ")
        assert all("Holiday is not given" in warning or "rows are sorted" in warning for warning in warnings)
        assert each.stdout == ""


def test_flag_of_another_task_is_refused():
    done = run("predict", f"--workdir={trained('forecasting/demand')}", "--beam=3")
    assert done.returncode == 2
    assert done.stderr == ("error: --beam does not go with the task 'forecasting', which knows --format\n")
