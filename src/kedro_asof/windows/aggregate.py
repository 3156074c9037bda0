"""Windowed features of one event table, as declared in `WindowParams`.

In: snapshots, events, the declaration, and optionally tiles. Out: one row per snapshot, one column
per feature. The events are read once and aggregated by entity and time bucket. The buckets of each
band, the days between two successive window lengths, are merged with plain sums, because an engine
takes much longer for sums with a filter. The bands are joined to the snapshots, and each feature is
computed from the bands of its window.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import ibis
import ibis.expr.types as ir

from kedro_asof.engines.union import unite
from kedro_asof.errors import UnknownMeasureError
from kedro_asof.windows.declaration import WindowFeature, WindowParams
from kedro_asof.windows.point_in_time import LOADED_AT, day_of, find_entity, left_join_all
from kedro_asof.windows.statistics import Kept, compute_feature, list_kept, list_spans
from kedro_asof.windows.time_buckets import BUCKET, Bucket, TimeBuckets, find_buckets

# These statistics are 0 for a snapshot without events; all others are null.
COUNTED = ("sum", "count", "active_days")

WEEK_COLUMN = "week"  # of a tile: the first day of its week
KNOWN_ON = "known_on"  # the day on which rows became known
KNOWN_FROM = "known_from"  # of a tile: the date column from which its values are known, or empty


@dataclass(frozen=True)
class TiledWeeks:
    """The weeks of an event table whose aggregates are kept, and a function that reads them.

    Attributes:
        weeks: The first day of each week.
        read: Returns the rows of some weeks, as `summarize_weeks` makes them.
    """

    weeks: frozenset[date]
    read: Callable[[Sequence[date]], ir.Table]


def _read_nothing(weeks: Sequence[date]) -> ir.Table:
    raise AssertionError(f"no tiles of {weeks}")


NO_TILES = TiledWeeks(frozenset(), _read_nothing)


def aggregate_windows(
    snapshots: ir.Table,
    dates: list[date],
    events: ir.Table,
    window: WindowParams,
    table: str,
    tiles: TiledWeeks = NO_TILES,
) -> ir.Table:
    """Compute every declared feature of one table.

    Args:
        snapshots: The columns of the entity, for example `customer_id`, and `as_of`.
        dates: The values of `as_of`.
        events: One row per event. A row with `loaded_at` counts from the day after that day.
        window: The declaration.
        table: The name of the table, for the names of the features.
        tiles: Weeks whose aggregates are read instead of their rows, where no window cuts them.

    Returns:
        One row per snapshot. Without events, sums, counts and active days are 0, the rest null.

    Raises:
        UnknownMeasureError: When the table lacks a declared column.
    """
    check_columns(window, table, list(events.columns))
    features = window.list_features(table)
    key = [*find_entity(snapshots), "as_of"]
    bands: list[ir.Table] = []
    spans: dict[str, Callable[[ir.Table], ir.Value]] = {}
    for known_from, group in group_by_knowledge(features, window).items():
        source = _Source(events, tiles, find_entity(snapshots), window.date, known_from)
        has_bits = any(item.what == "days" for item in list_kept(group))
        lengths = find_lengths(group)
        buckets = TimeBuckets(tuple(sorted(dates)), lengths, tiles.weeks, has_bits)
        bands += _merge_bands(source, buckets, group)
        for span in (span for feature in group for span in list_spans(feature)):
            spans[span.name] = partial(span.merge, bands=buckets.bands)
    # Spans are a step of their own: engines compute an expression again wherever it is repeated.
    joined = left_join_all(snapshots, bands, key)
    merged = joined.select(*key, **{name: merge(joined) for name, merge in spans.items()})
    computed = {each.name: compute_feature(each, merged) for each in features}
    zeroes = {
        each.name: computed[each.name].fill_null(0)
        for each in features
        if each.statistic in COUNTED
    }
    return merged.select(*key, **computed | zeroes)


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


def group_by_knowledge(
    features: Sequence[WindowFeature], window: WindowParams
) -> dict[str | None, list[WindowFeature]]:
    """Group features by the date column from which their values are known, None for the event's."""
    groups: dict[str | None, list[WindowFeature]] = defaultdict(list)
    for feature in features:
        groups[window.known_from.get(feature.column)].append(feature)
    return groups


def find_lengths(features: Sequence[WindowFeature]) -> tuple[int, ...]:
    """Return the lengths of all windows that features read, in days, sorted."""
    return tuple(sorted({length for each in features for length in (each.days, each.reach)}))


def date_events(
    events: ir.Table,
    entity: Sequence[str],
    date_column: str,
    known_from: str | None,
    kept: Sequence[Kept],
) -> ir.Table:
    """Select the columns to aggregate, with `event_day`, and `known_on` if it can be later."""
    day = day_of(events[date_column])
    asked = {item.column: events[item.column] for item in kept}
    later = list_later(events, known_from)
    if not later:
        return events.select(*entity, event_day=day, **asked)
    # A row with a null is never known, and `greatest` treats nulls differently on each engine.
    known = events.filter([events[column].notnull() for column in later])
    known_on = ibis.greatest(day, *[day_of(events[column]) for column in later])
    return known.select(*entity, event_day=day, known_on=known_on, **asked)


def list_later(events: ir.Table, known_from: str | None) -> list[str]:
    """List the columns with a day on which a row may become known after it happened."""
    return [column for column in (known_from, LOADED_AT) if column and column in events.columns]


@dataclass(frozen=True)
class _Source:
    """Events of which all values become known by the same rule, and their tiles.

    Attributes:
        events: One row per event.
        tiles: Weeks whose aggregates are kept.
        entity: The columns of the entity.
        date_column: The column with the day of an event.
        known_from: The date column from which the values are known; None for `date_column`.
    """

    events: ir.Table
    tiles: TiledWeeks
    entity: list[str]
    date_column: str
    known_from: str | None

    @property
    def key(self) -> list[str]:
        """The columns that identify a part of a bucket: rows that became known together."""
        late = [KNOWN_ON] if list_later(self.events, self.known_from) else []
        return [*self.entity, BUCKET, *late]

    def sum_up_rows(
        self, buckets: TimeBuckets, some: Sequence[Bucket], kept: Sequence[Kept]
    ) -> list[ir.Table]:
        """Aggregate the rows of some buckets without a tile; one table or none."""
        untiled = [bucket for bucket in some if not bucket.has_tile]
        if not untiled:
            return []
        dated = date_events(self.events, self.entity, self.date_column, self.known_from, kept)
        dated = find_buckets(dated, untiled)
        if KNOWN_ON in self.key:
            dated = dated.inner_join(buckets.sightings(), KNOWN_ON).drop(KNOWN_ON)
            dated = dated.rename({KNOWN_ON: "seen_by"})
        return [dated.group_by(self.key).agg(**{item.name: item.summarize(dated) for item in kept})]

    def read_tiles(self, some: Sequence[Bucket], kept: Sequence[Kept]) -> list[ir.Table]:
        """Read the aggregates of the buckets with a tile; one table or none."""
        weeks = [bucket.first for bucket in some if bucket.has_tile]
        if not weeks:
            return []
        rows = self.tiles.read(weeks)
        known = rows.filter(rows[KNOWN_FROM] == (self.known_from or ""))
        return [known.rename({BUCKET: WEEK_COLUMN}).select(*self.key, *(k.name for k in kept))]


def _merge_bands(
    source: _Source, buckets: TimeBuckets, features: Sequence[WindowFeature]
) -> Iterator[ir.Table]:
    """Merge the aggregates of each band: one row per entity and `as_of` with events in it.

    Yields:
        The columns of the entity, `as_of`, and each aggregate by its name in the band.
    """
    is_one = len(buckets.dates) == 1
    # Bands of several dates share their rows, so they are aggregated once.
    shared = [] if is_one else source.sum_up_rows(buckets, buckets.buckets, list_kept(features))
    key = [*source.entity, "as_of"]
    for band in buckets.bands:
        kept = list_kept([each for each in features if band.up_to <= each.reach])
        inside = buckets.list_in(band)
        rows = source.sum_up_rows(buckets, inside, kept) if is_one else shared
        columns = [*source.key, *(item.name for item in kept)]
        parts = unite([part.select(*columns) for part in (*rows, *source.read_tiles(inside, kept))])
        views = buckets.find_snapshots(parts, band)
        if KNOWN_ON in source.key:
            visible = views.filter(views[KNOWN_ON] < views.as_of)
            views = visible.group_by([*key, BUCKET]).agg(
                **{item.name: item.merge_parts(visible) for item in kept}
            )
        views = views.select(*key, **{item.name: item.count_bits(views) for item in kept})
        if buckets.has_many(band):
            grouped = views.group_by(key)
            views = grouped.agg(**{item.name: item.merge_buckets(views) for item in kept})
        yield views.select(*key, **{item.in_band(band): views[item.name] for item in kept})


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
