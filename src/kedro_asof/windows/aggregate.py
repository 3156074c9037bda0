"""Windowed features of one event table, as declared in `WindowParams`.

In: snapshots, events and the declaration. Out: one row per snapshot, one column per feature. The
events are read once and aggregated by entity and time bucket; the buckets are then aggregated by
snapshot and window. The cost depends on the number of events, not of windows.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from kedro_asof.errors import UnknownMeasureError
from kedro_asof.windows.declaration import WindowFeature, WindowParams
from kedro_asof.windows.point_in_time import LOADED_AT, day_of, find_entity
from kedro_asof.windows.statistics import Kept, compute_feature, list_kept
from kedro_asof.windows.time_buckets import TimeBuckets

# These statistics are 0 for a snapshot without events; all others are null.
COUNTED = ("sum", "count", "active_days")


def aggregate_windows(
    snapshots: ir.Table, dates: list[date], events: ir.Table, window: WindowParams, table: str
) -> ir.Table:
    """Compute every declared feature of one table.

    Args:
        snapshots: The columns of the entity, for example `customer_id`, and `as_of`.
        dates: The values of `as_of`.
        events: One row per event. A row with `loaded_at` counts from the day after that day.
        window: The declaration.
        table: The name of the table, for the names of the features.

    Returns:
        One row per snapshot. Without events, sums, counts and active days are 0, the rest null.

    Raises:
        UnknownMeasureError: When the table lacks a declared column.
    """
    check_columns(window, table, list(events.columns))
    features = window.list_features(table)
    entity = find_entity(snapshots)
    key, result = [*entity, "as_of"], snapshots
    for known_from, group in _by_knowledge(features, window).items():
        aggregated = _aggregate(events, entity, dates, window.date, known_from, group)
        joined = result.left_join(aggregated, key)
        result = joined.drop(*(f"{column}_right" for column in key))
    zeroes = {feature.name: 0 for feature in features if feature.statistic in COUNTED}
    return result.select(*key, *(feature.name for feature in features)).fill_null(zeroes)


def check_columns(window: WindowParams, table: str, found: list[str]) -> None:
    """Check that the table has every declared column.

    Raises:
        UnknownMeasureError: Names the missing columns and the columns of the table.
    """
    lacking = [column for column in window.columns if column not in found]
    if lacking:
        raise UnknownMeasureError(
            f"Unknown columns {lacking} in the windowed features of {table}: expected some of "
            f"{sorted(found)}. Correct the block `windows.{table}` of the parameters."
        )


def _by_knowledge(
    features: list[WindowFeature], window: WindowParams
) -> dict[str | None, list[WindowFeature]]:
    """Group features by the date column from which their values are known, None for the event's."""
    groups: dict[str | None, list[WindowFeature]] = defaultdict(list)
    for feature in features:
        groups[window.known_from.get(feature.column)].append(feature)
    return groups


def _aggregate(
    events: ir.Table,
    entity: list[str],
    dates: list[date],
    date_column: str,
    known_from: str | None,
    features: list[WindowFeature],
) -> ir.Table:
    """Compute features that share `known_from`: one row per entity and `as_of` with events."""
    lengths = {length for feature in features for length in (feature.days, feature.reach)}
    buckets = TimeBuckets(tuple(sorted(dates)), tuple(sorted(lengths)))
    kept = list_kept(features)
    dated = _date_events(events, entity, date_column, known_from, kept).inner_join(
        buckets.calendar(), "event_day"
    )
    key = [*entity, "bucket_starts_on"]
    if "known_on" in dated.columns:
        dated = dated.inner_join(buckets.sightings(), "known_on")
        key.append("seen_from")
    summed = dated.group_by(key).agg(**{item.name: item.summarize(dated) for item in kept})
    views = summed.inner_join(buckets.views(), "bucket_starts_on")
    if "seen_from" in key:
        visible = views.filter(views.seen_from <= views.as_of)
        views = visible.group_by([*entity, "as_of", "days_before"]).agg(
            **{item.name: item.merge_deliveries(visible) for item in kept}
        )
    views = views.mutate(**{item.name: item.count_bits(views) for item in kept})
    return views.group_by([*entity, "as_of"]).agg(
        **{feature.name: compute_feature(feature, views) for feature in features}
    )


def _date_events(
    events: ir.Table,
    entity: list[str],
    date_column: str,
    known_from: str | None,
    kept: list[Kept],
) -> ir.Table:
    """Select the columns to aggregate, with `event_day`, and `known_on` if it can be later."""
    day = day_of(events[date_column])
    asked = {item.column: events[item.column] for item in kept}
    later = [column for column in (known_from, LOADED_AT) if column in events.columns]
    if not later:
        return events.select(*entity, event_day=day, **asked)
    # A row with a null is never known, and `greatest` treats nulls differently on each engine.
    known = events.filter([events[column].notnull() for column in later])
    known_on = ibis.greatest(day, *[day_of(events[column]) for column in later])
    return known.select(*entity, event_day=day, known_on=known_on, **asked)


def has_event(
    snapshots: ir.Table,
    dates: list[date],
    days: int,
    date_columns: Sequence[str],
    events: Sequence[ir.Table],
) -> ir.Table:
    """Find out which snapshots have an event in the days before `as_of`, in any table.

    Args:
        snapshots: The columns of the entity, and `as_of`.
        dates: The values of `as_of`.
        days: The length of the window in days.
        date_columns: The date column of each table.
        events: One or more tables.

    Returns:
        The columns of the snapshots and the boolean `is_active`, which is never null.
    """
    key = [*find_entity(snapshots), "as_of"]
    result = snapshots.select(*key, is_active=ibis.literal(False))
    for column, table in zip(date_columns, events, strict=True):
        window = WindowParams.model_validate(
            {"date": column, "windows": [days], "measures": {column: ["count"]}}
        )
        (count,) = window.list_features("events")
        counted = aggregate_windows(snapshots, dates, table, window, "events")
        found = counted.select(*key, found=counted[count.name] > 0)
        joined = result.inner_join(found, key)
        result = joined.select(*key, is_active=joined.is_active | joined.found)
    return result
