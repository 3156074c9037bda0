"""Finds out what the columns of an unknown table hold.

In: a pandas column. Out: its kind, and its values as a number or a category.
"""

import re
from collections.abc import Iterable
from datetime import date

import pandas as pd

IDENTIFIER_SHARE = 0.9  # of distinct values, above which text names rows rather than groups them
IDENTIFIER_ROWS = 50  # with fewer rows, distinct values prove nothing
RESERVED = ("customer_id", "as_of", "churned", "split")

NUMBER = "number"
NUMBER_IN_TEXT = "number in text"
DATE = "date"
CATEGORY = "category"
CONSTANT = "constant"
IDENTIFIER = "identifier-like"

USED_AS = {
    NUMBER: "number",
    NUMBER_IN_TEXT: "number",
    DATE: "days before as_of",
    CATEGORY: "category",
    CONSTANT: "not used",
    IDENTIFIER: "not used",
}


def blank_to_missing(values: pd.Series) -> pd.Series:
    """Read text that is empty or only spaces as missing."""
    if not pd.api.types.is_string_dtype(values):
        return values
    stripped = values.astype("str").str.strip()
    return stripped.mask(stripped == "")


def find_kind(values: pd.Series) -> str:
    """Tell what a column holds, blanks already missing."""
    present = values.dropna()
    distinct = present.nunique()
    if distinct <= 1:
        return CONSTANT
    is_text = pd.api.types.is_string_dtype(values)
    if pd.api.types.is_integer_dtype(values) or is_text:
        share = 1.0 if pd.api.types.is_integer_dtype(values) else IDENTIFIER_SHARE
        could_identify = len(present) > IDENTIFIER_ROWS and distinct / len(present) >= share
    else:
        could_identify = False
    if is_text and pd.to_numeric(present, errors="coerce").notna().all():
        return NUMBER_IN_TEXT
    if pd.api.types.is_datetime64_any_dtype(values) or (is_text and _are_dates(present)):
        return DATE
    if could_identify:
        return IDENTIFIER
    return CATEGORY if is_text else NUMBER


def read_values(values: pd.Series, kind: str, as_of: date) -> pd.Series:
    """Read a column as a number or a category; dates become days before `as_of`."""
    if kind == DATE:
        days = pd.Timestamp(as_of) - pd.to_datetime(values, format="ISO8601").dt.tz_localize(None)
        return days.dt.days.astype("float64")
    if kind == CATEGORY:
        return values
    return pd.to_numeric(values).astype("float64")


def name_features(columns: Iterable[str]) -> dict[str, str]:
    """Give each column a name that models and tables take: letters, digits, underscores."""
    names: dict[str, str] = {}
    for column in columns:
        plain = re.sub(r"\W+", "_", column, flags=re.ASCII).strip("_") or "column"
        name, number = plain, 2
        while name in RESERVED or name in names.values():
            name, number = f"{plain}_{number}", number + 1
        names[column] = name
    return names


def _are_dates(present: pd.Series) -> bool:
    return bool(pd.to_datetime(present, format="ISO8601", errors="coerce").notna().all())
