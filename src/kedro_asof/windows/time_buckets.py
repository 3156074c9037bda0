"""Split the days before snapshots into buckets at every start and end of a window.

In: the dates of the snapshots and the lengths of the windows. Out: small tables for the engine.
Each event belongs to one bucket, and each window of a snapshot is a sequence of whole buckets.
Events are therefore aggregated once, for any number of windows and snapshots.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

LONGEST_BUCKET = 62  # days; each day is one bit of a 64-bit integer, without its sign bit


@dataclass(frozen=True)
class TimeBuckets:
    """The days before snapshots, split at every start and end of a window.

    Attributes:
        dates: The dates of the snapshots, sorted.
        lengths: The lengths of the windows, in days before a snapshot.
    """

    dates: tuple[date, ...]
    lengths: tuple[int, ...]

    @property
    def days(self) -> list[date]:
        """All days from the first day of any window to the day before the last snapshot."""
        first = self.dates[0] - timedelta(days=max(self.lengths))
        return [first + timedelta(days=n) for n in range((self.dates[-1] - first).days)]

    @property
    def starts(self) -> list[date]:
        """The first day of each bucket."""
        edges = {
            day - timedelta(days=length) for day in self.dates for length in (0, *self.lengths)
        }
        starts: list[date] = []
        for day in self.days:
            if not starts or day in edges or (day - starts[-1]).days == LONGEST_BUCKET:
                starts.append(day)
        return starts

    def calendar(self) -> ir.Table:
        """Return one row per day: `event_day`, `bucket_starts_on` and `day_bit`, its one bit."""
        starts = self.starts
        rows = [(day, starts[bisect_right(starts, day) - 1]) for day in self.days]
        return ibis.memtable(
            {
                "event_day": [day for day, _ in rows],
                "bucket_starts_on": [start for _, start in rows],
                "day_bit": [1 << (day - start).days for day, start in rows],
            },
            schema={"event_day": "date", "bucket_starts_on": "date", "day_bit": "int64"},
        )

    def sightings(self) -> ir.Table:
        """Return one row per day: `known_on`, and `seen_from`, the first snapshot after it."""
        return ibis.memtable(
            {
                "known_on": self.days,
                "seen_from": [self.dates[bisect_right(self.dates, day)] for day in self.days],
            },
            schema={"known_on": "date", "seen_from": "date"},
        )

    def views(self) -> ir.Table:
        """Return one row per snapshot and bucket that it reads.

        Returns:
            `bucket_starts_on`, `as_of`, and `days_before`, the days between the two.
        """
        reach = max(self.lengths)
        rows = [
            (start, day, (day - start).days)
            for start in self.starts
            for day in self.dates
            if 0 < (day - start).days <= reach
        ]
        return ibis.memtable(
            {
                "bucket_starts_on": [start for start, _, _ in rows],
                "as_of": [day for _, day, _ in rows],
                "days_before": [days for _, _, days in rows],
            },
            schema={"bucket_starts_on": "date", "as_of": "date", "days_before": "int32"},
        )
