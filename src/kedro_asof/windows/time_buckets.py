"""Split the days before snapshots into buckets at every start and end of a window.

In: the dates of the snapshots, the lengths of the windows, and the weeks that have a tile. Out:
buckets, and small tables for the engine. Each event belongs to one bucket, and each window of a
snapshot is a sequence of whole buckets. Events are therefore aggregated once, for any number of
windows and snapshots.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir

# Each day is one bit of a 64-bit integer, without its sign bit.
MOST_BITS = 62
LONGEST_BUCKET = timedelta(days=MOST_BITS)
WEEK = timedelta(days=7)

BUCKET = "bucket_starts_on"  # the column with the first day of the bucket of a row


@dataclass(frozen=True)
class Bucket:
    """Successive days.

    Attributes:
        first: The first day.
        end: The day after the last day.
        has_tile: Whether a tile holds the aggregates of these days.
    """

    first: date
    end: date
    has_tile: bool = False

    @property
    def last(self) -> date:
        """The last day."""
        return self.end - timedelta(days=1)


@dataclass(frozen=True)
class Band:
    """The days between two successive window lengths, counted back from a snapshot.

    Attributes:
        after: The number of days before `as_of` at which the band ends, exclusive.
        up_to: The number of days before `as_of` at which it starts, inclusive.
    """

    after: int
    up_to: int


@dataclass(frozen=True)
class TimeBuckets:
    """The days before snapshots, split at every start and end of a window.

    Attributes:
        dates: The dates of the snapshots, sorted.
        lengths: The lengths of the windows, in days before a snapshot, sorted.
        weeks: The first days of the weeks that have a tile. A week that a start or end of a window
            cuts is split, and its tile is not used.
        has_bits: Whether days are kept as bits, so that a bucket must not be longer than they are.
    """

    dates: tuple[date, ...]
    lengths: tuple[int, ...]
    weeks: frozenset[date] = field(default_factory=frozenset)
    has_bits: bool = True

    @property
    def bands(self) -> list[Band]:
        """The bands of every snapshot, the latest first."""
        return [
            Band(after, up_to)
            for after, up_to in zip((0, *self.lengths), self.lengths, strict=False)
        ]

    @cached_property
    def buckets(self) -> list[Bucket]:
        """All buckets that a snapshot reads, the earliest first."""
        edges = {
            day - timedelta(days=length) for day in self.dates for length in (0, *self.lengths)
        }
        whole = {week for week in self.weeks if not _is_cut(week, sorted(edges))}
        found = []
        for first, end in pairwise(sorted(edges | whole | {week + WEEK for week in whole})):
            longest = LONGEST_BUCKET if self.has_bits else end - first
            is_week = first in whole and end == first + WEEK
            for start in _split(first, end, longest):
                bucket = Bucket(start, min(end, start + longest), has_tile=is_week)
                if any(0 < (day - start).days <= self.lengths[-1] for day in self.dates):
                    found.append(bucket)
        return found

    @property
    def tiled_weeks(self) -> list[date]:
        """The first days of the weeks whose tiles are used."""
        return [bucket.first for bucket in self.buckets if bucket.has_tile]

    def list_in(self, band: Band) -> list[Bucket]:
        """List the buckets that any snapshot has in a band."""
        return [
            bucket
            for bucket in self.buckets
            if any(self._reads(day, bucket, band) for day in self.dates)
        ]

    def sightings(self) -> ir.Table:
        """Return one row per day: `known_on`, and `seen_by`.

        Rows that became known between two snapshots are seen by the same snapshots. `seen_by` is
        the last of these days.
        """
        days = (self.dates[-1] - self._first).days
        rows = [
            (day, self.dates[bisect_right(self.dates, day)] - timedelta(days=1))
            for day in (self._first + timedelta(days=n) for n in range(days))
        ]
        return _make_table(rows, {"known_on": "date", "seen_by": "date"})

    def find_snapshots(self, parts: ir.Table, band: Band) -> ir.Table:
        """Pair the aggregates of buckets with each `as_of` that has the bucket in a band."""
        if len(self.dates) == 1:
            return parts.mutate(as_of=ibis.literal(self.dates[0]))
        rows = [
            (bucket.first, day)
            for day in self.dates
            for bucket in self.buckets
            if self._reads(day, bucket, band)
        ]
        return parts.inner_join(_make_table(rows, {BUCKET: "date", "as_of": "date"}), BUCKET)

    def has_many(self, band: Band) -> bool:
        """Return whether a snapshot has more than one bucket in a band."""
        return any(
            sum(self._reads(day, bucket, band) for bucket in self.buckets) > 1 for day in self.dates
        )

    @property
    def _first(self) -> date:
        return self.dates[0] - timedelta(days=self.lengths[-1])

    @staticmethod
    def _reads(day: date, bucket: Bucket, band: Band) -> bool:
        return band.after < (day - bucket.first).days <= band.up_to


def find_buckets(events: ir.Table, buckets: Sequence[Bucket]) -> ir.Table:
    """Add `bucket_starts_on` and `day_bit` to events, and leave out those of no bucket.

    Args:
        events: Rows with `event_day`.
        buckets: One or more buckets, the earliest first.
    """
    day = events.event_day
    # A join alone would not let every engine skip the files of other days.
    near = events.filter(day.between(buckets[0].first, buckets[-1].last))
    if len(buckets) == 1:
        first = ibis.literal(buckets[0].first)
        bit = ibis.literal(1, "int64") << near.event_day.delta(first, unit="day")
        return near.mutate({BUCKET: first, "day_bit": bit})
    # Bits beyond those of an integer are never read: such buckets exist only without kept days.
    rows = [
        (bucket.first + timedelta(days=n), bucket.first, 1 << min(n, MOST_BITS))
        for bucket in buckets
        for n in range((bucket.end - bucket.first).days)
    ]
    days = _make_table(rows, {"event_day": "date", BUCKET: "date", "day_bit": "int64"})
    return near.inner_join(days, "event_day")


def list_weeks(dates: Sequence[date], lengths: Sequence[int], weekday: int) -> list[date]:
    """List the first days of the weeks that windows contain whole and that no window cuts.

    Args:
        dates: The dates of the snapshots.
        lengths: The lengths of the windows in days.
        weekday: The first day of a week: 0 is Monday.
    """
    ordered, longest = sorted(dates), max(lengths)
    start = ordered[0] - timedelta(days=longest)
    start += timedelta(days=(weekday - start.weekday()) % 7)
    count = max((ordered[-1] - start).days // 7, 0)
    weeks = frozenset(start + n * WEEK for n in range(count))
    return TimeBuckets(tuple(ordered), tuple(sorted(set(lengths))), weeks).tiled_weeks


def _is_cut(week: date, edges: list[date]) -> bool:
    """Return whether an edge is inside a week."""
    return bisect_right(edges, week) < bisect_left(edges, week + WEEK)


def _split(first: date, end: date, longest: timedelta) -> list[date]:
    """Return the starts of buckets of at most a length."""
    return [first + n * longest for n in range(-((first - end) // longest))]


def _make_table(rows: Sequence[tuple[Any, ...]], schema: dict[str, str]) -> ir.Table:
    columns = zip(*rows, strict=True) if rows else [() for _ in schema]
    data = {name: list(values) for name, values in zip(schema, columns, strict=True)}
    return ibis.memtable(data, schema=schema)
