"""Records of a run."""

import json

import pytest

from seqjax.training import writer
from seqjax.training.writer import MetricWriter, read_metrics, write_text


def without_times(workdir) -> list[dict[str, float]]:
    """The records without the time of the run."""
    times = ("wall_seconds", "cpu_seconds")
    return [{name: x for name, x in record.items() if name not in times} for record in read_metrics(workdir)]


def test_records_go_on_from_the_step_of_a_resumed_run(tmp_path):
    first = MetricWriter(tmp_path, step=0)
    for step in (5, 10, 15):
        first.write(step, loss=1 / step)
    first.close()
    second = MetricWriter(tmp_path, step=10)
    second.write(15, loss=7.0)
    second.close()
    assert without_times(tmp_path) == [
        {"step": 5, "loss": 1 / 5},
        {"step": 10, "loss": 1 / 10},
        {"step": 15, "loss": 7.0},
    ]
    assert list((tmp_path / "tensorboard").glob("events.out.tfevents.*"))


def test_time_adds_up_over_sessions_and_leaves_out_steps_that_are_done_again(tmp_path, monkeypatch):
    now = {"perf_counter": 100.0, "process_time": 7.0}
    for clock in now:
        monkeypatch.setattr(writer.time, clock, lambda clock=clock: now[clock])

    def session(step, *records):
        metrics = MetricWriter(tmp_path, step)
        for record, wall, cpu in records:
            now["perf_counter"] += wall
            now["process_time"] += cpu
            metrics.write(record, loss=0.0)
        metrics.close()

    session(0, (5, 3, 2), (10, 4, 3), (15, 50, 40))
    now["perf_counter"] += 1000  # between the sessions
    session(10, (15, 2, 1))
    records = [(each["step"], each["wall_seconds"], each["cpu_seconds"]) for each in read_metrics(tmp_path)]
    assert records == [(5, 3, 2), (10, 7, 5), (15, 9, 6)]


def test_measures_that_are_not_finite_are_left_out(tmp_path):
    metrics = MetricWriter(tmp_path, step=0)
    metrics.write(1, loss=float("nan"), other=2.0, ratio=-float("inf"))
    metrics.close()
    (line,) = (tmp_path / "metrics.jsonl").read_text().splitlines()
    record = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert {name: record[name] for name in record if not name.endswith("seconds")} == {"step": 1, "other": 2.0}


def test_incomplete_last_line_is_dropped(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    assert read_metrics(tmp_path) == [{"step": 1, "loss": 2.0}]
    MetricWriter(tmp_path, step=5).close()
    assert [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [
        {"step": 1, "loss": 2.0}
    ]


def test_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
