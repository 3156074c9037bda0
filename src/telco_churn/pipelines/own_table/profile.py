"""Profile the columns of a table: what each holds, its use, what is odd, what it tells alone.

In: the table, the roles of its columns, labels. Out: rows of `ColumnProfile`, and the features that
the profile names.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from kedro_asof.column_names import find_free_name
from telco_churn.contracts.direct_identifiers import find_direct_identifier
from telco_churn.contracts.operator_tables import IDENTIFIERS
from telco_churn.learning.value_counts import count_values, draw_rows, rank_by_values
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.checks import check_finite
from telco_churn.pipelines.own_table.columns import (
    CATEGORY,
    CONSTANT,
    DATE,
    FLAG,
    IDENTIFIER,
    NUMBER,
    NUMBER_IN_TEXT,
    PERSONAL,
    UNREADABLE,
    Reading,
    ReadingOptions,
    Texts,
    find_reading,
    find_unread,
    find_words_for_missing,
    is_text,
    read_values,
    write_as_text,
)
from telco_churn.pipelines.own_table.date_texts import find_date_form

RESERVED = ("customer_id", "as_of", "churned", "split", *IDENTIFIERS)
NOT_USED = "not used"
USED_AS = {
    NUMBER: "number",
    NUMBER_IN_TEXT: "number",
    DATE: "days before as_of",
    CATEGORY: "category",
    FLAG: "category",
    CONSTANT: NOT_USED,
    IDENTIFIER: NOT_USED,
    UNREADABLE: NOT_USED,
    PERSONAL: NOT_USED,
}
FEATURE_USES = tuple(dict.fromkeys(use for use in USED_AS.values() if use != NOT_USED))
EXAMPLES = 3
SIGNAL_ROWS = 200_000  # rows that measure what a column tells alone


def find_readings(table: pd.DataFrame, params: OwnTableParams) -> dict[str, Reading]:
    """Find out what each column holds; columns that leave no doubt decide for the others.

    The column `time` is read as dates, whatever share of it is dates.
    """
    options = _list_options(params)
    readings = {str(column): find_reading(table[column], options) for column in table}
    decimals = Counter(
        reading.number.decimal for reading in readings.values() if reading.number.shows_decimal
    )
    orders = Counter(
        reading.date.order
        for reading in readings.values()
        if reading.date.is_sure and reading.date.order in ("day first", "month first")
    )
    usual = replace(
        options, decimal=_find_most_frequent(decimals), order=_find_most_frequent(orders)
    )
    for column, reading in readings.items():
        if not (reading.number.is_sure and reading.date.is_sure):
            readings[column] = find_reading(table[column], usual)
    if params.time:
        readings[params.time] = _find_date_reading(table[params.time], usual)
    return readings


def profile_columns(
    table: pd.DataFrame,
    readings: Mapping[str, Reading],
    churned: pd.Series,
    params: OwnTableParams,
    seen_on: pd.Series,
) -> pd.DataFrame:
    """Describe each column as a row of `ColumnProfile`.

    Args:
        table: The rows, as in the file.
        readings: The reading of each column.
        churned: The labels of the rows, missing where unknown.
        params: The roles of the columns, and how to read them.
        seen_on: The day of each row.

    Raises:
        UnusableTableError: When a feature has infinite values.
    """
    options = _list_options(params)
    is_typed = any(not is_text(table[column]) for column in table if table[column].notna().any())
    labels = churned[churned.notna()].astype(bool)
    draw = draw_rows(labels.to_numpy(), SIGNAL_ROWS, params.seed)
    rows, infinite = [], {}
    for column, reading in readings.items():
        values = table[column]
        read = read_values(values, reading, options)
        row = _describe(values, read, reading, params, seen_on, is_typed=is_typed)
        if row["used_as"] in FEATURE_USES and pd.api.types.is_float_dtype(read):
            infinite[column] = int(np.isinf(read).sum())
        signal = _rank_identifiers(values, read, row["kind"])[labels.index].iloc[draw.rows]
        counts = count_values(signal, labels.to_numpy()[draw.rows], draw.is_second_half)
        auc = None if row["used_as"] == "target" else round(rank_by_values(counts), 4)
        rows.append(row | {"roc_auc": auc})
    check_finite(infinite, params)
    profile = pd.DataFrame(rows)
    names = name_features(select_features(profile)["column"])
    profile["feature"] = profile["column"].map(names)
    texts = ["feature", "form", "note", "examples", "first_value"]
    return profile.astype(dict.fromkeys(texts, "str") | {"roc_auc": "float64"})


def read_days(table: pd.DataFrame, reading: Reading, params: OwnTableParams) -> pd.Series:
    """Read the column `time` as days; a value that is not a date is missing."""
    return read_values(table[str(params.time)], reading, _list_options(params))


def read_features(
    table: pd.DataFrame,
    column_profile: pd.DataFrame,
    params: OwnTableParams,
    seen_on: pd.Timestamp | pd.Series,
) -> pd.DataFrame:
    """Read the columns that the profile uses as features, under their feature names.

    Args:
        table: The rows, as in the file.
        column_profile: A `ColumnProfile`.
        params: `timezone` gives times with an offset their day.
        seen_on: One day, or a day for each row. Dates become the number of days before it.
    """
    options, readings = _list_options(params), list_profiled(column_profile)
    features = {}
    for row in select_features(column_profile).to_dict("records"):
        read = read_values(table[row["column"]], readings[row["column"]], options)
        is_date = row["kind"] == DATE
        features[row["feature"]] = (seen_on - read).dt.days.astype("float64") if is_date else read
    return pd.DataFrame(features, index=table.index)


def list_profiled(column_profile: pd.DataFrame) -> dict[str, Reading]:
    """Return the reading that the profile records for each column."""
    rows = column_profile.fillna({"form": ""}).to_dict("records")
    return {row["column"]: Reading.from_profile(row["kind"], row["form"]) for row in rows}


def select_features(column_profile: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the profile that are used as features."""
    return column_profile[column_profile["used_as"].isin(FEATURE_USES)]


def name_features(columns: Iterable[str]) -> dict[str, str]:
    """Map each column to a unique feature name that keeps its words, in any script."""
    names: dict[str, str] = {}
    taken = {*RESERVED}
    for column in columns:
        plain = re.sub(r"\W+", "_", column).strip("_") or "column"
        names[column] = find_free_name(plain, taken)
        taken.add(names[column].casefold())
    return names


def _describe(
    values: pd.Series,
    read: pd.Series,
    reading: Reading,
    params: OwnTableParams,
    seen_on: pd.Series,
    *,
    is_typed: bool,
) -> dict[str, Any]:
    column, is_given_as_text = str(values.name), is_text(values)
    unread = find_unread(values, read, reading)
    words = find_words_for_missing(values, reading)
    texts = values.dropna() if is_given_as_text else write_as_text(values.dropna())
    distinct = texts.drop_duplicates()
    days = (seen_on - read).dt.days if reading.kind == DATE else None
    personal = find_direct_identifier(column, distinct.tolist(), len(texts), days)
    if reading.kind == CONSTANT or column in params.accept or column == params.time:
        personal = None
    kind = PERSONAL if personal else reading.kind
    if kind == NUMBER and is_given_as_text:
        is_plain = pd.to_numeric(distinct, errors="coerce").notna().all()
        kind = NUMBER if is_plain and not is_typed else NUMBER_IN_TEXT
    roles = {params.target: "target", params.id: "id", params.time: "time"}
    roles |= dict.fromkeys(params.drop, "dropped")
    notes = [
        _explain_left_out(reading.kind),
        *_explain_reading(reading),
        _count_later(days, params),
        _count("unreadable", unread),
        _count("read as missing", words),
    ]
    if personal:
        notes = [personal]
    present = read if reading.kind not in (UNREADABLE, IDENTIFIER, CONSTANT) else texts
    return {
        "column": column,
        "kind": kind,
        "used_as": roles.get(column, USED_AS[kind]),
        "feature": None,
        "form": reading.form,
        "note": "; ".join(note for note in notes if note) or None,
        "missing": len(values) - int(present.notna().sum()),
        "unreadable": int(unread.sum()),
        "examples": None if personal else ", ".join(unread.index[:EXAMPLES]) or None,
        "distinct": int(present.nunique()),
        # A direct identifier is never shown.
        "first_value": str(texts.iloc[0]) if len(texts) and not personal else None,
    }


def _count_later(days: pd.Series | None, params: OwnTableParams) -> str:
    """Count the dates after the day of their row, such as the end of a contract."""
    later = 0 if days is None else int((days < 0).sum())
    day = params.time or "as_of"
    if not later:
        return ""
    return f"{later:,} dates after {day} are negative days; --drop it if they were not known then"


def _explain_left_out(kind: str) -> str:
    return {
        CONSTANT: "it has one value or none",
        IDENTIFIER: "its values identify rows",
        UNREADABLE: "its values are partly numbers or dates, too many are not",
        FLAG: "one value or blank",
    }.get(kind, "")


def _explain_reading(reading: Reading) -> Iterable[str]:
    if reading.kind == NUMBER:
        if reading.number.decimal == ",":
            yield "decimal comma"
        if reading.number.unit:
            yield f"in {reading.number.unit}"
        if not reading.number.is_sure:
            mark = "thousands" if reading.number.decimal == "." else "decimals"
            yield f"in doubt: commas were read as separating {mark}"
    if reading.kind == DATE and reading.date.order != "year first":
        yield reading.date.order
        if not reading.date.is_sure:
            yield "in doubt: every date also fits month first; --date-format decides"


def _count(what: str, rows_by_text: pd.Series) -> str:
    shown = ", ".join(repr(str(text)) for text in rows_by_text.index[:EXAMPLES])
    return f"{rows_by_text.sum():,} {what}: {shown}" if shown else ""


def _rank_identifiers(values: pd.Series, read: pd.Series, kind: str) -> pd.Series:
    """Return the values that measure what a column tells alone.

    Texts that identify rows are ranked by their order: a prefix can give the target away.
    """
    if kind not in (IDENTIFIER, PERSONAL) or not is_text(read):
        return read.rename(str(values.name))
    numbers = pd.to_numeric(read, errors="coerce")
    if numbers.notna().eq(read.notna()).all():
        return numbers.astype("float64").rename(str(values.name))
    places, _ = pd.factorize(read, sort=True)
    return pd.Series(places, read.index, "float64", values.name).where(read.notna())


def _find_date_reading(values: pd.Series, options: ReadingOptions) -> Reading:
    if not is_text(values):
        return Reading(DATE)
    texts = Texts(values)
    form = find_date_form(texts.distinct, texts.counts, options.order, options.date_format)
    return Reading(DATE, date=form)


def _list_options(params: OwnTableParams) -> ReadingOptions:
    return ReadingOptions(
        params.timezone, params.max_unreadable_share, date_format=params.date_format
    )


def _find_most_frequent(votes: Counter[str]) -> str | None:
    return votes.most_common(1)[0][0] if votes else None
