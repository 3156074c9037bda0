"""What was known on the morning of a day.

In: rows with the day on which they happened, and a date. Out: the rows and values that were known
before it. A snapshot is the columns that name an entity, `customer_id` for one, and `as_of`.
"""

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

LOADED_AT = "loaded_at"  # when a row arrived, in tables that have it


def find_entity(snapshots: ir.Table) -> list[str]:
    """Return the columns of snapshots that name an entity: all but `as_of`."""
    return [column for column in snapshots.columns if column != "as_of"]


def join_known(snapshots: ir.Table, table: ir.Table, happened_on: str) -> ir.Table:
    """Pair each snapshot with the rows of its entity that were known on the morning of `as_of`.

    Args:
        snapshots: The entity and `as_of`.
        table: Rows with the columns of the entity, and `loaded_at` if it is known.
        happened_on: The date column of the table.

    Returns:
        `as_of` and the table's columns.
    """
    pairs = snapshots.join(table, find_entity(snapshots))
    return pairs.filter(is_known(pairs, happened_on, pairs.as_of))


def select_known(
    table: ir.Table, happened_on: str, known_from: Mapping[str, str], as_of: date
) -> ir.Table:
    """Return the rows that were known on the morning of a date, with the values known by then.

    Args:
        table: Rows, with `loaded_at` if it is known.
        happened_on: The date column of the table.
        known_from: Columns that are filled in later, each with the date column from which its
            value is known.
        as_of: The date.
    """
    known = table.filter(is_known(table, happened_on, as_of))
    values = {
        column: known_value(known, column, since, as_of) for column, since in known_from.items()
    }
    return known.mutate(**values)


def is_known(rows: ir.Table, happened_on: str, as_of: ir.Value | date) -> ir.BooleanValue:
    """Whether a row was known on the morning of `as_of`; never null."""
    known = rows[happened_on] < as_of
    if LOADED_AT in rows.columns:
        known &= rows[LOADED_AT].cast("date") < as_of
    return known.fill_null(False)


def known_value(rows: ir.Table, column: str, known_from: str, as_of: ir.Value | date) -> ir.Value:
    """A value that is filled in later, null until the morning after."""
    return ibis.ifelse((rows[known_from] < as_of).fill_null(False), rows[column], None)
