"""What was known on the morning of a day.

In: snapshots and a table. Out: each snapshot with the rows that had happened, and had been loaded,
before its `as_of`.
"""

import ibis
import ibis.expr.types as ir

KEY = ("customer_id", "as_of")  # of a snapshot
LOADED_AT = "loaded_at"  # when a row arrived, in tables that have it


def join_known(snapshots: ir.Table, table: ir.Table, happened_on: str) -> ir.Table:
    """Pair each snapshot with the rows of its customer that were known by then.

    Args:
        snapshots: `customer_id`, `as_of`.
        table: Rows with `customer_id`, and `loaded_at` if it is known.
        happened_on: The date column of the table.

    Returns:
        `as_of` and the table's columns.
    """
    pairs = snapshots.join(table, "customer_id")
    return pairs.filter(is_known(pairs, happened_on))


def is_known(pairs: ir.Table, happened_on: str) -> ir.BooleanValue:
    """Whether a row was there on the morning of `as_of`; never null."""
    known = pairs[happened_on] < pairs.as_of
    if LOADED_AT in pairs.columns:
        known &= pairs[LOADED_AT].cast("date") < pairs.as_of
    return known.fill_null(False)


def known_value(pairs: ir.Table, column: str, known_from: str) -> ir.Value:
    """A value that is filled in later, null until the morning after."""
    return ibis.ifelse((pairs[known_from] < pairs.as_of).fill_null(False), pairs[column], None)
