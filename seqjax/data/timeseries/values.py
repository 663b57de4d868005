"""Values of a table: numbers, truth values and the many signs for a missing one."""

import math
import re

from seqjax.errors import InputError

# Cells without a value, in small letters: those of pandas, R, SQL, Excel and statistical offices.
MISSING = {"", "-", "?", ".", "na", "n/a", "nan", "-nan", "null", "none", "nat"} | {"<na>", "#n/a", "#na", "\\n"}
LARGEST = 1e100  # of a value: the square of a larger one may be infinite


def parse_number(text: str, name: str, line: int, column: str) -> float:
    """The number in a cell, 0 or 1 for FALSE or TRUE; NaN for a missing one.

    Args:
      text: The cell.
      name: Name of the table, for messages.
      line: Its line.
      column: Its column.

    Raises:
      InputError: If it is neither, or too large.
    """
    text = text.strip()
    if text.lower() in MISSING:
        return math.nan
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        value = float(text.replace("_", " "))  # Python would read 1_5 as 15.
    except ValueError:
        value = math.inf
    if not abs(value) < LARGEST:
        cell = text if len(text) <= 40 else text[:40] + "..."
        problem = "is too large; give the column in a larger unit" if math.isfinite(value) else "is not a number"
        if re.fullmatch(r"[-+]?[\d., ]*\d", text):
            problem += "; write a decimal point, and no separators of thousands"
        raise InputError(f"{name}: line {line}, column {column!r}: {cell!r} {problem}")
    return value
