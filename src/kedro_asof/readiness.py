"""Whether the sources of a date reach it: until then, a run ends as not ready."""

from collections.abc import Mapping
from datetime import timedelta

import ibis.expr.types as ir
import pandas as pd
from pydantic import Field

from kedro_asof.errors import InputError, NotReadyError
from kedro_asof.params import AsOf, Block


class SourcesNotReadyError(NotReadyError):
    """A source does not reach the day before `as_of` yet."""


class UnknownSourceColumnError(InputError):
    """`readiness` names a column that its table does not have."""


class SourceParams(Block):
    """One table.

    Attributes:
        date: The column with the day of a row.
        lag_days: How many days its latest row may lie before the day before `as_of`.
    """

    date: str = Field(min_length=1)
    lag_days: int = Field(ge=0)


class ReadinessParams(Block):
    """The tables that a run waits for, by name."""

    sources: dict[str, SourceParams]


def check_readiness(
    readiness: ReadinessParams, tables: Mapping[str, ir.Table], as_of: AsOf
) -> None:
    """Refuse a date that a source does not reach.

    Args:
        readiness: The lag that each source may have.
        tables: The tables of `readiness`, by name.
        as_of: The date of the run.

    Raises:
        SourcesNotReadyError: Names each source that is late, with the day that it reaches.
        UnknownSourceColumnError: When a table does not have its column of days.
    """
    late = [
        lag
        for name, table in tables.items()
        if (lag := _find_lag(name, table, readiness.sources[name], as_of))
    ]
    if late:
        raise SourcesNotReadyError(
            f"Not ready for as_of={as_of}: {'; '.join(late)}. Deliver the missing days, run "
            "ingestion and try again, or allow more in conf/base/parameters/readiness.yml."
        )


def _find_lag(name: str, table: ir.Table, source: SourceParams, as_of: AsOf) -> str | None:
    """Name the day that a source reaches, None if that is late enough."""
    if source.date not in table.columns:
        raise UnknownSourceColumnError(
            f"readiness.sources.{name}.date is {source.date!r}; {name} has {list(table.columns)}. "
            "Correct conf/base/parameters/readiness.yml."
        )
    needed = as_of.day - timedelta(days=1 + source.lag_days)
    last = table[source.date].max().execute()
    reached = None if last is None or pd.isna(last) else pd.Timestamp(last).date()
    if reached is not None and reached >= needed:
        return None
    return f"{name} reaches {reached or 'no day'}, needed is {needed} ({source.date})"
