"""Series and remarks from lines of text, as the tests of the reader make them."""

from collections.abc import Sequence

from seqjax.data.timeseries.reader import TimeForm, names_of, series_of
from seqjax.data.timeseries.series import Series
from seqjax.data.timeseries.step import Step
from seqjax.data.timeseries.table import TableForm, read_table


def read(
    lines: Sequence[str] | bytes,
    columns: Sequence[str] = ("a",),
    *,
    times: TimeForm | str = "t",
    step: Step | None = None,
    window: tuple[int, int] | None = None,
    **form: object,
) -> tuple[Series, list[str]]:
    """The series that a file of these lines holds, and the remarks on it."""
    content = lines if isinstance(lines, bytes) else "".join(line + "\n" for line in lines).encode()
    times = TimeForm(names_of(times)) if isinstance(times, str) else times
    remarks: list[str] = []
    asked = {"texts": times.columns, "numbers": columns}
    table = read_table(content, "x.csv", **asked, form=TableForm(**form), warn=remarks.append)
    return series_of(table, times, columns, step=step, window=window, warn=remarks.append), remarks


def parse(lines: Sequence[str] | bytes, columns: Sequence[str] = ("a",), **options: object) -> Series:
    """The series of :func:`read`, on which there must be no remark."""
    series, remarks = read(lines, columns, **options)
    assert remarks == []
    return series
