"""Check that the source tables have data up to `as_of`; otherwise the run ends as not ready."""

from collections.abc import Mapping
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd
from pydantic import Field

from kedro_asof.errors import (
    SourcesNotReadyError,
    UnknownSourceColumnError,
)
from kedro_asof.params import AsOf, Block


class SourceParams(Block):
    """A source table."""

    date: str = Field(min_length=1)
    """Column with the day of a row."""
    lag_days: int = Field(ge=0)
    """Number of days before `as_of` that may be missing, 0 or more; 0 requires a row of the day
    before `as_of`."""


class ReadinessParams(Block):
    """The source tables that a run needs."""

    sources: dict[str, SourceParams]
    """Date column and allowed lag by name of the table in the catalog."""


def check_readiness(
    readiness: ReadinessParams, tables: Mapping[str, ir.Table], as_of: AsOf
) -> None:
    """Check that every source table has data up to `as_of`.

    Args:
        readiness: The date column and the allowed lag of each table.
        tables: The tables of `readiness`, by name.
        as_of: The date of the run.

    Raises:
        SourcesNotReadyError: Names each late table, its last day and the required day.
        UnknownSourceColumnError: When a table does not have its date column.
    """
    late = [
        lag
        for name, table in tables.items()
        if (lag := _find_lag(name, table, readiness.sources[name], as_of))
    ]
    if late:
        raise SourcesNotReadyError(
            f"Not ready for as_of={as_of}: {'; '.join(late)}. Deliver the missing days, run the "
            "pipeline that writes these tables and try again, or raise readiness.sources.NAME."
            "lag_days in the parameters."
        )


def _find_lag(name: str, table: ir.Table, source: SourceParams, as_of: AsOf) -> str | None:
    """Describe the last day of a late table; None if the table is ready."""
    if source.date not in table.columns:
        raise UnknownSourceColumnError(
            f"Unknown column {source.date!r} in readiness.sources.{name}.date: expected one of "
            f"{list(table.columns)}. Correct the parameters of `readiness`."
        )
    needed = as_of.day - timedelta(days=1 + source.lag_days)
    # An engine finds one such day in the statistics of files; for the last day it reads all rows.
    if table.filter(table[source.date] >= ibis.literal(needed)).limit(1).count().execute():
        return None
    last = table[source.date].max().execute()
    reached = None if last is None or pd.isna(last) else pd.Timestamp(last).date()
    return f"{name} reaches {reached or 'no day'}, expected {needed} or later ({source.date})"
