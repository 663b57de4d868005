"""Formats of time stamps: those that are found, those that are given, and the sentence for those that are none."""

import numpy as np
import pytest

from seqjax.data.timeseries.reader import TimeForm
from seqjax.data.timeseries.time_formats import find_stamps
from seqjax.errors import InputError
from tests.data.timeseries.texts import parse, read


def find(*texts: str):
    return find_stamps(np.array(texts, object), lambda row: f"line {row + 2}")


@pytest.mark.parametrize(
    ("text", "pattern", "time"),
    [
        ("2024-01-31", "", "2024-01-31"),
        ("2024-01-31 13:30", "", "2024-01-31T13:30"),
        ("20240131T1330", "", "2024-01-31T13:30"),
        ("2024-W05-3", "", "2024-01-31"),
        ("2024-01-31 24:00", "", "2024-02-01"),
        ("1949-01", "%Y-%m", "1949-01-01"),
        ("1949/1", "%Y/%m", "1949-01-01"),
        ("12.2020", "%m.%Y", "2020-12-01"),
        ("2020M03", "%YM%m", "2020-03-01"),
        ("194901", "%Y%m", "1949-01-01"),
        ("1885", "%Y", "1885-01-01"),
        ("20240131", "%Y%m%d", "2024-01-31"),
        ("2024013113", "%Y%m%d%H", "2024-01-31T13:00"),
        ("202401311330", "%Y%m%d%H%M", "2024-01-31T13:30"),
        ("20240131133005", "%Y%m%d%H%M%S", "2024-01-31T13:30:05"),
        ("1706707800", "s", "2024-01-31T13:30"),
        ("1706707800.0", "s", "2024-01-31T13:30"),
        ("1706707800000", "ms", "2024-01-31T13:30"),
        ("1706707800000000000", "ns", "2024-01-31T13:30"),
        ("17", "rows", "1970-01-01T00:00:17"),
        ("2020Q3", "%YQ%q", "2020-07-01"),
        ("1998 Q1", "%Y Q%q", "1998-01-01"),
        ("Q4/2020", "Q%q/%Y", "2020-10-01"),
        ("1991 W06", "%G W%V", "1991-02-04"),
        ("1960 Jan", "%Y %b", "1960-01-01"),
        ("Jan-60", "%b-%y", "2060-01-01"),
        ("January 1960", "%B %Y", "1960-01-01"),
        ("31-Jan-2024", "%d-%b-%Y", "2024-01-31"),
        ("Jan 31, 2024", "%b %d, %Y", "2024-01-31"),
        ("31.01.2024", "%d.%m.%Y", "2024-01-31"),
        ("31.1.2024 9:05", "%d.%m.%Y %H:%M", "2024-01-31T09:05"),
        ("01/31/2024 1:30 PM", "%m/%d/%Y %I:%M %p", "2024-01-31T13:30"),
        ("1/31/24", "%m/%d/%y", "2024-01-31"),
        ("31/01/2024 10h", "%d/%m/%Y %Hh", "2024-01-31T10:00"),
        ("2024/01/31 13:30:05", "%Y/%m/%d %H:%M:%S", "2024-01-31T13:30:05"),
        ("2024-1-31", "%Y-%m-%d", "2024-01-31"),
    ],
)
def test_usual_format_is_found(text, pattern, time):
    stamps, found, remark = find(text)
    assert found == pattern
    np.testing.assert_array_equal(stamps.clock, [np.datetime64(time, "s")])
    plain = {"", "%Y-%m", "%Y", "%YQ%q", "%Y Q%q", "Q%q/%Y", "%G W%V"}
    assert (remark == "") == (pattern in plain)
    assert pattern in remark or pattern in plain


def test_offsets_from_utc_are_read():
    for texts, offsets in (
        (("2024-03-31T00:00+01:00", "2024-04-01T00:00+0200"), (3600, 7200)),
        (("2024-03-31T00:00Z", "2024-03-31T01:00Z"), (0, 0)),
        (("2024-03-31T00:00-09:30", "2024-03-31T01:00-0930"), (-34200, -34200)),
        (("31/03/2024 00:00 +0100", "01/04/2024 00:00 +0200"), (3600, 7200)),
        (("1706707800", "1706707900"), (0, 0)),
    ):
        stamps, _, _ = find(*texts)
        assert stamps.offsets is not None
        np.testing.assert_array_equal(stamps.offsets.astype(int), offsets)
    assert find("2024-03-31T00:00")[0].offsets is None


def test_day_and_month_are_told_apart_by_all_rows_or_not_at_all():
    assert find("01/02/2024", "13/02/2024")[1] == "%d/%m/%Y"
    assert find("01/02/2024", "02/13/2024")[1] == "%m/%d/%Y"
    months = [f"01/{month:02}/{year}" for year in (2020, 2021) for month in range(1, 13)]
    assert find(*months)[1] == "%d/%m/%Y", "read as days most rows would be missing"
    days = [f"{month:02}/{day:02}/2024" for month in (1, 2) for day in range(1, 13)]
    with pytest.raises(InputError, match=r"'01/02/2024' is 2024-02-01 or 2024-01-02; set data.time_format to '%d/%m/"):
        find(*days)
    with pytest.raises(InputError, match=r"'02/01/2024' is 2024-01-02 or 2024-02-01; set data.time_format to '%d/%m/"):
        find("01/01/2024", "02/01/2024", "03/01/2024")
    clock = find("31.01.2024 23:00", "01.02.2024", "01.02.2024 01:00")[0].clock
    np.testing.assert_array_equal(np.diff(clock).astype(int), [3600, 3600])
    with pytest.raises(InputError, match="years of two digits"):
        find("Jan-68", "Jan-69", "Jan-70")


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
        (["1885", "1886"], ["1887"]),
        (["1998 Q3", "1998 Q4"], ["1999 Q1"]),
        (["1991 W51", "1991 W52"], ["1992 W01"]),
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
        (["2024-W01-1", "2024-W02-1"], "2024-01-15"),
        (["2023-12-31 23:00:00", "2024-01-01"], "2024-01-01 01:00:00"),  # midnight as a date alone
        (["2024-01-01 23:00", "2024-01-01 24:00"], "2024-01-02 01:00"),
    ],
)
def test_forecasts_of_stamps_in_another_form_are_written_in_full(stamps, following):
    series = parse(["t,a", *(f"{stamp},1" for stamp in stamps)])
    assert series.style.write(series.times_after(1)[0]) == following


@pytest.mark.parametrize(
    ("stamps", "following"),
    [
        (["31/01/2024 10h", "31/01/2024 11h"], "31/01/2024 12h"),
        (["20240130", "20240131"], "20240201"),
        (["1704067200000", "1704070800000"], "1704074400000"),
        (["5", "6"], "7"),
    ],
)
def test_format_that_was_found_is_written_remarked_and_read_when_given(stamps, following):
    lines = ["t,a", *(f"{stamp},1" for stamp in stamps)]
    series, (remark,) = read(lines)
    assert f"time stamps such as '{stamps[0]}' are read" in remark
    assert series.style.write(series.times_after(1)[0]) == following
    given = parse(lines, times=TimeForm(("t",), series.style.pattern))
    np.testing.assert_array_equal(given.times, series.times)


@pytest.mark.parametrize(
    ("stamp", "sentence"),
    [
        ("soon", "line 2, column 't': 'soon' is not a time stamp in ISO 8601"),
        ("", "line 2, column 't': the time stamp is missing"),
        ("2024-01-01 00:00:00.500", "has a fraction of a second; give times in whole seconds, or set data.time_column"),
        ("0001-01-01T00:00+01:00", "is outside the years 1 to 9999"),
        ("45292.5", "'45292.5' is not a time stamp in ISO 8601, such as 2014-01-31 13:30; set data.time_format"),
        ("2024-13-01", "'2024-13-01' is not a time stamp in ISO 8601"),
        ("32.01.2024", "'32.01.2024' is not a time stamp of the form"),
        ("now", "'now' is not a time stamp"),
    ],
)
def test_stamp_that_cannot_be_read_is_one_sentence(stamp, sentence):
    with pytest.raises(InputError) as caught:
        parse(["t,a", f"{stamp},1", f"{stamp},2"])
    assert sentence in str(caught.value)


def test_stamp_unlike_the_others_is_named_with_its_line():
    for first, odd, sentence in (
        ("2024-01", "2024-02-01", "line 3, column 't': '2024-02-01' is not a time stamp of the form '%Y-%m'"),
        ("2024-01-01", "soon", "line 3, column 't': 'soon' is not"),
        ("31.01.2024", "1 Feb", "line 3, column 't': '1 Feb' is not a time stamp of the form '%d.%m.%Y'"),
    ):
        with pytest.raises(InputError, match=sentence):
            parse(["t,a", f"{first},1", f"{odd},2", f"{first},3"])


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
        ("%Y %a", ("2024 Mon", "2024 Tue"), "is the same time as 2024 Mon in line 2; set data.time_format so that it"),
        ("%d/%m/%Y", ("2024-01-01", "2024-01-02"), "of the form '%d/%m/%Y'; write it so, or set another data.time_f"),
        ("ms", ("1704067200500", "1704067201500"), "'1704067200500' is not a time stamp of the form 'ms'"),
    ],
)
def test_time_format_that_does_not_tell_times_is_rejected_in_one_sentence(time_format, stamps, sentence):
    with pytest.raises(InputError) as caught:
        parse(["t,a", *(f"{stamp},1" for stamp in stamps)], times=TimeForm(("t",), time_format))
    assert sentence in str(caught.value)
