"""Opens up whatever holds values by name, so that names can be looked at before anything is logged.

In: a value of any kind. Out: dictionaries, lists, and values that hold no others.
"""

import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any

WRITTEN = (
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
OF_PANDAS = ("Interval", "Period", "NaTType", "NAType")  # which a project need not have


def unfold(value: Any) -> Any:
    """Open one level: names become a dictionary, a sequence a list; the rest stays as it is."""
    named = _find_names(value)
    if named is not None:
        return named
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if hasattr(value, "tolist") and hasattr(value, "dtype"):  # NumPy's arrays and scalars
        return _unfold_array(value)
    return value


def is_written(value: Any) -> bool:
    """Whether the text of a value is all that it holds."""
    return isinstance(value, WRITTEN) or type(value).__name__ in OF_PANDAS


def _find_names(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")  # of a model of one value, that value
    if hasattr(value, "_asdict"):  # a named tuple
        return value._asdict()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return None


def _unfold_array(value: Any) -> Any:
    names = getattr(value.dtype, "names", None)
    if names is None:
        return value.tolist()
    return [dict(zip(names, row, strict=True)) for row in value.reshape(-1).tolist()]
