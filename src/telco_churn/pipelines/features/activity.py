"""Whether a customer did anything at all.

In: snapshots and event tables. Out: one row per snapshot with `is_active`.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from telco_churn.parameters import WindowParams
from telco_churn.pipelines.features.windows import KEY, aggregate_windows


def has_event(
    snapshots: ir.Table,
    dates: list[date],
    days: int,
    date_columns: Sequence[str],
    events: Sequence[ir.Table],
) -> ir.Table:
    """Tell which snapshots have an event in any table in the days before `as_of`.

    Args:
        snapshots: `customer_id`, `as_of`.
        dates: The values of `as_of`.
        days: The length of the window.
        date_columns: Of each table.
        events: At least one table.

    Returns:
        `customer_id`, `as_of`, `is_active`, which is never null.
    """
    result = snapshots.select(*KEY, is_active=ibis.literal(False))
    for column, table in zip(date_columns, events, strict=True):
        window = WindowParams.model_validate(
            {"date": column, "windows": [days], "measures": {column: ["count"]}}
        )
        (count,) = window.list_features("events")
        counted = aggregate_windows(snapshots, dates, table, window, "events")
        found = counted.select(*KEY, found=counted[count.name] > 0)
        joined = result.inner_join(found, list(KEY))
        result = joined.select(*KEY, is_active=joined.is_active | joined.found)
    return result
