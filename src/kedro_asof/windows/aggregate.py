"""Windowed features of one event table, as declared in `features.windows`.

In: snapshots, events and the declaration. Out: one row per snapshot, one column per feature. The
events are read once and summed up by customer and bucket of time; the buckets are then put
together by snapshot and window. So the cost follows the events, not the number of windows.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from kedro_asof.errors import InputError
from kedro_asof.windows.declaration import WindowFeature, WindowParams
from kedro_asof.windows.point_in_time import KEY, LOADED_AT
from kedro_asof.windows.statistics import Kept, compute_feature, list_kept
from kedro_asof.windows.time_buckets import TimeBuckets

# Nothing happened is 0 of these; of all others it is unknown.
COUNTED = ("sum", "count", "active_days")


class UnknownMeasureError(InputError):
    """`features.windows` asks for a column that the table does not have."""


def aggregate_windows(
    snapshots: ir.Table, dates: list[date], events: ir.Table, window: WindowParams, table: str
) -> ir.Table:
    """Compute every declared feature of one table.

    Args:
        snapshots: `customer_id`, `as_of`.
        dates: The values of `as_of`.
        events: One row per event; one with `loaded_at` counts from the day after it.
        window: The declaration.
        table: The table's name, for the names of the features.

    Returns:
        One row per snapshot; sums and counts are 0 and all else null where nothing happened.

    Raises:
        UnknownMeasureError: When a declared column is not in the table.
    """
    check_columns(window, table, list(events.columns))
    features = window.list_features(table)
    result = snapshots
    for known_from, group in _by_knowledge(features, window).items():
        aggregated = _aggregate(events, dates, window.date, known_from, group)
        joined = result.left_join(aggregated, list(KEY))
        result = joined.drop(*(f"{column}_right" for column in KEY))
    zeroes = {feature.name: 0 for feature in features if feature.statistic in COUNTED}
    return result.select(*KEY, *(feature.name for feature in features)).fill_null(zeroes)


def check_columns(window: WindowParams, table: str, found: list[str]) -> None:
    """Refuse a declaration that asks for columns that are not there.

    Raises:
        UnknownMeasureError: Names what is asked for, and what the table has.
    """
    lacking = [column for column in window.columns if column not in found]
    if lacking:
        raise UnknownMeasureError(
            f"features.windows.{table} asks for {lacking}, which {table} does not have; it has "
            f"{sorted(found)}. Correct conf/base/parameters/features.yml."
        )


def _by_knowledge(
    features: list[WindowFeature], window: WindowParams
) -> dict[str | None, list[WindowFeature]]:
    """Group features by the column from which their values are known, None for the event's date."""
    groups: dict[str | None, list[WindowFeature]] = defaultdict(list)
    for feature in features:
        groups[window.known_from.get(feature.column)].append(feature)
    return groups


def _aggregate(
    events: ir.Table,
    dates: list[date],
    date_column: str,
    known_from: str | None,
    features: list[WindowFeature],
) -> ir.Table:
    """One row per customer and `as_of` with events, one column per feature."""
    lengths = {length for feature in features for length in (feature.days, feature.reach)}
    buckets = TimeBuckets(tuple(sorted(dates)), tuple(sorted(lengths)))
    kept = list_kept(features)
    dated = _date_events(events, date_column, known_from, kept).inner_join(
        buckets.calendar(), "event_day"
    )
    key = ["customer_id", "bucket_starts_on"]
    if "known_on" in dated.columns:
        dated = dated.inner_join(buckets.sightings(), "known_on")
        key.append("seen_from")
    summed = dated.group_by(key).agg(**{item.name: item.summarise(dated) for item in kept})
    views = summed.inner_join(buckets.views(), "bucket_starts_on")
    if "seen_from" in key:
        visible = views.filter(views.seen_from <= views.as_of)
        views = visible.group_by([*KEY, "days_before"]).agg(
            **{item.name: item.merge_deliveries(visible) for item in kept}
        )
    views = views.mutate(**{item.name: item.count_bits(views) for item in kept})
    return views.group_by(list(KEY)).agg(
        **{feature.name: compute_feature(feature, views) for feature in features}
    )


def _date_events(
    events: ir.Table, date_column: str, known_from: str | None, kept: list[Kept]
) -> ir.Table:
    """Select what is asked for, with `event_day`, and `known_on` where that may be later."""
    day = events[date_column].cast("date")
    asked = {item.column: events[item.column] for item in kept}
    later = [column for column in (known_from, LOADED_AT) if column in events.columns]
    if not later:
        return events.select("customer_id", event_day=day, **asked)
    # Never known is null, and joins with nothing; about nulls in `greatest` engines differ.
    known = events.filter([events[column].notnull() for column in later])
    known_on = ibis.greatest(day, *[events[column].cast("date") for column in later])
    return known.select("customer_id", event_day=day, known_on=known_on, **asked)


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
