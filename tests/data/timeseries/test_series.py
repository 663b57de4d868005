"""Series from CSV text, and the one sentence for text that is no series."""

import numpy as np
import pytest

from seqjax.data.timeseries.series import Series, parse_series, read_series
from seqjax.data.timeseries.timestamps import step_name
from seqjax.errors import InputError

HOURS = ["t,a,b", "2024-01-01 00:00,1,2", "2024-01-01 01:00,3,4", "2024-01-01 02:00,5,6"]


def parse(lines: list[str], columns: tuple[str, ...] = ("a",), **options: str) -> Series:
    return parse_series([line + "\n" for line in lines], name="x.csv", time_column="t", columns=columns, **options)


def test_parse_series_reads_columns_by_name_in_the_order_given():
    series = parse(HOURS, ("b", "a"))
    np.testing.assert_array_equal(series.values, [[2, 1], [4, 3], [6, 5]])
    assert series.step == np.timedelta64(3600, "s")
    np.testing.assert_array_equal(series.column("a"), [1, 3, 5])


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_parse_series_splits_cells_at_semicolons_and_tabs_too(delimiter):
    series = parse([line.replace(",", delimiter) for line in HOURS])
    np.testing.assert_array_equal(series.values[:, 0], [1, 3, 5])


def test_parse_series_skips_empty_lines_but_counts_them():
    with pytest.raises(InputError, match="line 5, column 'a': 'x' is not a number"):
        parse([HOURS[0], HOURS[1], "", HOURS[2], "2024-01-01 02:00,x,1"])


def test_parse_series_counts_empty_lines_before_the_header():
    with pytest.raises(InputError, match="line 4, column 'a': 'x' is not a number"):
        parse(["", HOURS[0], HOURS[1], "2024-01-01 01:00,x,1"])


@pytest.mark.parametrize(
    ("step", "name"),
    [("1800s", "30 minutes"), ("3600s", "1 hour"), ("86400s", "1 day"), ("604800s", "7 days"), ("90s", "90 seconds")],
)
def test_step_name_is_a_span_in_words(step, name):
    assert step_name(np.timedelta64(int(step[:-1]), "s")) == name
    assert step_name(np.timedelta64(12, "M")) == "12 months"


def test_parse_series_reads_quoted_cells_booleans_and_missing_values():
    series = parse(["t,a", '"2024-01-01","1.5"', "2024-01-02,TRUE", "2024-01-03,", "2024-01-04,NA"])
    np.testing.assert_array_equal(series.values[:, 0], [1.5, 1, np.nan, np.nan])


def test_parse_series_fills_a_gap_with_missing_rows():
    series = parse([*HOURS[:3], "2024-01-01 03:00,5,6"], ("a", "b"))
    np.testing.assert_array_equal(series.values, [[1, 2], [3, 4], [np.nan, np.nan], [5, 6]])
    with pytest.raises(InputError, match="after line 3 the row for 2024-01-01 02:00 is missing"):
        series.require_complete()


def test_parse_series_converts_zones_to_utc():
    series = parse(["t,a", "2024-01-01T10:00+10:00,1", "2024-01-01T10:30+10:00,2"])
    assert series.times[0] == np.datetime64("2024-01-01T00:00:00")


@pytest.mark.parametrize(
    ("stamps", "following"),
    [
        (["2024-01-01 00:00", "2024-01-01 00:30"], ["2024-01-01 01:00", "2024-01-01 01:30"]),
        (["2024-01-01T00:00:00Z", "2024-01-01T06:00:00Z"], ["2024-01-01T12:00:00Z", "2024-01-01T18:00:00Z"]),
        (["2024-01-01T22:00:00+10:00", "2024-01-01T23:00:00+10:00"], ["2024-01-02T00:00:00+10:00"]),
        (["2024-02-28", "2024-02-29"], ["2024-03-01"]),
        (["2023-11-01", "2023-12-01", "2024-01-01"], ["2024-02-01", "2024-03-01", "2024-04-01"]),
        (["2023-12-31", "2024-01-31", "2024-02-29"], ["2024-03-31", "2024-04-30"]),
        (["2023-03-31", "2023-06-30", "2023-09-30"], ["2023-12-31", "2024-03-31"]),
        (["2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01"], ["2025-01-01"]),
    ],
)
def test_times_after_continue_in_the_step_and_style_of_the_series(stamps, following):
    series = parse(["t,a", *(f"{stamp},1" for stamp in stamps)])
    assert [series.style.write(time) for time in series.times_after(len(following))] == following
    assert [series.style.write(time) for time in series.times] == stamps


def test_time_format_is_read_and_written():
    series = parse(["t,a", "31/01/24 10h,1", "31/01/24 11h,2"], time_format="%d/%m/%y %Hh")
    assert series.style.write(series.times_after(1)[0]) == "31/01/24 12h"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "x.csv is empty"),
        (["", "  "], "x.csv is empty"),
        (["t,a"], "has 0 rows; a series needs two or more"),
        (["t,c", "2024-01-01,1"], "has no column 'a'; it has 't', 'c'"),
        (["u,a", "2024-01-01,1"], "has no column 't'"),
        (["t,a", "2024-01-01,1", "2024-01-02,two"], "line 3, column 'a': 'two' is not a number"),
        (["t,a", "2024-01-01,1", "2024-01-02,inf"], "line 3, column 'a': 'inf' is not a number"),
        (["t,a", "2024-01-01,1", "soon,2"], "line 3, column 't': 'soon' is not a time stamp in ISO 8601"),
        (["t,a", "2024-01-01,1", "2024-01-02"], "line 3 has 1 cells, but the header has 2"),
        (["t,a", "2024-01-01,1", "2024-01-01,2"], "line 3: time stamp 2024-01-01 is the same as the line above"),
        (["t,a", "2024-01-02,1", "2024-01-01,2"], "line 3: time stamp 2024-01-01 is before that of the line above"),
        ([*HOURS, "2024-01-01 02:17,1,2"], "line 5: time stamp 2024-01-01 02:17 is off the grid"),
        (["t,a", "2024-01-01T00:00Z,1", "2024-01-01T01:00,2"], "line 3: time stamps with and without a zone"),
        (["t,a", "2024-01-01 00:00,1", "2024-01-01 00:01,1", "2024-12-01 00:01,1"], "more than 99 of 100 rows"),
        (["t,a", '2024-01-01,"1'], "is no CSV text"),
    ],
)
def test_parse_series_rejects_a_fault_in_one_sentence(lines, sentence):
    with pytest.raises(InputError) as caught:
        parse(lines)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_read_series_rejects_a_file_in_one_sentence_and_takes_a_byte_order_mark(tmp_path):
    def read(path):
        return read_series(path, time_column="t", columns=("a",))

    with pytest.raises(InputError, match="there is no file"):
        read(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)
    (tmp_path / "binary.csv").write_bytes(b"t,a\n\xff\xfe\x00\n")
    with pytest.raises(InputError, match=r"binary.csv is no UTF-8 text"):
        read(tmp_path / "binary.csv")
    (tmp_path / "marked.csv").write_bytes(b"\xef\xbb\xbft,a\r\n2024-01-01,1\r\n2024-01-02,2\r\n")
    assert len(read(tmp_path / "marked.csv")) == 2
