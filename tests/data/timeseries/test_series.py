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


def test_the_smaller_of_two_equally_frequent_steps_is_the_step():
    series = parse(["t,a", "2024-01-01,1", "2024-01-03,3", "2024-01-04,4"])
    np.testing.assert_array_equal(series.values[:, 0], [1, np.nan, 3, 4])


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
        (["1949-11", "1949-12"], ["1950-01", "1950-02"]),
        (["2024-01-01T00:00:10+01:00", "2024-01-01T00:00:20+01:00"], ["2024-01-01T00:00:30+01:00"]),
    ],
)
def test_times_after_continue_in_the_step_and_style_of_the_series(stamps, following):
    series = parse(["t,a", *(f"{stamp},1" for stamp in stamps)])
    assert [series.style.write(time) for time in series.times_after(len(following))] == following
    assert [series.style.write(time) for time in series.times] == stamps


@pytest.mark.parametrize(
    ("stamps", "following"),
    [
        (["2024-01-01T00:00:10+01", "2024-01-01T00:00:20+01"], "2024-01-01T00:00:30+01:00"),  # seconds are kept
        (["2024-01-01T00:10+0100", "2024-01-01T00:20+0100"], "2024-01-01T00:30+01:00"),
        (["2024-01-01 00:00:00.000", "2024-01-01 00:00:10.000"], "2024-01-01 00:00:20"),
        (["20240101T0000", "20240101T0100"], "2024-01-01T02:00:00"),
        (["20240101", "20240102"], "2024-01-03"),
        (["2024-W01-1", "2024-W02-1"], "2024-01-15"),
        (["2023-12-31 23:00:00", "2024-01-01"], "2024-01-01 01:00:00"),  # midnight as a date alone
    ],
)
def test_forecasts_of_stamps_in_another_form_are_written_in_full(stamps, following):
    series = parse(["t,a", *(f"{stamp},1" for stamp in stamps)])
    assert series.style.write(series.times_after(1)[0]) == following


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
        (["t,a", "2024-01-01,1", '2024-01-02,"1.234,5"'], "'1.234,5' is not a number; write a decimal point"),
        (["t,a", "2024-01-01,1", "soon,2"], "line 3, column 't': 'soon' is not a time stamp in ISO 8601"),
        (["t,a", "2024-01-01,1", "2024-01-02"], "line 3 has 1 cells, but the header has 2"),
        (["t,a", "2024-01-01,1", "2024-01-01,2"], "line 3: time stamp 2024-01-01 is the same as the line above"),
        (["t,a", "2024-01-02,1", "2024-01-01,2"], "line 3: time stamp 2024-01-01 is before that of the line above"),
        ([*HOURS, "2024-01-01 02:17,1,2"], "line 5: time stamp 2024-01-01 02:17 is off the grid"),
        (["t,a", "2024-01-01T00:00Z,1", "2024-01-01T01:00,2"], "line 3: time stamps with and without a zone"),
        (["t,a", "2024-01-01 00:00,1", "2024-01-01 00:01,1", "2024-12-01 00:01,1"], "more than 99 of 100 rows"),
        (["t,a", '2024-01-01,"1'], "the row that begins in line 2 is no CSV text"),
        (["t,a", "2024-01-01,1", "", '2024-01-02,"1', "2024-01-03,1", "2024-01-04,1"], "begins in line 4 is no CSV"),
        (["t,a", "2024-01-01,1", '2024-01-02,"1', '2024-01-03,1"', "2024-01-04,1"], r"line 3, column 'a': '1\n2024-"),
        (["t,a", "2024-01-01,1", "2024-01-02,1e200"], "line 3, column 'a': '1e200' is too large"),
        (["t,a", "2024-01-01,1", "2024-01-02,-1e101"], "line 3, column 'a': '-1e101' is too large"),
        (["t,a", "2024-01-01,1", "2024-01-02,1_5"], "line 3, column 'a': '1_5' is not a number"),
        (["t,a,a", "2024-01-01,1,2", "2024-01-02,3,4"], "has 2 columns 'a'; rename all but one"),
        (["t,a,t", "2024-01-01,1,2", "2024-01-02,3,4"], "has 2 columns 't'"),
        (
            ["unique_id,t,a", "A,2024-01-01,1", "A,2024-01-02,1", "B,2024-01-03,1"],
            "line 4, column 'unique_id': 'B' follows 'A'; give a file for each series",
        ),
        (
            ["t,a", "2024-01-01 00:00:00.000,1", "2024-01-01 00:00:00.100,2"],
            "line 3, column 't': '2024-01-01 00:00:00.1",
        ),
        (["t,a", "2024-01-01 00:00:00.500,1", "2024-01-01 00:00:01.500,2"], "has a fraction of a second"),
        (["t,a", "0001-01-01T00:00+01:00,1", "0001-01-01T01:00+01:00,2"], "is outside the years 1 to 9999"),
        (["t,a", "2024-01-01T00:00Z,1", "2024-01-01T01:00+01:00,2"], "is the same time as 2024-01-01T00:00Z above"),
        (
            ["t,a", "2024-01-01,1", "2024-01-30,1", "2024-02-28,1", "2024-03-29,1"],
            "2024-03-29 is off the grid of 29 days;",
        ),
        (["t,a", *(f"2024-01-0{time}:00,1" for time in ("1 00", "2 01", "3 02", "4 02"))], "grid of 25 hours;"),
        (["t,a", *(f"2024-01-01 00:0{time},1" for time in ("0:00", "1:01", "2:02", "3:00"))], "grid of 61 seconds;"),
        (["t,a", "2024-01-01 00:00,1", "2024-01-01 00:01,1", "2024-12-01 00:01,1"], "on a grid of 1 minute;"),
        (["t,a", "1885,1", "1886,2"], "if it is a year, set data.time_format to '%Y'"),
        (["t,a", "194901,1", "194902,2"], "if it is a month, set data.time_format to '%Y%m'"),
        (["t,a", "1704067200,1", "1704070800,2"], "seconds since 1970, are no time stamps; write dates"),
        (["t,a", "1711011200000,1", "1711014800000,2"], "'1711011200000' is not a time stamp in ISO 8601"),
        (["t,a", "1704067200.0,1", "1704070800.0,2"], "seconds since 1970"),
        (["t,a", "31.01.2024,1", "01.02.2024,2"], "set data.time_format to its form, such as '%d.%m.%Y %H:%M'"),
        (["t,a", "2024Q1,1", "2024Q2,2"], "set data.time_format"),
        (["t,a", "2024-01,1", "2024-02-01,2"], "'2024-02-01' is not a time stamp of the form '%Y-%m'"),
        # Days, months and hours of a local clock that was set forward or back.
        (
            ["t,a", "2024-03-30T00:00+01:00,1", "2024-03-31T00:00+01:00,1", "2024-04-01T00:00+02:00,1"],
            "equally spaced on the local clock, so leave out the offsets",
        ),
        (
            ["t,a", "2024-02-01T00:00+01:00,1", "2024-03-01T00:00+01:00,1", "2024-04-01T00:00+02:00,1"],
            "equally spaced on the local clock, so leave out the offsets",
        ),
        (
            ["t,a", "2024-10-27 01:00,1", "2024-10-27 02:00,1", "2024-10-27 02:00,1"],
            "is the same as the line above; sort the rows by time and keep one of each; if clocks were changed then, "
            "give all times with their offset from UTC",
        ),
        (["t,a", "2024-10-27 02:00,1", "2024-10-27 02:30,1", "2024-10-27 02:00,1"], "if clocks were changed then"),
    ],
)
def test_parse_series_rejects_a_fault_in_one_sentence(lines, sentence):
    with pytest.raises(InputError) as caught:
        parse(lines)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_clocks_are_not_blamed_for_rows_that_are_out_of_order_on_another_day():
    with pytest.raises(InputError) as caught:
        parse(["t,a", "2024-10-26 01:00,1", "2024-10-26 02:00,1", "2024-10-26 02:00,1"])
    assert "clocks" not in str(caught.value)


@pytest.mark.parametrize(
    ("time_format", "stamps", "sentence"),
    [
        ("%W-%Y", ("01-2024", "02-2024"), "'%W-%Y', but %W means nothing without %a, the day of the week"),
        ("%Y-%m-%d %I:%M", ("2024-01-01 01:00", "2024-01-01 02:00"), "%I means nothing without %p"),
        ("%Y-%d", ("2024-01", "2024-02"), "%d means nothing without %m, the month"),
        ("%d.%m.", ("01.01.", "02.01."), "has no year; add %Y"),
        ("%H:%M", ("01:00", "02:00"), "has no year"),
        ("%s", ("1704067200", "1704070800"), "no format for strptime ('s' is a bad directive"),
        ("%Y-%", ("2024-", "2025-"), "no format for strptime (stray %"),
        ("%Y-%Y", ("2024-2024", "2025-2025"), "has a field twice"),
        ("%Y %a", ("2024 Mon", "2024 Tue"), "is read as the same time as 2024 Mon above; data.time_format must tell"),
        (
            "%d/%m/%Y",
            ("2024-01-01", "2024-01-02"),
            "of the form '%d/%m/%Y'; write it so, or train with another data.time_format",
        ),
    ],
)
def test_time_format_that_does_not_tell_times_is_rejected_in_one_sentence(time_format, stamps, sentence):
    with pytest.raises(InputError) as caught:
        parse(["t,a", *(f"{stamp},1" for stamp in stamps)], time_format=time_format)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("cell", ["", "-", "?", ".", "#N/A", "<NA>", "NaN", "NULL", "None", r"\N", "NaT"])
def test_parse_series_reads_the_missing_markers_of_other_programs(cell):
    assert np.isnan(parse(["t,a", "2024-01-01,1", f"2024-01-02,{cell}"]).values[1, 0])


def test_require_complete_says_what_to_do():
    rows = ["t,a,b", "2024-01-01,1,1", "2024-01-02,2,", "2024-01-03,3,", "2024-01-05,4,4"]
    cases = [
        (rows[:4], "line 3, column 'b': the value is missing; fill it in, leave out the rows from there on, or train"),
        (rows, "line 3, column 'b': the value is missing; fill it in, or train with data.missing='mask'"),
        ([rows[0], "2024-01-01,1,", "2024-01-02,1,"], "column 'b' has no value; leave it out"),
    ]
    for lines, sentence in cases:
        with pytest.raises(InputError) as caught:
            parse(lines, ("a", "b")).require_complete()
        assert sentence in str(caught.value)
    cut = parse([rows[0], rows[1], "2024-01-03,3,3", "2024-01-04,3,3"], ("a", "b")).rows(1, 4)
    with pytest.raises(InputError, match=r"x.csv: the row for 2024-01-02 is missing"):
        cut.require_complete()
    spring = parse(["t,a", "2024-03-31 01:00,1", "2024-03-31 03:00,1", "2024-03-31 04:00,1"])
    with pytest.raises(InputError, match=r"the row for 2024-03-31 02:00 is missing.*if clocks were changed then"):
        spring.require_complete()


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
