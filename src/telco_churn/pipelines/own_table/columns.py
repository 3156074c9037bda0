"""Find the content of an unknown table's columns, and read them as features.

In: pandas columns. Out: a profile of each column, and its values as a number or a category.
"""

import re
from collections.abc import Iterable

import pandas as pd

from telco_churn.parameters.own_table import OwnTableParams

IDENTIFIER_SHARE = 0.9  # share of distinct values from which text identifies rows
IDENTIFIER_ROWS = 50  # with fewer rows, distinct values prove nothing
WORDS_FOR_NOTHING = ("", "na", "n/a", "nan", "null", "none", "-")
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
FEATURE_USES = tuple(dict.fromkeys(use for use in USED_AS.values() if use != "not used"))


def profile_column(
    raw: pd.Series, values: pd.Series, params: OwnTableParams, *, is_typed: bool
) -> dict[str, object]:
    """Describe a column, as a row of `ColumnProfile`.

    Args:
        raw: The column as it is in the file, with its name.
        values: The column, with blanks read as missing.
        params: The target, id, time and dropped columns.
        is_typed: Whether the file has types, so that a number in text is a mistake.
    """
    named = {params.target: "target", params.id: "id", params.time: "time"}
    roles = named | dict.fromkeys(params.drop, "dropped")
    column = str(raw.name)
    kind = _find_kind(raw, is_typed)
    present = values.dropna()
    return {
        "column": column,
        "kind": kind,
        "used_as": roles.get(column, USED_AS[kind]),
        "missing": len(values) - len(present),
        "distinct": present.nunique(),
        "first_value": str(present.iloc[0]) if len(present) else None,
    }


def read_features(
    table: pd.DataFrame, column_profile: pd.DataFrame, seen_on: pd.Timestamp | pd.Series
) -> pd.DataFrame:
    """Read the columns that the profile uses as features, under their feature names.

    Args:
        table: The rows, with blanks read as missing.
        column_profile: A `ColumnProfile`.
        seen_on: One day, or a day for each row. Dates become the number of days before it.
    """
    used = column_profile[column_profile["used_as"].isin(FEATURE_USES)]
    names = _name_features(used["column"])
    features = {
        names[column]: _read_values(table[column], kind, seen_on)
        for column, kind in zip(used["column"], used["kind"], strict=True)
    }
    return pd.DataFrame(features, index=table.index)


def blank_to_missing(values: pd.Series) -> pd.Series:
    """Read empty text, blanks, and words such as `n/a` as missing."""
    if not pd.api.types.is_string_dtype(values):
        return values
    stripped = values.astype("str").str.strip()
    return stripped.mask(stripped.str.casefold().isin(WORDS_FOR_NOTHING))


def read_dates(values: pd.Series) -> pd.Series:
    """Read ISO dates without their time of day; other values become missing."""
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    dates = pd.to_datetime(values, format="ISO8601", errors="coerce")
    return dates.dt.tz_localize(None).dt.normalize()


def is_positive(target: pd.Series, positive: str) -> pd.Series:
    """Return whether each value means churn; case does not matter."""
    return target.astype("str").str.casefold() == positive.casefold()


def _find_kind(values: pd.Series, is_typed: bool) -> str:
    present = blank_to_missing(values).dropna()
    if present.nunique() <= 1:
        return CONSTANT
    is_text = pd.api.types.is_string_dtype(values)
    numbers = pd.to_numeric(present, errors="coerce") if is_text else present
    if pd.api.types.is_numeric_dtype(numbers) and numbers.notna().all():
        if _number_rows(numbers):
            return IDENTIFIER
        has_blanks = values.dropna().size > present.size
        return NUMBER_IN_TEXT if is_text and (is_typed or has_blanks) else NUMBER
    if pd.api.types.is_datetime64_any_dtype(present) or _are_dates(present):
        return DATE
    is_named_apart = present.nunique() >= IDENTIFIER_SHARE * len(present) > IDENTIFIER_ROWS
    return IDENTIFIER if is_named_apart else CATEGORY


def _read_values(values: pd.Series, kind: str, seen_on: pd.Timestamp | pd.Series) -> pd.Series:
    if kind == DATE:
        days = seen_on - pd.to_datetime(values, format="ISO8601").dt.tz_localize(None)
        return days.dt.days.astype("float64")
    if kind == CATEGORY:
        return values
    return pd.to_numeric(values).astype("float64")


def _name_features(columns: Iterable[str]) -> dict[str, str]:
    """Map each column to a unique name of letters, digits and underscores, as models need."""
    names: dict[str, str] = {}
    for column in columns:
        plain = re.sub(r"\W+", "_", column, flags=re.ASCII).strip("_") or "column"
        name, number = plain, 2
        while name in RESERVED or name in names.values():
            name, number = f"{plain}_{number}", number + 1
        names[column] = name
    return names


def _number_rows(numbers: pd.Series) -> bool:
    """Return whether whole numbers count the rows, or are unique under the name of an id."""
    if len(numbers) <= IDENTIFIER_ROWS or not numbers.is_unique or (numbers % 1 != 0).any():
        return False
    is_named_id = re.search(r"(^|[\W_])(id|number|nr)$|[a-z]I[dD]$", str(numbers.name))
    return bool(is_named_id) or numbers.is_monotonic_increasing


def _are_dates(present: pd.Series) -> bool:
    return bool(pd.to_datetime(present, format="ISO8601", errors="coerce").notna().all())
