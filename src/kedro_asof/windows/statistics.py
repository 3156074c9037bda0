"""Aggregates of a time bucket, and how buckets are merged to the statistic of a window.

In: the events of a bucket, then the aggregates of the buckets in a window. Out: expressions. Every
aggregate is a float, a date or a set of bits, and can be merged in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from kedro_asof.contracts.execution import bit_count, bit_or
from kedro_asof.engines import find_engine_of
from kedro_asof.windows.declaration import Statistic, WindowFeature

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
        return "|".join([self.column, self.category or "", self.what])

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

    def merge_deliveries(self, buckets: ir.Table) -> ir.Value:
        """Merge the parts of one bucket that became known on different days."""
        kept = buckets[self.name]
        return bit_or(kept) if self.what == "days" else MERGES[self.what](kept)

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
class Window:
    """The buckets of one entity and `as_of` that a feature reads.

    Attributes:
        feature: The declaration.
        views: One row per bucket, with `as_of`, `days_before` and the aggregates.
    """

    feature: WindowFeature
    views: ir.Table

    def of(self, what: str) -> ir.Value:
        """Merge an aggregate over the window."""
        return self._merge(what, self.views.days_before <= self.feature.days)

    def of_the_one_before(self, what: str) -> ir.Value:
        """Merge an aggregate over the previous window of the same length."""
        days = self.views.days_before
        return self._merge(what, (days > self.feature.days) & (days <= 2 * self.feature.days))

    def _merge(self, what: str, where: ir.BooleanValue) -> ir.Value:
        merged = MERGES[what](self.views[keep(self.feature, what).name], where=where)
        return self._stop_if_inexact(merged) / MILLION if what == "sum" else merged

    def _stop_if_inexact(self, millionths: ir.FloatingValue) -> ir.FloatingValue:
        """Stop the query if a sum leaves the range in which its value is exact."""
        engine = find_engine_of(self.views)
        stop = engine.stop_query(
            f"Implausible values in {self.feature.table}.{self.feature.column}: a sum over "
            f"{self.feature.days} days exceeds {EXACT / MILLION:,.0f}, above which sums are not "
            "exact. Correct the values, or set an upper bound in the contract of the table."
        )
        return ibis.ifelse(millionths.abs() > EXACT, stop, millionths)


def _sum_millionths(value: ir.NumericColumn) -> ir.FloatingScalar:
    """Sum in whole millionths; integers need no rounding."""
    if value.type().is_integer():
        return value.cast("float64").sum() * MILLION
    return (value.cast("float64") * MILLION).round().cast("float64").sum()


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
        lambda window: window.views.as_of.max().delta(window.of("last"), unit="day"),
    ),
    "trend": (("sum",), _trend),
}


def keep(feature: WindowFeature, what: str) -> Kept:
    """Return the aggregate that a feature needs; `all` counts the rows of every category."""
    return Kept(feature.column, None if what == "all" else feature.category, what)


def list_kept(features: list[WindowFeature]) -> list[Kept]:
    """List the aggregates that features need, without duplicates."""
    needed = [keep(each, what) for each in features for what in STATISTICS[each.statistic][0]]
    return list(dict.fromkeys(needed))


def compute_feature(feature: WindowFeature, views: ir.Table) -> ir.Value:
    """Compute a feature from the buckets of a snapshot.

    Args:
        feature: The declaration.
        views: One row per bucket, with `as_of`, `days_before` and the aggregates.

    Returns:
        An aggregation over the buckets of one entity and `as_of`.
    """
    return STATISTICS[feature.statistic][1](Window(feature, views))
