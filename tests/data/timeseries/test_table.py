"""Tables: cells, numbers and line numbers, and the one sentence for what is none."""

import bz2
import gzip
import importlib.util
import io
import json
import lzma
import zipfile

import numpy as np
import pytest

from seqjax.data.timeseries.reader import read_series
from seqjax.data.timeseries.table import Table, TableForm, read_table
from seqjax.errors import InputError

NAN = np.nan
PLAIN = "t,a\n1,1.5\n2,\n3,4\n"


def table(
    text: str | bytes, columns: tuple[str, ...] = ("a",), texts: tuple[str, ...] = ("t",), **form: object
) -> Table:
    content = text if isinstance(text, bytes) else text.encode()
    return read_table(content, "x.csv", texts=texts, numbers=columns, form=TableForm(**form), warn=REMARKS.append)


REMARKS: list[str] = []


@pytest.fixture(autouse=True)
def no_remarks():
    REMARKS.clear()


def zipped(text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.csv", text)
        archive.writestr("__MACOSX/x.csv", "no")
    return stream.getvalue()


def zstandard(text: str) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    stream = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(stream, "zstd") as packed:
        packed.write(text.encode())
    return stream.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (PLAIN.encode(), {}),
        (PLAIN.replace(",", ";").encode(), {}),
        (PLAIN.replace(",", "\t").encode(), {}),
        (PLAIN.replace(",", "|").encode(), {}),
        (PLAIN.replace(",", "^").encode(), {"separator": "^"}),
        (b"t   a\n1 1.5\n2  NA\n  3 \t4 \n", {}),
        (PLAIN.replace("\n", "\r\n").encode(), {}),
        (PLAIN.replace("\n", "\r").encode(), {}),
        (PLAIN.rstrip("\n").encode(), {}),
        (PLAIN.encode("utf-8-sig"), {}),
        (
            ("Größe,t,a\n" + "".join(f"ü,{row}\n" for row in ("1,1.5", "2,", "3,4"))).encode("latin-1"),
            {"encoding": "latin-1"},
        ),
        (PLAIN.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (gzip.compress(PLAIN.encode()), {}),
        (bz2.compress(PLAIN.encode()), {}),
        (lzma.compress(PLAIN.encode()), {}),
        (zipped(PLAIN), {}),
        (PLAIN.replace("1.5", '"1,5"').encode(), {"decimal": ","}),
        (PLAIN.replace(",", ";").replace(".", ",").encode(), {"decimal": ","}),
        (PLAIN.replace("\n2,", "\n2,-999").encode(), {"missing_markers": ("-999",)}),
        (PLAIN.replace("\n2,", "\n2,none given").encode(), {"missing_markers": ("none given",)}),
        ((PLAIN + "Source: us\nAll rights\n").encode(), {"skip_lines": (-1, -2)}),
        (b't,a,"b\nc"\n1,1.5,"x\n"\n2,,y\n"3","4",z\n', {}),
        (b't,a,b\n1,1.5,"x, y"\n2,,""\n3,4,"""z"""\n', {}),
        (b"t,a\n1,1.5,\n2,,\n3,4,\n", {}),  # a separator at the end of each line
        (b'\n{"t": "1", "a": 1.5}\n{"t": "2", "a": null}\n{"t": "3", "a": 4}\n', {}),
    ],
)
def test_table_of_any_form_is_read(content, form):
    read = table(content, **form)
    assert read.frame["t"].tolist() == ["1", "2", "3"]
    np.testing.assert_array_equal(read.frame["a"], [1.5, NAN, 4])
    assert REMARKS == []


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (PLAIN.encode("utf-16"), "x.csv is read as UTF-16"),
        (("sep=,\n" + PLAIN).encode(), "x.csv: the header is in line 2; the lines above it are not read"),
        (("# Made by us, on a day\n\n" + PLAIN).encode(), "x.csv: the header is in line 3;"),
        (PLAIN.replace(",", ";").replace(".", ",").encode(), "such as '1,5' are read with data.decimal=','"),
    ],
)
def test_form_that_was_found_is_remarked(content, remark):
    np.testing.assert_array_equal(table(content).frame["a"], [1.5, NAN, 4])
    (said,) = REMARKS
    assert remark in said


@pytest.mark.parametrize(
    ("cells", "numbers", "form"),
    [
        (("1,5", "2,25"), (1.5, 2.25), (",", "")),
        (("1.234,5", "2.000", "7"), (1234.5, 2000, 7), (",", ".")),
        (("1\u00a0234,5", "2,0"), (1234.5, 2), (",", " ")),
        (("1,234.5", "2,000"), (1234.5, 2000), (".", ",")),
        (("1,234,567", "2"), (1234567, 2), (".", ",")),
        (("0,125", "1,250"), (0.125, 1.25), (",", "")),
        (("-1,5", "2"), (-1.5, 2), (",", "")),
        (("1.5", "1_000"), None, None),
        (("1,5", "1,000.5"), None, None),
        (("1.5.2024,5", "2"), None, None),
        (("10.095", "1,5", "2.5"), None, None),
    ],
)
def test_signs_in_numbers_are_found_from_all_cells(cells, numbers, form):
    text = "t;a;b\n" + "".join(f"{row};{cell};3\n" for row, cell in enumerate(cells))
    if numbers is None:
        with pytest.raises(InputError, match="is not a number"):
            table(text)
        return
    read = table(text, ("a", "b"))
    np.testing.assert_array_equal(read.frame["a"], numbers)
    assert (read.form.decimal, read.form.thousands) == form
    signs = dict(zip(("decimal", "thousands"), form, strict=True))
    np.testing.assert_array_equal(table(text, ("a", "b"), **signs).frame["a"], numbers)


def test_numbers_are_those_of_python_to_the_last_bit():
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000) * 10.0 ** rng.integers(-90, 90, 2000)
    text = "t,a,b\n" + "".join(f"x,{value!r},{value:.11f}\n" for value in values.tolist())
    read = table(text, ("a", "b"))
    np.testing.assert_array_equal(read.frame["a"], values)
    np.testing.assert_array_equal(read.frame["b"], [float(f"{value:.11f}") for value in values.tolist()])
    np.testing.assert_array_equal(read.frame.index, np.arange(2, 2002))


def test_lines_are_counted_as_an_editor_does():
    text = '\n# no row\nt,a\n\n1,1\n#2,2\n3,3\n  \n"4\n",4\n5,5\nend\n'
    assert table(text, comment="#", skip_lines=(12,)).frame.index.tolist() == [5, 7, 9, 11]
    np.testing.assert_array_equal(table("t,a\n\n1,1\n\n\n2,2\n").frame.index, [3, 6])
    np.testing.assert_array_equal(table("a\n1\n\n2\n", texts=()).frame.index, [2, 4])


@pytest.mark.parametrize(
    "cell", ["", "-", "?", ".", "#N/A", "<NA>", "NaN", "NULL", "None", r"\N", "NaT", " na ", "n/a"]
)
def test_missing_markers_of_other_programs_are_known(cell):
    assert np.isnan(table(f"t,a\n1,1\n2,{cell}\n").frame["a"].to_numpy()[1])
    assert np.isnan(table(f"t,a\n1,1\n2,{cell}\n3,TRUE\n").frame["a"].to_numpy()[1])


def test_truth_values_are_numbers():
    frame = table("t,a,b\n1,TRUE,\n2,false,true\n", ("a", "b")).frame
    np.testing.assert_array_equal(frame[["a", "b"]], [[1, NAN], [0, 1]])


def test_table_without_a_header_has_numbered_columns():
    read = table("2024-01-01,5,6\n2024-01-02,7,8\n", ("2",), ("0",))
    np.testing.assert_array_equal(read.frame["2"], [6, 8])
    assert "names no columns; they are numbered from 0 to 2" in REMARKS[0]
    np.testing.assert_array_equal(table("t,1\n0,5\n", ("1",)).frame["1"], [5])


def test_empty_rows_at_the_end_are_no_rows():
    assert len(table("t,a\n1,2\n,\n , \n").frame) == 1
    assert len(table("t,a\n1,2\n3,\n").frame) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "x.csv is empty"),
        ("\n  \n", "x.csv is empty"),
        ("t,c\n1,1\n", "has no column 'a'; it has 't', 'c'"),
        ("t,A\n1,1\n", "has no column 'a', but 'A'; write it so"),
        ("t,a,a\n1,2,3\n", "has 2 columns 'a'; rename all but one"),
        ("t,a\n1,1\n2,two\n", "line 3, column 'a': 'two' is not a number; set data.missing_markers"),
        (
            "t,a\n[h],[MW]\n2,2\n",
            "line 2, column 'a': '[MW]' is not a number; set data.missing_markers if it stands for",
        ),
        ("t,a\n1,1\n2,inf\n", "line 3, column 'a': 'inf' is not a number"),
        ("t,a\n1,1\n\n2,1_5\n", "line 4, column 'a': '1_5' is not a number"),
        ("t,a\n1,1\n2,1e200\n", "line 3, column 'a': '1e200' is too large"),
        ("t;a\n1;1,234\n", "'1,234' is 1.234 or 1234; set data.decimal to ',' or data.thousands to ','"),
        ("t,a\n1,1\n2\n", "line 3 has 1 cells, but the header has 2; if it is no row, set data.skip_lines to (3,)"),
        ('t,a,b\n1,2,3\n"2,5",6\n', "line 3 has 2 cells, but the header has 3"),
        ("t,a\n1,1,5\n2,2,5\n", "line 2 has 3 cells, but the header has 2; numbers with a decimal comma need quotes"),
        ('t,a\n1,10.095\n2,"1,5"\n', "line 3, column 'a': '1,5' is not a number; write a decimal point, and no sep"),
        ('t,a\n1,"1\n', "the row that begins in line 2 is no CSV text"),
        ('t,a\n1,1\n\n2,"1\n3,1\n4,1\n', "begins in line 4 is no CSV"),
        ('t,a\n1,1\n2,"1\n3,1"\n4,1\n', r"line 3, column 'a': '1\n3,1' is not"),
        (b"t,a\n\xff\xfe\x00\n", "is no UTF-8 text (line 2); save it in UTF-8, or set data.encoding"),
        (b"t,a\n1,2\0\n", "line 2 holds zero bytes"),
        (b"\x1f\x8bno", "x.csv is damaged"),
        (b'{"t": 1, "a": 2}\n{"t": 1}\n', "line 2 lacks 'a'"),
        (b"PAR1 no", "x.csv is damaged"),
    ],
)
def test_fault_of_a_table_is_one_sentence(text, sentence):
    with pytest.raises(InputError) as caught:
        table(text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"separator": "ab"}, "data.separator is 'ab', but must be one character"),
        ({"encoding": "latin-x"}, "data.encoding is 'latin-x', which is none"),
        ({"skip_lines": (9,)}, "data.skip_lines has 9, but x.csv has the lines 1 to 4"),
        ({"skip_lines": (0,)}, "data.skip_lines has 0"),
        ({"decimal": ","}, "'1.5' is not a number; '1.5' needs another data.decimal"),
        ({"thousands": ","}, None),
    ],
)
def test_form_that_does_not_fit_is_one_sentence(form, sentence):
    if sentence is None:
        np.testing.assert_array_equal(table(PLAIN.replace("4", '"1,004"'), **form).frame["a"], [1.5, NAN, 1004])
        with pytest.raises(InputError, match=r"'1,04' is not a number; '1,04' needs another data.decimal"):
            table(PLAIN.replace("4", '"1,04"'), **form)
        return
    with pytest.raises(InputError) as caught:
        table(PLAIN, **form)
    assert sentence in str(caught.value)


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="needs pyarrow")
def test_parquet_and_zstandard_are_read_with_pyarrow():
    import pandas as pd

    stream = io.BytesIO()
    days = pd.date_range("2024-01-01", periods=3, name="t")
    pd.DataFrame({"a": pd.array([1, None, 3], "Int64"), "b": [True, False, None]}, index=days).to_parquet(stream)
    read = table(stream.getvalue(), ("a", "b"))
    assert read.frame["t"].str[:10].tolist() == ["2024-01-01", "2024-01-02", "2024-01-03"]
    np.testing.assert_array_equal(read.frame[["a", "b"]], [[1, 1], [NAN, 0], [3, NAN]])
    assert read.place(2) == "row 3"
    np.testing.assert_array_equal(table(zstandard(PLAIN)).frame["a"], [1.5, NAN, 4])


def test_packages_that_are_not_installed_are_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for content in (b"PAR1", b"\x28\xb5\x2f\xfd"):
        with pytest.raises(InputError, match=r"needs pyarrow; install seqjax with its extra 'tables'"):
            table(content)


def test_workbook_and_archive_of_several_files_are_refused():
    for names, sentence in (
        (("[Content_Types].xml", "xl/x"), "is a workbook of Excel; save the sheet as CSV"),
        (("a", "b"), "must hold one"),
    ):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name in names:
                archive.writestr(name, json.dumps(name))
        with pytest.raises(InputError, match=sentence):
            table(stream.getvalue())


def test_file_that_cannot_be_read_is_one_sentence(tmp_path):
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"t,a\n2024-01-01,1\n2024-01-02,2\n"))
    assert len(read_series(tmp_path / "x.csv.gz", time_column="t", columns=("a",))) == 2
    (tmp_path / "y.csv.gz").write_bytes(b"t,a\n")
    absent = tmp_path / "absent.csv"
    for path, sentence in ((absent, "no file"), (tmp_path, "is a folder"), (tmp_path / "y.csv.gz", "it is no gz file")):
        with pytest.raises(InputError, match=sentence):
            read_series(path, time_column="t", columns=("a",))
