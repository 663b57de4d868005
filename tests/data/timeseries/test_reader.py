"""Series from tables: order, clocks, steps and gaps, and the one sentence for rows that are no series."""

import importlib.util
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from seqjax.data.timeseries.reader import TimeForm, names_of
from seqjax.data.timeseries.step import Step
from seqjax.errors import InputError
from tests.data.timeseries.texts import parse, read

HOURS = ["t,a,b", "2024-01-01 00:00,1,2", "2024-01-01 01:00,3,4", "2024-01-01 02:00,5,6"]
BERLIN = TimeForm(("t",), timezone="Europe/Berlin")
DAYS = [date(2024, 1, 1) + timedelta(days=day) for day in range(200)]


def rows(stamps) -> list[str]:
    """A file of these stamps, in which the value is the number of the row."""
    return ["t,a", *(f"{stamp},{row}" for row, stamp in enumerate(stamps))]


def test_columns_are_read_by_name_in_the_order_given():
    series = parse(HOURS, ("b", "a"))
    np.testing.assert_array_equal(series.values, [[2, 1], [4, 3], [6, 5]])
    assert series.step == Step(3600)
    np.testing.assert_array_equal(series.column("a"), [1, 3, 5])


def test_gap_is_filled_with_missing_rows():
    series = parse([*HOURS[:3], "2024-01-01 03:00,5,6"], ("a", "b"))
    np.testing.assert_array_equal(series.values, [[1, 2], [3, 4], [np.nan, np.nan], [5, 6]])
    np.testing.assert_array_equal(series.lines, [2, 3, 0, 4])
    with pytest.raises(InputError, match="after line 3 the row for 2024-01-01 02:00 is missing"):
        series.require_complete()


def test_unsorted_rows_are_sorted_with_a_remark():
    series, (remark,) = read(["t,a", "2024-01-03,3", "2024-01-01,1", "2024-01-02,2"])
    np.testing.assert_array_equal(series.values[:, 0], [1, 2, 3])
    np.testing.assert_array_equal(series.lines, [3, 4, 2])
    assert remark == "x.csv: rows are sorted by time; line 2 is not in its place"


@pytest.mark.parametrize(
    ("stamps", "name", "following"),
    [
        (["2024-01-01 00:00", "2024-01-01 00:30", "2024-01-01 01:00"], "30 minutes", "2024-01-01 01:30"),
        (["2024-01-01", "2024-01-03", "2024-01-04"], "1 day", "2024-01-05"),  # the smaller of two is the step
        (["2024-01-01", "2024-01-08", "2024-01-22"], "1 week", "2024-01-29"),
        (["2024-01-31", "2024-02-29", "2024-03-31"], "1 month", "2024-04-30"),
        (["2024-01-30", "2024-02-29", "2024-03-30"], "1 month", "2024-04-30"),
        (["2023-02-28", "2023-03-28", "2023-05-28"], "1 month", "2023-06-28"),
        (["2024-03-29", "2024-04-30", "2024-05-31", "2024-06-28"], "1 month", "2024-07-31"),  # last business days
        (["2024-04-01", "2024-05-01", "2024-06-03", "2024-07-01"], "1 month", "2024-08-01"),  # first ones
        (["1998 Q1", "1998 Q2", "1998 Q4"], "1 quarter", "1999 Q1"),
        (["1885", "1886", "1889"], "1 year", "1890"),
        (DAYS[:60], "1 day", "2024-03-01"),
        ([day for day in DAYS[:60] if day.weekday() < 5], "1 business day", "2024-03-01"),
        ([day for day in DAYS[:61] if day.weekday() < 5], "1 business day", "2024-03-04"),
        ([day for day in DAYS[:62] if day.weekday() < 6], "1 day of Mon, Tue, Wed, Thu, Fri, Sat", "2024-03-04"),
        ([day for day in DAYS[:60] if day.weekday() not in (4, 5)], "1 day of Mon, Tue, Wed, Thu, Sun", "2024-03-03"),
    ],
)
def test_step_is_found_and_named(stamps, name, following):
    series = parse(rows(stamps))
    assert series.step.name == name
    assert series.style.write(series.times_after(1)[0]) == following
    np.testing.assert_array_equal(series.column("a")[series.lines > 0], np.arange(len(stamps)))
    assert Step.from_json(series.step.to_json()) == series.step


def test_business_days_without_rows_are_holidays_or_missing_rows():
    week = [day for day in DAYS if day.weekday() < 5]
    closed = [day for day in week if day not in (date(2024, 1, 15), date(2024, 2, 19))]
    series, (remark,) = read(rows(closed))
    assert len(series) == len(closed)
    assert "business days without a row, such as 2024-01-15 (2 in all), are read as holidays" in remark
    named = TimeForm(("t",), holidays=("2024-01-15", "2024-02-19", "2024-07-19"))
    series = parse(rows(closed), times=named)
    assert len(series) == len(closed)
    assert [str(day)[:10] for day in series.times_after(2)] == ["2024-07-22", "2024-07-23"], "the 19th is a holiday"
    series = parse(rows(closed), times=TimeForm(("t",), holidays=("2024-01-15",)))
    assert [series.place(int(row)) for row in np.flatnonzero(series.lines == 0)] == ["the row for 2024-02-19"]
    often = [day for row, day in enumerate(week) if row % 7]
    assert (parse(rows(often)).lines == 0).sum() == len(week) - 1 - len(often)


@pytest.mark.skipif(importlib.util.find_spec("holidays") is None, reason="needs the package holidays")
def test_holidays_of_a_country_are_known():
    form = TimeForm(("t",), holidays=("US",))
    closed = [day for day in DAYS if day.weekday() < 5 and day not in (date(2024, 1, 1), date(2024, 1, 15))]
    series = parse(rows(closed), times=form)
    np.testing.assert_array_equal(series.column("a"), np.arange(len(closed)), "other holidays have rows")
    with pytest.raises(InputError, match="'XX', whose holidays the package holidays does not know"):
        parse(rows(closed), times=TimeForm(("t",), holidays=("XX",)))
    with pytest.raises(InputError, match=r"data.holidays has 'Germany'; give a date such as"):
        parse(rows(closed), times=TimeForm(("t",), holidays=("Germany",)))


def test_step_that_is_known_is_taken_where_rows_do_not_tell():
    week = rows(DAYS[:5])
    assert parse(week).step.name == "1 day"
    series = parse(week, step=Step(1, "B"))
    assert series.step.name == "1 business day"
    assert str(series.times_after(1)[0])[:10] == "2024-01-08"
    assert parse(week, step=Step(3600)).step.name == "1 day"


@pytest.mark.parametrize("start", [datetime(2024, 10, 26), datetime(2024, 3, 30)])
@pytest.mark.parametrize("minutes", [60, 30])
def test_local_clock_with_summer_time_is_equally_spaced(start, minutes):
    utc = [start.replace(tzinfo=UTC) + timedelta(minutes=minutes * row) for row in range(48)]
    local = [time.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%d %H:%M") for time in utc]
    series = parse(rows(local), times=BERLIN)
    np.testing.assert_array_equal(series.times, np.array([time.replace(tzinfo=None) for time in utc], "datetime64[s]"))
    np.testing.assert_array_equal(series.column("a"), np.arange(48))
    assert [series.style.write(time) for time in series.times] == local
    np.testing.assert_array_equal(series.local_times(""), np.array(local, "datetime64[s]"))
    backwards, _ = read([*rows(local)[:1], *rows(local)[:0:-1]], times=BERLIN)
    np.testing.assert_array_equal(backwards.column("a"), np.arange(48))
    offsets = [time.astimezone(ZoneInfo("Europe/Berlin")).isoformat() for time in utc]
    np.testing.assert_array_equal(parse(rows(offsets)).times, series.times)


def test_hour_that_clocks_never_showed_is_refused():
    hours = [datetime(2024, 3, 31) + timedelta(hours=row) for row in range(6)]
    with pytest.raises(InputError, match=r"line 4: clocks in Europe/Berlin never showed 2024-03-31 02:00:00"):
        parse(rows(hours), times=BERLIN)
    assert len(parse(rows(hours))) == 6
    with pytest.raises(InputError, match="there is no time zone 'Mars'"):
        parse(rows(hours), times=TimeForm(("t",), timezone="Mars"))


def test_days_and_months_of_a_local_clock_are_equally_spaced():
    for step, count in ((timedelta(days=1), 40), (timedelta(days=7), 8)):
        local = [datetime(2024, 3, 20, tzinfo=ZoneInfo("Europe/Berlin")) + step * row for row in range(count)]
        stamps = [time.isoformat(timespec="minutes") for time in local]
        assert stamps[0][-6:] != stamps[-1][-6:]
        for form in (TimeForm(("t",)), BERLIN):
            series = parse(rows(stamps), times=form)
            assert series.step == Step(int(step.total_seconds()))
            np.testing.assert_array_equal(series.local_times("Europe/Berlin"), series.times)
        assert [series.style.write(time) for time in series.times] == stamps
    months = ["2024-02-01T00:00+01:00", "2024-03-01T00:00+01:00", "2024-04-01T00:00+02:00"]
    assert parse(rows(months)).step == Step(1, "M")
    assert parse(rows([stamp[:10] for stamp in months]), times=BERLIN).step == Step(1, "M")


@pytest.mark.parametrize(
    ("header", "first", "second", "times"),
    [
        ("year,Month", "2020,1", "2020,2", ["2020-01-01", "2020-02-01"]),
        ("Year,Quarter", "2020,1", "2020,2", ["2020-01-01", "2020-04-01"]),
        ("yr,mo,dy,hr", "2020,1,1,23", "2020,1,1,24", ["2020-01-01T23", "2020-01-02T00"]),
        ("Date,Time", "2020-01-01,0", "2020-01-01,1", ["2020-01-01T00", "2020-01-01T01"]),
        ("Date,Time", "2020-01-01,0900", "2020-01-01,1000", ["2020-01-01T09", "2020-01-01T10"]),
        ("Date,Time", "2020-01-01,09:00:00", "2020-01-01,10:00:00", ["2020-01-01T09", "2020-01-01T10"]),
        ("no,year", "7,2020", "8,2021", None),
    ],
)
def test_times_in_several_columns(header, first, second, times):
    lines = [f"{header},a", f"{first},1", f"{second},2"]
    if times is None:
        with pytest.raises(InputError, match=r"column 'no,year': '7 20:20' is not a time stamp"):
            parse(lines, times=header)
        return
    series = parse(lines, times=header)
    np.testing.assert_array_equal(series.times, np.array(times, "datetime64[s]"))


def test_rows_without_times_are_counted():
    series = parse(["a", "1", "2", "3"], times="")
    assert series.step.name == "1 row"
    assert [series.style.write(time) for time in series.times_after(2)] == ["3", "4"]
    series, (remark,) = read(["t,a", "1,1", "2,2", "4,4"])
    assert "are read as a count of rows" in remark
    np.testing.assert_array_equal(series.values[:, 0], [1, 2, np.nan, 4])
    with pytest.raises(InputError, match=r"data.timezone is 'Europe/Berlin', but x.csv has no times; set it to ''"):
        parse(["a", "1", "2"], times=TimeForm((), timezone="Europe/Berlin"))


def test_names_of_columns_are_separated_by_commas_and_may_be_quoted():
    assert names_of("date, time") == ("date", "time")
    assert names_of('"load, MW",b') == ("load, MW", "b")
    assert names_of("") == ()
    series = parse(['t,"load, MW"', "2024-01-01,1", "2024-01-02,2"], names_of('"load, MW"'))
    np.testing.assert_array_equal(series.column("load, MW"), [1, 2])


def test_window_of_a_history_is_read_whatever_lies_before():
    lines = ["t,a", "2020-01-01,1", "2020-01-01,2", "2020-01-03 07:13,2", *rows(DAYS[:6])[1:]]
    with pytest.raises(InputError, match="line 3: time stamp 2020-01-01 is also in line 2"):
        parse(lines)
    series, (remark,) = read([*lines, "2024-01-07,"], window=(1, 4))
    np.testing.assert_array_equal(series.values[:, 0], [2, 3, 4, 5, np.nan])
    assert remark == "x.csv: rows above line 7 are not read, for not all of them are equally spaced"
    assert len(parse(rows(DAYS[:6]), window=(1, 4))) == 6


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["t,a"], "has 0 rows; a series needs two or more"),
        (["t,a", "2024-01-01,1", "2024-01-01,2"], "line 3: time stamp 2024-01-01 is also in line 2; keep one of them"),
        (["t,a", "2024-01-02,1", "2024-01-01,2", "2024-01-02,2"], "line 4: time stamp 2024-01-02 is also in line 2"),
        ([*HOURS, "2024-01-01 02:17,1,2"], "line 5: time stamp 2024-01-01 02:17 is off the grid of 1 hour; rows must"),
        (["t,a", "2024-01-01T00:00Z,1", "2024-01-01T01:00,2"], "line 3: time stamps with and without a zone"),
        (["t,a", "2024-01-01T00:00Z,1", "2024-01-01T01:00+01:00,2"], "is the same time as 2024-01-01T00:00Z in line 2"),
        (["t,a", "2024-01-01 00:00,1", "2024-01-01 00:01,1", "2024-12-01 00:01,1"], "more than 99 of 100 rows are"),
        (rows(["2024-01-01", "2024-01-30", "2024-02-28", "2024-03-29"]), "2024-03-29 is off the grid of 29 days;"),
        (rows(f"2024-01-0{time}:00" for time in ("1 00", "2 01", "3 02", "4 02")), "grid of 25 hours;"),
        (rows(f"2024-01-01 00:0{time}" for time in ("0:00", "1:01", "2:02", "3:00")), "grid of 61 seconds;"),
        (
            ["unique_id,t,a", "A,2024-01-01,1", "A,2024-01-02,1", "B,2024-01-03,1"],
            "line 4, column 'unique_id': 'B' follows 'A'; give a file for each series",
        ),
        (
            rows(["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00"]),
            "is also in line 3; keep one of them, or give a file for each series; if clocks were changed then, set "
            "data.timezone to their zone, such as 'Europe/Berlin'",
        ),
        (["year,month,a", "2020,1,1", "2020,13,1"], "line 3, column 'month': '13' is no month; give whole numbers"),
        (["year,month,day,a", "2020,2,1,1", "2020,2,30,1"], "line 3, column 'day': the month has no day 30"),
    ],
)
def test_rows_that_are_no_series_are_refused_in_one_sentence(lines, sentence):
    header = lines[0].split(",")
    times = ",".join(name for name in header if name not in ("a", "b", "unique_id"))
    with pytest.raises(InputError) as caught:
        read(lines, times=times)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_clocks_are_not_blamed_for_rows_of_another_day():
    with pytest.raises(InputError) as caught:
        parse(rows(["2024-10-26 01:00", "2024-10-26 02:00", "2024-10-26 02:00"]))
    assert "clocks" not in str(caught.value)


def test_require_complete_says_what_to_do():
    lines = ["t,a,b", "2024-01-01,1,1", "2024-01-02,2,", "2024-01-03,3,", "2024-01-05,4,4"]
    cases = [
        (lines[:4], "line 3, column 'b': the value is missing; fill it in, leave out the rows from there on, or train"),
        (lines, "line 3, column 'b': the value is missing; fill it in, or train with data.missing='mask'"),
        ([lines[0], "2024-01-01,1,", "2024-01-02,1,"], "column 'b' has no value; leave it out"),
    ]
    for text, sentence in cases:
        with pytest.raises(InputError) as caught:
            parse(text, ("a", "b")).require_complete()
        assert sentence in str(caught.value)
    cut = parse([lines[0], lines[1], "2024-01-03,3,3", "2024-01-04,3,3"], ("a", "b")).rows(1, 4)
    with pytest.raises(InputError, match=r"x.csv: the row for 2024-01-02 is missing.*set data.time_column to ''"):
        cut.require_complete()
    spring = parse(rows(["2024-03-31 01:00", "2024-03-31 03:00", "2024-03-31 04:00"]))
    with pytest.raises(InputError, match=r"the row for 2024-03-31 02:00 is missing.*set data.timezone to their zone"):
        spring.require_complete()
