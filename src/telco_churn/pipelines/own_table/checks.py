"""Check that a table matches the parameters of `own_table`.

In: the table, with blanks read as missing. Out: nothing, or an error that names the parameter.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from kedro_asof.errors import InputError
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.date_texts import DateForm

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
        "own_table.accept": list(params.accept),
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


def check_time(
    values: pd.Series,
    days: pd.Series,
    form: DateForm,
    params: OwnTableParams,
    as_of: pd.Timestamp,
) -> None:
    """Check that the column `time` holds only dates up to `as_of`, in an order that is certain.

    Args:
        values: The column, as in the file.
        days: The day that each value was read as.
        form: The order of day, month and year.
        params: Names the file and the column.
        as_of: The date of the run.
    """
    where = f"{params.table}, column {params.time} (own_table.time)"
    if days.isna().any():
        raise UnusableTableError(
            f"Invalid dates in {where}: {days.isna().sum():,} rows hold "
            f"{_show(values[days.isna()].fillna('nothing'))}, expected a date in each. Correct "
            "these rows or own_table.time."
        )
    if not form.is_sure:
        raise UnusableTableError(
            f"Ambiguous dates in {where}: {_show(values)} fit both day first and month first. Set "
            "own_table.date_format, for example %d/%m/%Y or %m/%d/%Y."
        )
    late = days[days > as_of]
    if len(late):
        raise UnusableTableError(
            f"Invalid dates in {where}: {len(late):,} rows are dated after {as_of.date()} (as_of), "
            f"up to {late.max().date()}, expected no rows from the future. Set "
            f"as_of={late.max().date()} or later, or remove these rows."
        )


def check_id(ids: pd.Series, days: pd.Series, params: OwnTableParams) -> None:
    """Check that ids are filled, and unique: in the table, or with `time` on each of the `days`."""
    where = f"{params.table}, column {params.id} (own_table.id)"
    if ids.isna().any():
        raise UnusableTableError(
            f"Missing values in {where}: {ids.isna().sum():,} rows are empty, expected an id in "
            "each. Fill or remove these rows, or leave own_table.id out to number the rows."
        )
    if params.time:
        key = pd.DataFrame({"id": ids, "date": days})
        within, expected = f" on one date of {params.time}", "customer and date"
        remedy = "or correct own_table.time"
    else:
        key, within, expected = ids.to_frame(), "", "customer"
        remedy = "name the date of each row in own_table.time, or leave own_table.id out"
    repeated = ids[key.duplicated()]
    if len(repeated):
        raise UnusableTableError(
            f"Repeated values in {where}{within}: {_show(repeated)}, expected one row per "
            f"{expected}. Keep one row of each, {remedy}."
        )


def check_target(target: pd.Series, positive: str | None, params: OwnTableParams) -> None:
    """Check that the target has two values and that one of them is known to mean churn.

    Args:
        target: The target as read, missing where it is unknown.
        positive: The value that means churn; None if that is not known.
        params: `target` and `positive`.
    """
    values = sorted(target.dropna().unique())
    where = f"{params.table}, column {params.target} (own_table.target)"
    if len(values) != CLASSES:
        more = f" and {len(values) - EXAMPLES_SHOWN:,} more" if len(values) > EXAMPLES_SHOWN else ""
        raise UnusableTableError(
            f"Invalid target in {where}: it holds {_show(values)}{more}, expected two values. "
            "Correct own_table.target, or reduce the column to two values."
        )
    if positive is None:
        named = "" if params.positive is None else f" {params.positive!r} is not one of them."
        raise UnusableTableError(
            f"Unknown churn value in {where}: it holds {_show(values)}.{named} Set "
            "own_table.positive to the value that means churn."
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


def check_finite(infinite: Mapping[str, int], params: OwnTableParams) -> None:
    """Check that numbers are finite: a model would treat an infinite one as merely large.

    Args:
        infinite: Number of infinite values, by column.
        params: Names the file.
    """
    found = [f"{column} in {rows} rows" for column, rows in infinite.items() if rows]
    if found:
        raise UnusableTableError(
            f"{params.table} has infinite values: {', '.join(found)}, expected finite numbers. "
            "Empty these cells, which makes them missing, or name the columns in own_table.drop."
        )


def _show(values: Iterable[object]) -> list[str]:
    return [str(value) for value in dict.fromkeys(values)][:EXAMPLES_SHOWN]
