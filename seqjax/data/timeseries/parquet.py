"""Tables in the format Parquet, which pyarrow reads."""

import importlib.util
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqjax.data.tables import column_at
from seqjax.data.timeseries.values import is_numeric
from seqjax.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(content: bytes, name: str) -> "pd.DataFrame":
    """The frame that a file in the format Parquet holds."""
    import pandas as pd

    if importlib.util.find_spec("pyarrow") is None:
        raise InputError(f"{name} is Parquet, which needs pyarrow; install seqjax with its extra 'tables', or save CSV")
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise InputError(f"{name} is damaged ({str(error).splitlines()[0]}); write it again") from None
    if any(each is not None for each in frame.index.names):  # times may be the index of a frame of pandas
        frame = frame.reset_index()
    return frame.set_axis([str(column) for column in frame.columns], axis=1)


def columns_of(frame: "pd.DataFrame", name: str, wanted: Sequence[str], plain: Sequence[str]) -> "pd.DataFrame":
    """Columns of a frame; those in ``plain``, and those that hold no numbers, as text."""
    import pandas as pd

    read = {}
    for column in wanted:
        cells = frame.iloc[:, column_at(list(frame.columns), column, name)]
        if column in plain or not is_numeric(cells):
            read[column] = cells.astype(object).where(cells.notna(), "").astype(str).to_numpy(object)
        else:
            read[column] = cells.to_numpy(np.float64, na_value=np.nan)
    return pd.DataFrame(read, index=pd.RangeIndex(1, len(frame) + 1))
