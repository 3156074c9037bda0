"""Check that a table matches the parameters of `own_table`.

In: the table, with blanks read as missing. Out: nothing, or an error that names the parameter.
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
    """The table does not match the parameters of `own_table`."""


def check_named_columns(found: list[str], params: OwnTableParams) -> None:
    """Check that all named columns exist, and that no two parameters name the same column."""
    named = {
        "own_table.target": [params.target],
        "own_table.id": [params.id] if params.id else [],
        "own_table.time": [params.time] if params.time else [],
        "own_table.drop": list(params.drop),
    }
    for parameter, columns in named.items():
        lacking = [column for column in columns if column not in found]
        if lacking:
            raise UnusableTableError(
                f"Missing columns {lacking} in {params.table}: found {found}. Correct {parameter}."
            )
        for column in columns:
            by = [other for other in named if column in named[other]]
            if len(by) > 1:
                raise UnusableTableError(
                    f"{' and '.join(by)} name the same column {column!r} of {params.table}: "
                    "expected different columns. Correct one of them."
                )


def check_time(table: pd.DataFrame, params: OwnTableParams, as_of: pd.Timestamp) -> None:
    """Check that the time column holds only dates up to `as_of`."""
    if params.time is None:
        return
    where = f"{params.table}: the column {params.time} (own_table.time)"
    _check_filled(table[params.time], where)
    dates = read_dates(table[params.time])
    if dates.isna().any():
        raise UnusableTableError(
            f"{where} holds {_show(table.loc[dates.isna(), params.time])}: expected YYYY-MM-DD. "
            "Rewrite the column, or correct own_table.time."
        )
    late = dates[dates > as_of]
    if len(late):
        raise UnusableTableError(
            f"{where} has {len(late)} rows dated after {as_of.date()} (as_of), up to "
            f"{late.max().date()}: expected no rows from the future. Set "
            f"as_of={late.max().date()} or later, or remove these rows."
        )


def check_id(table: pd.DataFrame, params: OwnTableParams) -> None:
    """Check that ids are filled and unique: in the table, or with `time` on each date."""
    if params.id is None:
        return
    ids = table[params.id]
    where = f"{params.table}: the column {params.id} (own_table.id)"
    _check_filled(ids, where, remedy=", or leave own_table.id out to number the rows")
    if params.time:
        key = pd.DataFrame({"id": ids, "date": read_dates(table[params.time])})
        within, expected = f" on one date of {params.time}", "customer and date"
        remedy = "or correct own_table.time"
    else:
        key, within, expected = ids.to_frame(), "", "customer"
        remedy = "name the date of each row in own_table.time, or leave own_table.id out"
    repeated = ids[key.duplicated()]
    if len(repeated):
        raise UnusableTableError(
            f"{where} repeats values{within}, for example {_show(repeated)}: expected one row per "
            f"{expected}. Keep one row of each, {remedy}."
        )


def check_target(table: pd.DataFrame, params: OwnTableParams, is_known: pd.Series) -> None:
    """Check that the target has two classes, and is filled in rows where it can be known.

    Args:
        table: The rows.
        params: `target` and `positive`.
        is_known: Whether the target of each row can be known by the date of the run.
    """
    target = table[params.target]
    where = f"{params.table}: the column {params.target} (own_table.target)"
    _check_filled(target[is_known], where, " whose label window has ended" if params.time else "")
    present = target.dropna()
    values = sorted(present.astype("str").unique())
    if len(values) != CLASSES or not is_positive(present, params.positive).any():
        raise UnusableTableError(
            f"{where} holds {_show(values)}{' and more' if len(values) > EXAMPLES_SHOWN else ''}: "
            f"expected two values, one of them {params.positive} (own_table.positive). Correct "
            "either parameter, or reduce the column to two values."
        )


def check_slices(slices: Iterable[str], features: Iterable[str]) -> None:
    """Check that every slice is a feature."""
    known = list(features)
    unknown = [feature for feature in slices if feature not in known]
    if unknown:
        raise UnusableTableError(
            f"Unknown features {unknown} in evaluation.slices: expected some of {known}. Correct "
            "evaluation.slices."
        )


def check_finite(features: pd.DataFrame, params: OwnTableParams) -> None:
    """Check that numbers are finite: a model would treat an infinite one as merely large."""
    infinite = np.isinf(features.select_dtypes("float64")).sum()
    found = [f"{column} in {rows} rows" for column, rows in infinite[infinite > 0].items()]
    if found:
        raise UnusableTableError(
            f"{params.table} has infinite values: {', '.join(found)}, expected finite numbers. "
            "Empty these cells, which makes them missing, or name the columns in own_table.drop."
        )


def _check_filled(values: pd.Series, where: str, which: str = "", remedy: str = "") -> None:
    if values.isna().any():
        raise UnusableTableError(
            f"{where} is empty in {values.isna().sum()} rows{which}: expected a value in each. "
            f"Fill or remove these rows{remedy}."
        )


def _show(values: Iterable[object]) -> list[str]:
    return [str(value) for value in dict.fromkeys(values)][:EXAMPLES_SHOWN]
