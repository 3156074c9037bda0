"""Label each snapshot with whether the customer churned afterwards.

In: snapshots, and events within the horizon. Out: the same rows with `churned`, without the rows of
customers who had cancelled before `as_of` but whose cancellation arrived only later.
"""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from kedro_asof.windows.aggregate import has_event
from kedro_asof.windows.point_in_time import LOADED_AT
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.features.snapshots import KEY, select_final


def label_churn(
    snapshots: ir.Table,
    dates: list[date],
    customers: ir.Table,
    cancellations: ir.Table,
    label: LabelParams,
    features: FeatureParams,
    *events: ir.Table,
) -> ir.Table:
    """Mark each snapshot whose customer churns within the label window.

    Args:
        snapshots: One row per `customer_id` and `as_of`.
        dates: The values of `as_of`.
        customers: One row per `customer_id`.
        cancellations: At most one row per `customer_id`.
        label: `kind` of churn, and `horizon_days`, the length of the window from `as_of`.
        features: The date column of each event table.
        *events: The tables of `label.event_tables`, in this order.

    Returns:
        The same rows with `churned`, a boolean that is never null.
    """
    final = select_final(cancellations, customers).select("customer_id", "cancelled_on")
    joined = snapshots.left_join(final, "customer_id")
    present = joined.filter(~(joined.cancelled_on < joined.as_of).fill_null(False))
    if label.kind == "cancellation":
        days_left = present.cancelled_on.delta(present.as_of, unit="day")
        churned = days_left.between(0, label.horizon_days - 1).fill_null(False)
        return present.select(*snapshots.columns, churned=churned)
    remaining = present.select(*snapshots.columns)
    return _mark_inactive(remaining, dates, label, features, *events)


def _mark_inactive(
    snapshots: ir.Table,
    dates: list[date],
    label: LabelParams,
    features: FeatureParams,
    *events: ir.Table,
) -> ir.Table:
    """Mark customers without an event in the horizon, using all events known today."""
    horizon = label.horizon_days
    ends = snapshots.select(
        "customer_id", as_of=(snapshots.as_of + ibis.interval(days=horizon)).cast("date")
    )
    by_now = [table.drop(*({LOADED_AT} & set(table.columns))) for table in events]
    active = has_event(
        ends,
        [day + timedelta(days=horizon) for day in dates],
        horizon,
        [features.windows[table].date for table in label.event_tables],
        by_now,
    )
    start = (active.as_of - ibis.interval(days=horizon)).cast("date")
    seen = active.select("customer_id", "is_active", as_of=start)
    marked = snapshots.left_join(seen, list(KEY))
    return marked.select(*snapshots.columns, churned=~marked.is_active.fill_null(False))
