"""Takes the first rows of whatever is a table.

In: a pandas or polars frame, an Arrow table, an ibis expression, a list of dictionaries, or a
dictionary of columns. Out: column names as they are, which may be tuples, rows of plain values, and
how many rows there are.
"""

import datetime
import decimal
import math
from collections.abc import Mapping
from typing import Any

from telco_churn.tracking.plain import is_written, unfold

TOO_MUCH = "..."


def read_rows(data: Any, limit: int, text_length: int) -> tuple[list[Any], list[list[Any]]]:
    """Take the first rows as plain values; the index of a frame is no part of it.

    Raises:
        TypeError: When this is no table, or a cell holds what cannot be looked into.
    """
    columns, rows = _take_columns(data, limit)
    plain = [[_simplify(value, text_length) for value in row] for row in rows]
    return columns, plain


def count_rows(data: Any) -> int | None:
    """Count the rows of a table that lies in memory; None of what would have to be computed."""
    if hasattr(data, "to_pyarrow"):  # an expression
        return None
    if hasattr(data, "num_rows"):
        return int(data.num_rows)
    if hasattr(data, "columns") and hasattr(data, "__len__"):
        return len(data)
    return None


def _take_columns(data: Any, limit: int) -> tuple[list[Any], list[tuple[Any, ...]]]:
    if hasattr(data, "iloc") and hasattr(data, "columns"):  # pandas
        head = data.iloc[:limit]
        return list(head.columns), list(head.itertuples(index=False, name=None))
    if hasattr(data, "to_pyarrow") and hasattr(data, "limit"):  # ibis
        return _take_columns(data.limit(limit).to_pyarrow(), limit)
    if hasattr(data, "to_pydict") and hasattr(data, "slice"):  # Arrow
        values = data.slice(0, limit).to_pydict()
        return list(values), list(zip(*values.values(), strict=True))
    if hasattr(data, "iter_rows") and hasattr(data, "head"):  # polars
        return list(data.columns), list(data.head(limit).iter_rows())
    return _take_items(data, limit)


def _take_items(data: Any, limit: int) -> tuple[list[Any], list[tuple[Any, ...]]]:
    if isinstance(data, Mapping) and all(isinstance(column, list) for column in data.values()):
        return list(data), [
            row for _, row in zip(range(limit), zip(*data.values(), strict=True), strict=False)
        ]
    if isinstance(data, list) and all(isinstance(row, Mapping) for row in data):
        head = data[:limit]
        columns = list(dict.fromkeys(name for row in head for name in row))
        return columns, [tuple(row.get(name) for name in columns) for row in head]
    raise TypeError(f"{type(data).__name__} is no table that can be logged")


def _simplify(value: Any, text_length: int) -> Any:
    """Leave what JSON knows; dates and the like become texts, what is missing None."""
    value = unfold(value)
    if isinstance(value, dict):
        return {key: _simplify(item, text_length) for key, item in value.items()}
    if isinstance(value, list):
        return [_simplify(item, text_length) for item in value]
    if _is_missing(value):
        return None
    if isinstance(value, bool | int | float):
        return value
    if not is_written(value):  # its text may tell what its fields would not
        raise TypeError(f"a cell holds a {type(value).__name__}, in which no name can be redacted")
    return float(value) if isinstance(value, decimal.Decimal) else _write(value, text_length)


def _write(value: Any, text_length: int) -> str:
    text = value.isoformat() if isinstance(value, datetime.date) else str(value)
    return text if len(text) <= text_length else text[:text_length] + TOO_MUCH


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return str(value) in {"NaT", "<NA>"}
