"""Select the rows and values that were known on the morning of a day.

In: rows with the day on which they happened, and a date. Out: the rows and values that were known
before that date. A snapshot has the columns of an entity, for example `customer_id`, and `as_of`.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from kedro_asof.errors import UnknownMeasureError

LOADED_AT = "loaded_at"  # the arrival time of a row; an optional column


def find_entity(snapshots: ir.Table) -> list[str]:
    """Return the columns of the entity: all columns of the snapshots except `as_of`."""
    return [column for column in snapshots.columns if column != "as_of"]


def join_known(snapshots: ir.Table, table: ir.Table, happened_on: str) -> ir.Table:
    """Pair each snapshot with the rows of its entity that were known on the morning of `as_of`.

    Args:
        snapshots: The columns of the entity, and `as_of`.
        table: Rows with the columns of the entity, and optionally `loaded_at`.
        happened_on: The date column of the table.

    Returns:
        One row per pair: `as_of` and the columns of the table.
    """
    pairs = snapshots.join(table, find_entity(snapshots))
    return pairs.filter(is_known(pairs, happened_on, pairs.as_of))


def select_known(
    table: ir.Table, happened_on: str, known_from: Mapping[str, str], as_of: date
) -> ir.Table:
    """Return the rows that were known on the morning of a date, with the values known by then.

    Args:
        table: Rows, optionally with `loaded_at`.
        happened_on: The date column of the table.
        known_from: By column that is filled in later, the date column from which its value is
            known. A value that is not known yet becomes null.
        as_of: The date.
    """
    known = table.filter(is_known(table, happened_on, as_of))
    values = {
        column: known_value(known, column, since, as_of) for column, since in known_from.items()
    }
    return known.mutate(**values)


def left_join_all(rows: ir.Table, tables: Sequence[ir.Table], key: Sequence[str]) -> ir.Table:
    """Join rows with tables that have at most one row per key, in one chain of joins.

    A join after a join keeps the keys of both, under other names here. Leaving them out after each
    join instead would nest the query once per table, which takes ibis longer to write.

    Args:
        rows: The rows that stay, with the columns of the key.
        tables: The columns of the key and others, whose names no other table has.
        key: The columns to join by.
    """
    joined, repeated = rows, set[str]()
    for number, table in enumerate(tables):
        renamed = {f"{column}|{number}": column for column in key}
        pairs = [(column, name) for name, column in renamed.items()]
        joined = joined.left_join(table.rename(renamed), pairs)
        repeated |= {*renamed}
    return joined.select(*(name for name in joined.columns if name not in repeated))


def is_known(rows: ir.Table, happened_on: str, as_of: ir.Value | date) -> ir.BooleanValue:
    """Return whether a row was known on the morning of `as_of`; never null."""
    known = rows[happened_on] < as_of
    if LOADED_AT in rows.columns:
        known &= day_of(rows[LOADED_AT]) < as_of
    return known.fill_null(False)


def known_value(rows: ir.Table, column: str, known_from: str, as_of: ir.Value | date) -> ir.Value:
    """Return a value that is filled in later: null until the morning after that day."""
    return ibis.ifelse((rows[known_from] < as_of).fill_null(False), rows[column], None)


def day_of(value: ir.Value) -> ir.DateValue:
    """Return the day of a date or a time.

    Raises:
        UnknownMeasureError: When the time has a zone: its day depends on the operator's zone.
    """
    if value.type().is_timestamp() and value.type().timezone:
        raise UnknownMeasureError(
            f"Invalid type {value.type()} of {value.get_name()}: expected a date, or a timestamp "
            "without a time zone. Convert it to the operator's time zone; ingestion does so for "
            "the tables of ingestion.tables."
        )
    return value.cast("date")
