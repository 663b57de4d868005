"""What a run writes down."""

import json

import pytest

from seqjax.training.writer import MetricWriter, read_metrics, write_text


def test_records_come_back_and_go_on_after_the_step_of_a_resumed_run(tmp_path):
    writer = MetricWriter(tmp_path, step=0)
    for step in (5, 10, 15):
        writer.write(step, loss=1 / step)
    writer.close()
    writer = MetricWriter(tmp_path, step=10)
    writer.write(15, loss=7.0)
    writer.close()
    assert read_metrics(tmp_path) == [
        {"step": 5, "loss": 1 / 5},
        {"step": 10, "loss": 1 / 10},
        {"step": 15, "loss": 7.0},
    ]
    assert list((tmp_path / "tensorboard").glob("events.out.tfevents.*"))


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.0}\n{"step": 2, "lo')
    assert read_metrics(tmp_path) == [{"step": 1, "loss": 2.0}]
    MetricWriter(tmp_path, step=5).close()
    assert [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [
        {"step": 1, "loss": 2.0}
    ]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
