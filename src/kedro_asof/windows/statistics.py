"""Aggregates of a time bucket, and how they are merged to the statistic of a window.

In: the events of a bucket, then the aggregates of the bands of a window. Out: expressions. Every
aggregate is a float, a date or a set of bits, and can be merged in any order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from urllib.parse import quote

import ibis
import ibis.expr.types as ir

from kedro_asof.contracts.execution import bit_count, bit_or
from kedro_asof.engines import find_engine_of
from kedro_asof.windows.declaration import Statistic, WindowFeature
from kedro_asof.windows.time_buckets import Band

# Sums are stored in whole millionths: floats add these exactly, in any order, on any engine.
MILLION = 1e6
EXACT = 2**53  # floats hold every whole number up to here

# How buckets are merged, by kind of aggregate.
MERGES: dict[str, Callable[..., ir.Value]] = {
    "sum": ir.NumericColumn.sum,
    "count": ir.NumericColumn.sum,
    "all": ir.NumericColumn.sum,
    "max": ir.NumericColumn.max,
    "last": ir.DateColumn.max,
    "days": ir.NumericColumn.sum,
}
GREATEST = ("max", "last")


@dataclass(frozen=True)
class Kept:
    """One aggregate of a bucket.

    Attributes:
        column: The column of the events.
        category: The value of `column` to count; None for all values.
        what: `sum`; `max`; `count` of rows; `all`, rows of every category; `last` day; `days`, one
            bit per day.
    """

    column: str
    category: str | None
    what: str

    @property
    def name(self) -> str:
        """The name of the column that holds the aggregate."""
        # Delta allows no spaces, commas, brackets or equals signs in the name of a column.
        parts = (self.column, self.category or "", self.what)
        return "|".join(quote(part, safe="") for part in parts)

    def summarize(self, events: ir.Table) -> ir.Value:
        """Aggregate the events of a bucket."""
        value = events[self.column]
        is_there = self._is_there(value)
        match self.what:
            case "sum":
                return _sum_millionths(value)
            case "max":
                return value.cast("float64").max()
            case "count" if self.category is not None:
                return is_there.sum().cast("float64")
            case "count" | "all":
                return value.count().cast("float64")
            case "last":
                return events.event_day.max(where=is_there)
            case _:
                return bit_or(ibis.ifelse(is_there, events.day_bit, 0))

    def merge_parts(self, buckets: ir.Table) -> ir.Value:
        """Merge the parts of one bucket that became known on different days."""
        kept = buckets[self.name]
        return bit_or(kept) if self.what == "days" else MERGES[self.what](kept)

    def merge_buckets(self, buckets: ir.Table) -> ir.Value:
        """Merge buckets, whose bits are counted."""
        return MERGES[self.what](buckets[self.name])

    def in_band(self, band: Band) -> str:
        """Return the name of the column that holds the aggregate of a band."""
        return f"{self.name}|{band.up_to}"

    def count_bits(self, buckets: ir.Table) -> ir.Value:
        """Convert the bits of `days` to a number of days, which can be added across buckets."""
        kept = buckets[self.name]
        return bit_count(kept).cast("float64") if self.what == "days" else kept

    def _is_there(self, value: ir.Value) -> ir.BooleanValue:
        """Return whether an event counts: it has the category, a number above zero, or a value."""
        if self.category is not None:
            return (value.cast("string") == self.category).fill_null(False)
        return value > 0 if value.type().is_numeric() else value.notnull()


@dataclass(frozen=True)
class Span:
    """An aggregate that a feature reads over a span of days.

    Attributes:
        feature: The feature.
        kept: The aggregate.
        band: The days, which successive bands make up.
    """

    feature: WindowFeature
    kept: Kept
    band: Band

    @property
    def name(self) -> str:
        """The name of the column that holds the merged aggregate."""
        return f"{self.kept.name}|{self.band.after}-{self.band.up_to}"

    def merge(self, snapshots: ir.Table, bands: Sequence[Band]) -> ir.Value:
        """Merge the bands of each snapshot.

        Args:
            snapshots: One row per snapshot, with the aggregates of every band, null without events.
            bands: All bands.
        """
        values = [
            snapshots[self.kept.in_band(band)]
            for band in bands
            if self.band.after <= band.after and band.up_to <= self.band.up_to
        ]
        merged = _find_greatest(values) if self.kept.what in GREATEST else _add(values)
        return self._in_units(snapshots, merged) if self.kept.what == "sum" else merged

    def _in_units(self, snapshots: ir.Table, millionths: ir.FloatingValue) -> ir.FloatingValue:
        """Convert a sum; stop the query if it leaves the range in which its value is exact."""
        days = self.band.up_to - self.band.after
        stop = find_engine_of(snapshots).stop_query(
            f"Implausible values in {self.feature.table}.{self.feature.column}: a sum over "
            f"{days} days exceeds {EXACT / MILLION:,.0f}, above which sums are not exact. Correct "
            "the values, or set an upper bound in the contract of the table."
        )
        return ibis.ifelse(millionths.abs() > EXACT, stop, millionths) / MILLION


@dataclass(frozen=True)
class Window:
    """The merged aggregates of one window.

    Attributes:
        feature: The declaration.
        snapshots: One row per snapshot, with the aggregates of every span.
    """

    feature: WindowFeature
    snapshots: ir.Table

    def of(self, what: str) -> ir.Value:
        """Return an aggregate over the window."""
        return self.snapshots[_find_span(self.feature, what).name]

    def of_the_one_before(self, what: str) -> ir.Value:
        """Return an aggregate over the previous window of the same length."""
        return self.snapshots[_find_span(self.feature, what, self.feature.days).name]


def list_spans(feature: WindowFeature) -> list[Span]:
    """List the aggregates that a feature reads, each with its days."""
    starts = (0, feature.days) if feature.reach > feature.days else (0,)
    return [
        _find_span(feature, what, after)
        for what in STATISTICS[feature.statistic][0]
        for after in starts
    ]


def _find_span(feature: WindowFeature, what: str, after: int = 0) -> Span:
    return Span(feature, keep(feature, what), Band(after, after + feature.days))


def _sum_millionths(value: ir.NumericColumn) -> ir.FloatingScalar:
    """Sum in whole millionths; integers need no rounding."""
    if value.type().is_integer():
        return value.cast("float64").sum() * MILLION
    return (value.cast("float64") * MILLION).round().cast("float64").sum()


def _add(values: Sequence[ir.Value]) -> ir.Value:
    """Add values; a null counts as nothing, and the sum is null if all of them are."""
    if len(values) == 1:
        return values[0]
    total = reduce(add, [value.fill_null(0) for value in values])
    return ibis.ifelse(ibis.coalesce(*values).notnull(), total, None)


def _find_greatest(values: Sequence[ir.Value]) -> ir.Value:
    """Return the greatest value that is not null; null if all are.

    Engines differ in what `greatest` makes of a null, so each null is replaced by another value.
    """
    if len(values) == 1:
        return values[0]
    rotated = [(*values[n:], *values[:n]) for n in range(len(values))]
    return ibis.greatest(*[ibis.coalesce(*each) for each in rotated])


def _trend(window: Window) -> ir.Value:
    recent = window.of("sum").fill_null(0)
    before = window.of_the_one_before("sum").fill_null(0)
    return (recent - before) / (recent + before).nullif(0)


# By statistic: the aggregates that it needs, and the expression over a window.
STATISTICS: dict[Statistic, tuple[tuple[str, ...], Callable[[Window], ir.Value]]] = {
    "sum": (("sum",), lambda window: window.of("sum")),
    "mean": (("sum", "count"), lambda window: window.of("sum") / window.of("count").nullif(0)),
    "max": (("max",), lambda window: window.of("max")),
    "count": (("count",), lambda window: window.of("count").cast("int64")),
    "share": (("count", "all"), lambda window: window.of("count") / window.of("all").nullif(0)),
    "active_days": (("days",), lambda window: window.of("days").cast("int64")),
    "days_since_last": (
        ("last",),
        lambda window: window.snapshots.as_of.delta(window.of("last"), unit="day"),
    ),
    "trend": (("sum",), _trend),
}


def keep(feature: WindowFeature, what: str) -> Kept:
    """Return the aggregate that a feature needs; `all` counts the rows of every category."""
    return Kept(feature.column, None if what == "all" else feature.category, what)


def list_kept(features: Sequence[WindowFeature]) -> list[Kept]:
    """List the aggregates that features need, without duplicates."""
    needed = [keep(each, what) for each in features for what in STATISTICS[each.statistic][0]]
    return list(dict.fromkeys(needed))


def compute_feature(feature: WindowFeature, snapshots: ir.Table) -> ir.Value:
    """Compute a feature of each snapshot.

    Args:
        feature: The declaration.
        snapshots: One row per snapshot, with the merged aggregates of the spans of the feature.
    """
    return STATISTICS[feature.statistic][1](Window(feature, snapshots))
