"""Windowed features against a row-by-row reference, edges included."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telco_churn.parameters import WindowParams
from telco_churn.pipelines.features.windows import (
    UnknownMeasureError,
    aggregate_windows,
    join_known_events,
)
from tests.small_operator import Put

WINDOW = WindowParams(
    date="day",
    windows=[1, 7, 30],
    measures={"amount": ["sum", "mean", "max", "count", "trend"]},
)
LEAP_DAY = date(2024, 2, 29)

days_around = st.integers(-70, 5).map(lambda days: LEAP_DAY + timedelta(days=days))
amounts = st.one_of(st.none(), st.integers(0, 1000).map(float))
events = st.lists(st.tuples(st.sampled_from(["a", "b"]), days_around, amounts), max_size=25)


@settings(max_examples=60)
@given(rows=events)
def test_windows_equal_the_reference(rows: list[tuple[str, date, float | None]], put: Put) -> None:
    found = compute(rows, [LEAP_DAY, LEAP_DAY + timedelta(days=1)], put)
    for row in found.to_dict("records"):
        expected = reference(rows, row["customer_id"], row["as_of"])
        assert {name: row[name] for name in expected} == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("days_before", "windows_that_see_it"),
    [(0, []), (1, [1, 7, 30]), (7, [7, 30]), (8, [30]), (30, [30]), (31, [])],
)
def test_a_window_ends_the_day_before_and_is_as_long_as_it_says(
    days_before: int, windows_that_see_it: list[int], put: Put
) -> None:
    event = ("a", LEAP_DAY - timedelta(days=days_before), 5.0)
    row = compute([event], [LEAP_DAY], put).set_index("customer_id").loc["a"]
    seen = [days for days in WINDOW.windows if row[f"usage_amount_sum_{days}d"] == 5.0]
    assert seen == windows_that_see_it


def test_a_customer_without_events_has_zero_sums_and_unknown_means(put: Put) -> None:
    row = compute([], [LEAP_DAY], put).set_index("customer_id").loc["b"]
    assert row["usage_amount_sum_30d"] == 0
    assert row["usage_amount_count_30d"] == 0
    assert pd.isna(row["usage_amount_mean_30d"])
    assert pd.isna(row["usage_amount_trend_30d"])


def test_a_measure_that_is_not_there_is_named_with_those_that_are(put: Put) -> None:
    window = WINDOW.model_copy(update={"measures": {"minutes": ["sum"]}})
    snapshots, table = tables([], [LEAP_DAY], put)
    with pytest.raises(UnknownMeasureError, match=r"\['minutes'\].*offers \['amount', 'day'\]"):
        aggregate_windows(snapshots, join_known_events(snapshots, table, window), window, "usage")


def compute(rows: list[Any], dates: list[date], put: Put) -> pd.DataFrame:
    snapshots, table = tables(rows, dates, put)
    known = join_known_events(snapshots, table, WINDOW)
    frame = aggregate_windows(snapshots, known, WINDOW, "usage").to_pandas()
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date)


def tables(rows: list[Any], dates: list[date], put: Put) -> tuple[Any, Any]:
    pairs = [(customer, day) for customer in ("a", "b") for day in dates]
    customers, days = zip(*pairs, strict=True)
    snapshots = put(pa.table({"customer_id": customers, "as_of": days}))
    columns = {
        "customer_id": pa.array([customer for customer, _, _ in rows], pa.string()),
        "day": pa.array([day for _, day, _ in rows], pa.date32()),
        "amount": pa.array([amount for _, _, amount in rows], pa.float64()),
    }
    return snapshots, put(pa.table(columns))


def reference(rows: list[Any], customer: str, as_of: date) -> dict[str, float]:
    """The same features, one loop at a time."""

    def amounts_of(first: int, last: int) -> list[float]:
        return [
            amount
            for who, day, amount in rows
            if who == customer and first <= (as_of - day).days <= last and amount is not None
        ]

    expected: dict[str, float] = {}
    statistics: dict[str, Callable[[list[float]], float]] = {
        "sum": sum,
        "mean": lambda found: sum(found) / len(found) if found else float("nan"),
        "max": lambda found: max(found, default=float("nan")),
        "count": len,
    }
    for days in WINDOW.windows:
        found = amounts_of(1, days)
        for name, statistic in statistics.items():
            expected[f"usage_amount_{name}_{days}d"] = statistic(found)
        recent, before = sum(found), sum(amounts_of(days + 1, 2 * days))
        total = recent + before
        trend = (recent - before) / total if total else float("nan")
        expected[f"usage_amount_trend_{days}d"] = trend
    return expected
