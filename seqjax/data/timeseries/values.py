"""Values of a table: numbers, truth values and the many signs for a missing one."""

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seqjax.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

# Cells without a value, in small letters: those of pandas, R, SQL, Excel and statistical offices.
MISSING = {"", "-", "?", ".", "na", "n/a", "nan", "-nan", "null", "none", "nat"} | {"<na>", "#n/a", "#na", "\\n"}
LARGEST = 1e100  # of a value: the square of a larger one may be infinite
SPACES = str.maketrans("\u00a0\u2009\u202f", "   ")  # those that spreadsheets put between thousands

COMMA_DECIMAL = re.compile(r"[-+]?(\d*,(\d{1,2}|\d{4,})|0*,\d+|\d{4,},\d+|\d{1,3}(\.\d{3})+,\d+|\d{1,3}( \d{3})+,\d+)")
COMMA_THOUSANDS = re.compile(r"[-+]?\d{1,3}((,\d{3})+\.\d+|(,\d{3}){2,})")
COMMA_EITHER = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")


class NumberForm(NamedTuple):
    """Signs in numbers.

    Attributes:
      decimal: The decimal sign, "." or ",".
      thousands: The sign between thousands; "" for none.
      missing: Cells without a value, besides ``MISSING``.
    """

    decimal: str = "."
    thousands: str = ""
    missing: tuple[str, ...] = ()


POINT = NumberForm()


def parse_number(text: str, name: str, line: int, column: str, form: NumberForm | None = None) -> float:
    """The number in a cell, 0 or 1 for FALSE or TRUE; NaN for a missing one.

    Args:
      text: The cell.
      name: Name of the table, for messages.
      line: Its line.
      column: Its column.
      form: Signs in numbers; None for a decimal point and no thousands.

    Raises:
      InputError: If it is neither, or too large.
    """
    has_keys, form = form is not None, form or NumberForm()
    text = text.strip()
    if text.lower() in MISSING or text in form.missing:
        return math.nan
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        value = float(_with_point(text, form).replace("_", " "))  # Python would read 1_5 as 15.
    except ValueError:
        value = math.inf
    if not abs(value) < LARGEST:
        cell = text if len(text) <= 40 else text[:40] + "..."
        problem = "is too large; give the column in a larger unit" if math.isfinite(value) else "is not a number"
        if re.fullmatch(r"[-+]?[\d., ']*\d", text):
            problem += (
                f"; {text!r} needs another data.decimal or data.thousands than {form.decimal!r} and {form.thousands!r}"
                if form.decimal != "." or form.thousands
                else "; write a decimal point, and no separators of thousands"
                + (", or set data.decimal and data.thousands" if has_keys else "")
            )
        elif problem == "is not a number" and has_keys:
            problem += (
                "; set data.missing_markers if it stands for a missing value, or data.skip_lines if the line is no row"
            )
        raise InputError(f"{name}: line {line}, column {column!r}: {cell!r} {problem}")
    return value


def find_number_form(texts: Iterable[str]) -> tuple[NumberForm, str] | None:
    """Finds the decimal sign and that of thousands of numbers with commas.

    Args:
      texts: Cells that are no numbers with a decimal point.

    Returns:
      The form, and a cell that shows it; None if there is no sign of another form. A cell such as "1,234", which may
      be 1.234 or 1234, shows neither; its decimal sign is "" then.
    """
    found: dict[str, str] = {}
    pointed = False  # a cell has a point and no comma
    for text in (each.strip().translate(SPACES) for each in texts):
        pointed |= bool(re.fullmatch(r"[-+]?\d*\.\d+", text))
        if COMMA_DECIMAL.fullmatch(text):
            found.setdefault("decimal", text)
            thousands = "." if "." in text else " " if " " in text else ""
            if thousands:
                found.setdefault(thousands, text)
        elif COMMA_THOUSANDS.fullmatch(text):
            found.setdefault("thousands", text)
        elif COMMA_EITHER.fullmatch(text):
            found.setdefault("either", text)
    if "decimal" in found and "thousands" not in found:
        sign = "." if "." in found else " " if " " in found else ""
        if pointed and sign != ".":
            return None
        return NumberForm(",", sign), found.get(sign, found["decimal"])
    if "thousands" in found and "decimal" not in found:
        return NumberForm(".", ","), found["thousands"]
    return (NumberForm(""), found["either"]) if found.keys() == {"either"} else None


def is_numeric(column: "pd.Series") -> bool:
    """True if a column of pandas holds numbers or truth values."""
    return bool(column.dtype.kind in "iufb")


def parse_cells(cells: "pd.Series", name: str, column: str, form: NumberForm) -> np.ndarray:
    """The numbers of a column of texts, whose index are lines, ``[T]``; each text is parsed once.

    Raises:
      InputError: With the line of the first cell that is no number.
    """
    import pandas as pd

    codes, texts = pd.factorize(cells.to_numpy(object))
    lines = cells.index.to_numpy()[np.unique(codes, return_index=True)[1]]  # where each text is first
    found = [parse_number(text, name, line, column, form) for text, line in zip(texts, lines.tolist(), strict=True)]
    numbers: np.ndarray = np.array(found, np.float64)[codes]
    return numbers


def _with_point(text: str, form: NumberForm) -> str:
    """A number with a decimal point and without signs of thousands; other text as it is."""
    if form.thousands:
        text = text.translate(SPACES)
        groups = re.fullmatch(rf"([-+]?\d{{1,3}})((?:{re.escape(form.thousands)}\d{{3}})+)(\D\d*)?", text)
        if groups:
            text = groups[1] + groups[2].replace(form.thousands, "") + (groups[3] or "")
        elif form.thousands in text:
            return "no number"
    if form.decimal == ",":
        return "no number" if "." in text else text.replace(",", ".")
    return text
