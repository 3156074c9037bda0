"""Refuses a table that does not hold what its owner said it does.

In: the table, blanks read as missing, and what its columns are. Out: nothing, or an error.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kedro_asof.errors import InputError
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.columns import is_positive, read_dates

EXAMPLES_SHOWN = 5
CLASSES = 2


class UnusableTableError(InputError):
    """The table does not hold what its owner said it does."""


def check_named_columns(found: list[str], params: OwnTableParams) -> None:
    """Refuse a column that is named and not there, or named for two things."""
    named = {
        "TARGET": [params.target],
        "ID": [params.id] if params.id else [],
        "TIME": [params.time] if params.time else [],
        "DROP": list(params.drop),
    }
    for word, columns in named.items():
        lacking = [column for column in columns if column not in found]
        if lacking:
            raise UnusableTableError(
                f"{params.table} has no column {lacking} ({word}); it has {found}. Correct {word}."
            )
    meant = [column for columns in named.values() for column in set(columns)]
    twice = {column: [word for word in named if column in named[word]] for column in meant}
    for column, words in twice.items():
        if len(words) > 1:
            raise UnusableTableError(
                f"{params.table}: the column {column} is named as {' and '.join(words)}; each "
                "needs a column of its own. Correct one of them."
            )


def check_time(table: pd.DataFrame, params: OwnTableParams, as_of: pd.Timestamp) -> None:
    """Refuse a TIME column with something else than dates up to `as_of`."""
    if params.time is None:
        return
    values, dates = table[params.time], read_dates(table[params.time])
    where = f"{params.table}: the column {params.time} (TIME)"
    if values.isna().any():
        raise UnusableTableError(
            f"{where} is empty in {values.isna().sum()} rows; each row needs its date. Fill them "
            "or leave these rows out."
        )
    if dates.isna().any():
        raise UnusableTableError(
            f"{where} holds {_show(values[dates.isna()])}, which are not dates; allowed are dates "
            "written YYYY-MM-DD. Rewrite the column, or choose another TIME."
        )
    late = dates[dates > as_of]
    if len(late):
        raise UnusableTableError(
            f"{where} has {len(late)} rows dated after {as_of.date()}, the date of this run, up to "
            f"{late.max().date()}: rows of the future cannot be known. Say AS_OF="
            f"{late.max().date()} or later (--params as_of=...), or leave these rows out."
        )


def check_id(table: pd.DataFrame, params: OwnTableParams) -> None:
    """Refuse an id that is empty, or repeats: in the table, or with TIME on one date."""
    if params.id is None:
        return
    ids = table[params.id]
    if ids.isna().any():
        raise UnusableTableError(
            f"{params.table}: the id {params.id} is empty in {ids.isna().sum()} rows; each row "
            "needs one. Fill them, or leave ID out to number the rows."
        )
    if params.time is None:
        repeated = ids[ids.duplicated()]
        within, needed, way_out = "", "customer", "or leave ID out to number the rows"
    else:
        key = pd.DataFrame({"id": ids, "date": read_dates(table[params.time])})
        repeated = ids[key.duplicated()]
        within, needed = f" on one date of {params.time}", "customer and date"
        way_out = "or choose another TIME"
    if len(repeated):
        hint = ", or name the column with its date: TIME=..." if params.time is None else ""
        raise UnusableTableError(
            f"{params.table}: the id {params.id} repeats{within}, for example {_show(repeated)}; "
            f"one row per {needed} is needed. Keep one row of each, {way_out}{hint}."
        )


def check_target(table: pd.DataFrame, params: OwnTableParams, is_known: pd.Series) -> None:
    """Refuse a target that is empty where it can be known, or does not have two classes.

    Args:
        table: The rows.
        params: `target` and `positive`.
        is_known: Whether the target of each row can be known by the date of the run.
    """
    target = table[params.target]
    empty = int((target.isna() & is_known).sum())
    if empty:
        raise UnusableTableError(
            f"{params.table}: the target {params.target} is empty in {empty} rows"
            f"{' whose label window is over' if params.time else ''}; each of them needs one. Fill "
            "them or leave these rows out."
        )
    present = target.dropna()
    values = sorted(present.astype("str").unique())
    if len(values) != CLASSES or not is_positive(present, params.positive).any():
        raise UnusableTableError(
            f"{params.table}: the target {params.target} holds {values[:EXAMPLES_SHOWN]}"
            f"{' and more' if len(values) > EXAMPLES_SHOWN else ''}; it must hold two values, one "
            f"of them POSITIVE={params.positive}. Choose another TARGET or POSITIVE, or bring it "
            "down to two values."
        )


def check_slices(slices: Iterable[str], features: Iterable[str]) -> None:
    """Refuse slices by what the model does not read."""
    known = list(features)
    strangers = [feature for feature in slices if feature not in known]
    if strangers:
        raise UnusableTableError(
            f"evaluation.slices asks for {strangers} (SLICES), by which rows cannot be told apart; "
            f"the features of this table are {known}. Correct SLICES."
        )


def check_finite(features: pd.DataFrame, params: OwnTableParams) -> None:
    """Refuse infinite numbers: a model would read them as very large ones."""
    numbers = features.select_dtypes("float64")
    infinite = np.isinf(numbers).sum()
    found = {str(column): int(rows) for column, rows in infinite[infinite > 0].items()}
    if found:
        shown = ", ".join(f"{column} in {rows} rows" for column, rows in found.items())
        raise UnusableTableError(
            f"{params.table} has infinite values: {shown}. Only finite numbers are allowed. Leave "
            "these cells empty, which reads as missing, or DROP the columns."
        )


def _show(values: Iterable[object]) -> list[str]:
    return [str(value) for value in dict.fromkeys(values)][:EXAMPLES_SHOWN]
