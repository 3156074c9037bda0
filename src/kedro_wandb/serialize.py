"""Conversion of values to plain data in which redaction finds every name.

In: any value. Out: dictionaries, lists, texts, numbers and None.
"""

import datetime
import decimal
import enum
import math
import uuid
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any

# Types without fields: their text holds no name that redaction could miss.
TEXTUAL = (
    str,
    bytes,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.tzinfo,
    decimal.Decimal,
    enum.Enum,
    uuid.UUID,
    PurePath,
    type,
)
TEXTUAL_IN_PANDAS = ("Interval", "Period", "NaTType", "NAType")  # by name: pandas is optional
ELLIPSIS = "..."


def as_plain(value: Any) -> Any:
    """Serialize a parameter at any depth; an object of an unknown type becomes its type's name."""
    value = _unfold(value)
    if isinstance(value, dict):
        return {str(name): as_plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value) if _is_textual(value) else type(value).__name__


def as_cell(value: Any, text_length: int) -> Any:
    """Serialize a table cell: dates become texts, missing values None, long texts are cut.

    Raises:
        TypeError: If the cell holds an object whose fields cannot be redacted.
    """
    value = _unfold(value)
    if isinstance(value, dict):
        return {key: as_cell(item, text_length) for key, item in value.items()}
    if isinstance(value, list):
        return [as_cell(item, text_length) for item in value]
    if _is_missing(value):
        return None
    if isinstance(value, bool | int | float):
        return value
    if not _is_textual(value):  # its text may contain the value of a redacted field
        kind = type(value).__name__
        raise TypeError(f"a cell holds an object of type {kind}, whose fields cannot be redacted")
    if isinstance(value, decimal.Decimal):
        return float(value)
    text = value.isoformat() if isinstance(value, datetime.date) else str(value)
    return text if len(text) <= text_length else text[:text_length] + ELLIPSIS


def _unfold(value: Any) -> Any:
    """Convert one level: named fields to a dictionary, sequences to a list, nothing else."""
    opened = value
    if isinstance(value, Mapping):
        opened = dict(value)
    elif hasattr(value, "model_dump"):
        opened = value.model_dump(mode="json")  # a pydantic RootModel returns its one value
    elif hasattr(value, "_asdict"):  # a named tuple
        opened = value._asdict()
    elif is_dataclass(value) and not isinstance(value, type):
        opened = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, list | tuple | set | frozenset):
        opened = list(value)
    elif hasattr(value, "tolist") and hasattr(value, "dtype"):  # NumPy arrays and scalars
        names = getattr(value.dtype, "names", None)
        opened = value.tolist()
        if names:
            rows = value.reshape(-1).tolist()
            opened = [dict(zip(names, row, strict=True)) for row in rows]
    return opened


def _is_textual(value: Any) -> bool:
    return isinstance(value, TEXTUAL) or type(value).__name__ in TEXTUAL_IN_PANDAS


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or str(value) in {"NaT", "<NA>"}
