"""Windowed features, as declared in `features.windows`.

In: snapshots, and events as they were known on each snapshot's morning. Out: one row per snapshot,
one column per measure, statistic and window, named `<table>_<measure>_<statistic>_<window>d`.
"""

from collections.abc import Callable, Iterator

import ibis.expr.types as ir

from telco_churn.errors import InputError
from telco_churn.parameters import WindowParams

KEY = ("customer_id", "as_of")

# Of a measure, over the events within a window.
STATISTICS: dict[str, Callable[[ir.NumericColumn, ir.BooleanValue], ir.Value]] = {
    "sum": lambda measure, within: measure.sum(where=within).fill_null(0),
    "mean": lambda measure, within: measure.mean(where=within),
    "max": lambda measure, within: measure.max(where=within),
    "count": lambda measure, within: measure.count(where=within),
}


class UnknownMeasureError(InputError):
    """`features.windows` asks for a column that the table does not have."""


def join_known_events(snapshots: ir.Table, events: ir.Table, window: WindowParams) -> ir.Table:
    """Pair each snapshot with the events before it that a window may reach.

    Returns:
        The events' columns, `as_of`, and `days_before`: 1 for the day before `as_of`.

    Raises:
        UnknownMeasureError: When the declared date is not a column.
    """
    if window.date not in events.columns:
        raise UnknownMeasureError(
            f"features.windows has date: {window.date}, which its table does not offer; it offers "
            f"{list(events.columns)}. Correct conf/base/parameters/features.yml."
        )
    reach = max(window.windows) * (2 if _has_trend(window) else 1)
    days_before = snapshots.as_of.delta(events[window.date], unit="day")
    pairs = snapshots.join(
        events, [snapshots.customer_id == events.customer_id, days_before.between(1, reach)]
    )
    pairs = pairs.drop("customer_id_right")
    return pairs.mutate(days_before=pairs.as_of.delta(pairs[window.date], unit="day"))


def aggregate_windows(
    snapshots: ir.Table, known_events: ir.Table, window: WindowParams, table: str
) -> ir.Table:
    """Compute every declared statistic of one table.

    Args:
        snapshots: `customer_id`, `as_of`.
        known_events: From `join_known_events`, with every declared measure as a column.
        window: The declaration.
        table: The table's name, for the names of the features.

    Returns:
        One row per snapshot; sums and counts are 0 and all else null where nothing happened.

    Raises:
        UnknownMeasureError: When a declared measure is not a column.
    """
    lacking = sorted(set(window.measures) - set(known_events.columns))
    if lacking:
        allowed = sorted(set(known_events.columns) - {*KEY, "days_before"})
        raise UnknownMeasureError(
            f"features.windows.{table}.measures has {lacking}, which {table} does not offer; "
            f"it offers {allowed}. Correct conf/base/parameters/features.yml."
        )
    features = dict(_name_features(known_events, window, table))
    zeroes = {name: 0 for name in features if "_sum_" in name or "_count_" in name}
    aggregated = known_events.group_by(list(KEY)).agg(**features)
    return snapshots.left_join(aggregated, list(KEY)).select(*KEY, *features).fill_null(zeroes)


def _name_features(
    events: ir.Table, window: WindowParams, table: str
) -> Iterator[tuple[str, ir.Value]]:
    for measure, statistics in window.measures.items():
        for statistic in statistics:
            for days in window.windows:
                name = f"{table}_{measure}_{statistic}_{days}d"
                if statistic == "trend":
                    yield name, _trend(events, measure, days)
                else:
                    within = events.days_before <= days
                    yield name, STATISTICS[statistic](events[measure], within)


def _trend(events: ir.Table, measure: str, days: int) -> ir.NumericValue:
    """This window against the one before: -1 (all gone) over 0 (the same) to 1 (all new)."""
    recent = events[measure].sum(where=events.days_before <= days).fill_null(0)
    before = events[measure].sum(where=events.days_before.between(days + 1, 2 * days)).fill_null(0)
    return (recent - before) / (recent + before).nullif(0)


def _has_trend(window: WindowParams) -> bool:
    return any("trend" in statistics for statistics in window.measures.values())
