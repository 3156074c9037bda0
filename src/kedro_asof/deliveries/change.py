"""A change of a monthly table, and the state that it is based on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.deliveries.log import Record, TableLog
from kedro_asof.engines.union import unite

MONTH = "event_month"  # the partition of a row: 2026-09, null without a date


def _open_nothing() -> None:
    """Return None: there is no table."""


@dataclass(frozen=True)
class TableState:
    """A monthly table and its checked rows before a run.

    Attributes:
        log: The deliveries so far.
        open_kept: Opens the trusted rows, with `delivered_in`; None for a table that is not there.
            A table that is made anew is not opened, so that a damaged one can be.
        open_checked: Opens the rows with a finding, in the same way.
    """

    log: TableLog
    open_kept: Callable[[], ir.Table | None] = _open_nothing
    open_checked: Callable[[], ir.Table | None] = _open_nothing


@dataclass(frozen=True)
class TableChange:
    """Rows that come and rows that leave, in one commit.

    Attributes:
        add: Tables of rows that come, with `delivered_in`, all with the same columns.
        event_date: The column with the day of an event, whose month is the partition.
        follows: The version that the change is based on; -1 for a new table.
        settled_keys: The keys whose rows leave, because `add` has what is left of them.
        leaving: The files whose rows leave.
        replaces_all: Whether all rows leave.
        record: The record of the commit, to which the table adds its numbers of rows; None for a
            table whose log is not read.
        rows_after: The number of rows of the table after the commit; another number stops it.
        is_needed: Whether anything changes.
    """

    add: Sequence[ir.Table]
    event_date: str
    follows: int
    settled_keys: ir.Table
    leaving: Sequence[str] = ()
    replaces_all: bool = False
    record: Record | None = None
    rows_after: int | None = None
    is_needed: bool = True

    def list_added(self) -> ir.Table:
        """Return all rows that come, with their month."""
        return add_month(unite(self.add), self.event_date)

    def flag_leaving(self, rows: ir.Table) -> ir.Table:
        """Return rows with the boolean `is_leaving`, which is never null."""
        flagged = flag_keys(rows, self.settled_keys)
        leaves = flagged.is_settled | flagged[DELIVERED_IN].isin(list(self.leaving))
        return flagged.mutate(is_leaving=leaves).drop("is_settled")

    def remove_leaving(self, rows: ir.Table) -> ir.Table:
        """Return the rows that stay."""
        flagged = self.flag_leaving(rows)
        return flagged.filter(~flagged.is_leaving).drop("is_leaving")


def flag_keys(rows: ir.Table, keys: ir.Table) -> ir.Table:
    """Return rows with the boolean `is_settled`: whether their key is among keys; never null.

    A join, because DuckDB may build the hash table of an anti join from the larger side.
    """
    flags = keys.distinct().mutate(is_settled=ibis.literal(True))
    joined = rows.left_join(flags, keys.columns)
    return joined.select(*rows.columns, is_settled=joined.is_settled.fill_null(False))


def add_month(rows: ir.Table, event_date: str) -> ir.Table:
    """Add the partition of each row."""
    return rows.mutate(**{MONTH: rows[event_date].strftime("%Y-%m")})
