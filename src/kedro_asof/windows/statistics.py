"""What each statistic keeps of a bucket, and how buckets make a window.

In: events of a bucket, then what was kept of the buckets of a window. Out: expressions. Whatever
is kept is a float, a date or bits that can be put together in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from kedro_asof.contracts.execution import bit_count, bit_or
from kedro_asof.windows.declaration import Statistic, WindowFeature

# Sums are kept in whole millionths, which floats add up exactly: in any order, on any engine.
MILLION = 1e6

# Of what is kept: how two buckets become one.
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
    """One thing that is kept of each bucket.

    Attributes:
        column: Of the events.
        category: The value of `column` to look at, if one.
        what: `sum`; `max`; `count` of rows, `all` of any category; `last` day; bits of `days`.
    """

    column: str
    category: str | None
    what: str

    @property
    def name(self) -> str:
        """The name of its column."""
        return "|".join([self.column, self.category or "", self.what])

    def summarise(self, events: ir.Table) -> ir.Value:
        """Sum up the events of a bucket."""
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
        """Put together what is kept of one bucket, when parts of it became known apart."""
        kept = buckets[self.name]
        return bit_or(kept) if self.what == "days" else MERGES[self.what](kept)

    def count_bits(self, buckets: ir.Table) -> ir.Value:
        """Turn bits into a number of days, which buckets can add up."""
        kept = buckets[self.name]
        return bit_count(kept).cast("float64") if self.what == "days" else kept

    def _is_there(self, value: ir.Value) -> ir.BooleanValue:
        """Whether an event counts: it has the category, or a number above zero, or any value."""
        if self.category is not None:
            return (value.cast("string") == self.category).fill_null(False)
        return value > 0 if value.type().is_numeric() else value.notnull()


@dataclass(frozen=True)
class Window:
    """The buckets of one entity and `as_of` that a feature looks at.

    Attributes:
        feature: The declaration.
        views: One row per bucket, with `as_of`, `days_before` and all that is kept.
    """

    feature: WindowFeature
    views: ir.Table

    def of(self, what: str) -> ir.Value:
        """Put together what was kept in the window."""
        return self._merge(what, self.views.days_before <= self.feature.days)

    def of_the_one_before(self, what: str) -> ir.Value:
        """Put together what was kept in the window before it, of the same length."""
        days = self.views.days_before
        return self._merge(what, (days > self.feature.days) & (days <= 2 * self.feature.days))

    def _merge(self, what: str, where: ir.BooleanValue) -> ir.Value:
        merged = MERGES[what](self.views[keep(self.feature, what).name], where=where)
        return merged / MILLION if what == "sum" else merged


def _sum_millionths(value: ir.NumericColumn) -> ir.FloatingScalar:
    """Add up in whole millionths; whole numbers need no rounding for it."""
    if value.type().is_integer():
        return value.cast("float64").sum() * MILLION
    return (value.cast("float64") * MILLION).round().cast("float64").sum()


def _trend(window: Window) -> ir.Value:
    recent = window.of("sum").fill_null(0)
    before = window.of_the_one_before("sum").fill_null(0)
    return (recent - before) / (recent + before).nullif(0)


# Of each statistic: what it needs of a bucket, and how it is made of a window.
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
    """Name what a feature needs of a bucket; `all` rows are those of every category."""
    return Kept(feature.column, None if what == "all" else feature.category, what)


def list_kept(features: list[WindowFeature]) -> list[Kept]:
    """List what features need of each bucket, each once."""
    needed = [keep(each, what) for each in features for what in STATISTICS[each.statistic][0]]
    return list(dict.fromkeys(needed))


def compute_feature(feature: WindowFeature, views: ir.Table) -> ir.Value:
    """Make a feature of the buckets that a snapshot sees.

    Args:
        feature: The declaration.
        views: One row per bucket, with `as_of`, `days_before` and all that is kept.

    Returns:
        An aggregate over the buckets of one entity and `as_of`.
    """
    return STATISTICS[feature.statistic][1](Window(feature, views))
