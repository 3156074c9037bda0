"""Windowed features against a row-by-row reference, edges included."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_asof.errors import UnknownMeasureError
from kedro_asof.exit_codes import find_fault
from kedro_asof.tiles.tile import list_tile_weeks, summarize_weeks
from kedro_asof.windows.aggregate import NO_TILES, TiledWeeks, aggregate_windows
from kedro_asof.windows.declaration import WindowParams
from tests.kedro_asof.fixtures import ask_engine
from tests.kedro_asof.windows.reference import compute_feature

LEAP_DAY = date(2024, 2, 29)
WINDOW = WindowParams.model_validate(
    {
        "date": "day",
        "windows": [1, 7, 30],
        "measures": {
            "amount": ["sum", "mean", "max", "count", "active_days", "days_since_last", "trend"],
            "rating": ["mean", "count", "active_days", "days_since_last"],
            "topic": ["count", "active_days"],
        },
        "categories": {
            "topic": {"complaint": ["count", "share", "active_days", "days_since_last"]}
        },
        "known_from": {"rating": "rated_on"},
    }
)
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "day": pa.date32(),
        "amount": pa.float64(),
        "topic": pa.string(),
        "rating": pa.int64(),
        "rated_on": pa.date32(),
        "loaded_at": pa.date32(),
    }
)
DATES = [LEAP_DAY - timedelta(days=3), LEAP_DAY, LEAP_DAY + timedelta(days=1)]

days_around = st.integers(-70, 5).map(lambda days: LEAP_DAY + timedelta(days=days))
events = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from(["a", "b"]),
            "day": days_around,
            "amount": st.one_of(st.none(), st.integers(0, 1000).map(float)),
            "topic": st.sampled_from(["complaint", "billing", None]),
            "rating": st.one_of(st.none(), st.integers(1, 5)),
            "rated_on": st.one_of(st.none(), days_around),
            "loaded_at": st.one_of(st.none(), days_around),
        }
    ),
    max_size=25,
)


@settings(max_examples=25)
@given(rows=events)
def test_windows_equal_the_reference(rows: list[dict[str, Any]], engine: ibis.BaseBackend) -> None:
    _expect_reference(rows, SCHEMA.remove(SCHEMA.get_field_index("loaded_at")), engine)


@settings(max_examples=25)
@given(rows=events)
def test_windows_of_rows_that_were_loaded_late_equal_the_reference(
    rows: list[dict[str, Any]], engine: ibis.BaseBackend
) -> None:
    _expect_reference(rows, SCHEMA, engine)


# Each set of tiles starts on another weekday and leaves other weeks to the rows.
TILED = [
    (DATES, frozenset(date(2024, 1, 1) + timedelta(weeks=n) for n in range(9))),
    ([LEAP_DAY], frozenset(date(2023, 12, 21) + timedelta(weeks=n) for n in range(11))),
    (
        [LEAP_DAY - timedelta(days=13), LEAP_DAY + timedelta(days=1)],
        frozenset(date(2023, 12, 22) + timedelta(weeks=2 * n) for n in range(6)),
    ),
]


@pytest.mark.parametrize(("dates", "weeks"), TILED)
@settings(max_examples=6)
@given(rows=events)
def test_windows_of_tiles_equal_the_reference(
    rows: list[dict[str, Any]],
    dates: list[date],
    weeks: frozenset[date],
    engine: ibis.BaseBackend,
) -> None:
    _expect_reference(rows, SCHEMA, engine, dates, weeks)
    without_arrival = SCHEMA.remove(SCHEMA.get_field_index("loaded_at"))
    _expect_reference(rows, without_arrival, engine, dates, weeks)


def test_a_measured_column_may_be_called_week(engine: ibis.BaseBackend) -> None:
    window = WindowParams.model_validate(
        {"date": "day", "windows": [7], "measures": {"week": ["sum", "count"]}}
    )
    rows = [(LEAP_DAY - timedelta(days=1), 5), (LEAP_DAY - timedelta(days=2), None)]
    table = pa.table(
        {
            "customer_id": ["a", "a"],
            "day": [day for day, _ in rows],
            "week": pa.array([week for _, week in rows], pa.int64()),
        }
    )
    weeks = frozenset([LEAP_DAY - timedelta(days=7)])
    for tiled in (frozenset[date](), weeks):
        row = _aggregate(table, [LEAP_DAY], engine, window, tiled).set_index("customer_id").loc["a"]
        assert (row["events_week_sum_7d"], row["events_week_count_7d"]) == (5, 1)


def test_tiles_are_used_where_no_window_cuts_their_week(engine: ibis.BaseBackend) -> None:
    window = WindowParams.model_validate(
        {"date": "day", "windows": [7, 30], "measures": {"amount": ["sum"]}}
    )
    weeks = list_tile_weeks([LEAP_DAY], window, weekday=LEAP_DAY.weekday())
    assert weeks == [LEAP_DAY - timedelta(weeks=n) for n in (4, 3, 2, 1)]
    rows = [_event(LEAP_DAY - timedelta(days=n)) for n in range(1, 31)]
    read: list[date] = []

    def read_nothing(asked: Sequence[date]) -> ir.Table:
        read.extend(asked)
        empty = ibis.memtable(pa.Table.from_pylist([], SCHEMA))
        return summarize_weeks(empty, window, ["customer_id"], asked)

    table = pa.Table.from_pylist(rows, SCHEMA.remove(SCHEMA.get_field_index("loaded_at")))
    events = engine.create_table("events_of_a_month", table, temp=True, overwrite=True)
    snapshots = ibis.memtable({"customer_id": ["a"], "as_of": [LEAP_DAY]})
    result = aggregate_windows(
        snapshots, [LEAP_DAY], events, window, "events", TiledWeeks(frozenset(weeks), read_nothing)
    )
    assert engine.to_pyarrow(result)["events_amount_sum_30d"].to_pylist() == [2 * 5.0]
    assert sorted(read) == weeks


@pytest.mark.parametrize(
    ("days_before", "windows_that_see_it"),
    [(0, []), (1, [1, 7, 30]), (7, [7, 30]), (8, [30]), (30, [30]), (31, [])],
)
def test_a_window_ends_the_day_before_and_is_as_long_as_it_says(
    days_before: int, windows_that_see_it: list[int], engine: ibis.BaseBackend
) -> None:
    row = _compute([_event(LEAP_DAY - timedelta(days=days_before))], engine)
    seen = [days for days in WINDOW.windows if row[f"events_amount_sum_{days}d"] == 5.0]
    assert seen == windows_that_see_it


def test_a_day_with_two_events_is_one_active_day(engine: ibis.BaseBackend) -> None:
    day = LEAP_DAY - timedelta(days=2)
    row = _compute([_event(day), _event(day), _event(day - timedelta(days=1))], engine)
    assert row["events_amount_active_days_7d"] == 2
    assert row["events_amount_count_7d"] == 3


def test_a_day_whose_events_were_loaded_apart_is_one_active_day(engine: ibis.BaseBackend) -> None:
    day = LEAP_DAY - timedelta(days=20)
    rows = [_event(day, loaded_at=day), _event(day, loaded_at=LEAP_DAY - timedelta(days=1))]
    row = _compute(rows, engine)
    assert row["events_amount_active_days_30d"] == 1
    assert row["events_amount_sum_30d"] == 10.0


def test_windows_longer_than_a_segment_count_every_day(engine: ibis.BaseBackend) -> None:
    window = WindowParams.model_validate(
        {"date": "day", "windows": [400], "measures": {"amount": ["active_days", "sum"]}}
    )
    rows = [_event(LEAP_DAY - timedelta(days=days)) for days in range(1, 500)]
    row = _compute(rows, engine, window)
    assert row["events_amount_active_days_400d"] == 400
    assert row["events_amount_sum_400d"] == 2000.0


def test_a_customer_without_events_has_zero_sums_and_unknown_means(
    engine: ibis.BaseBackend,
) -> None:
    row = _compute([], engine)
    assert row["events_amount_sum_30d"] == 0
    assert row["events_amount_count_30d"] == 0
    assert row["events_amount_active_days_30d"] == 0
    assert pd.isna(row["events_amount_mean_30d"])
    assert pd.isna(row["events_amount_trend_30d"])
    assert pd.isna(row["events_amount_days_since_last_30d"])
    assert pd.isna(row["events_topic_complaint_share_30d"])


def test_a_measure_that_is_not_there_is_named_with_those_that_are(engine: ibis.BaseBackend) -> None:
    window = WindowParams.model_validate(
        {"date": "day", "windows": [7], "measures": {"minutes": ["sum"]}}
    )
    with pytest.raises(UnknownMeasureError, match=r"\['minutes'\].*expected some of \['amount'"):
        _compute([], engine, window)


def test_a_sum_that_is_not_exact_stops_the_query_and_names_the_column(
    engine: ibis.BaseBackend,
) -> None:
    most = 2**53 / 1e6
    days = [LEAP_DAY - timedelta(days=days) for days in (1, 2)]
    row = _compute([_event(days[0], amount=most - 10), _event(days[1], amount=9.5)], engine)
    assert row["events_amount_sum_30d"] == most - 0.5
    with pytest.raises(duckdb.InvalidInputException) as caught:
        _compute([_event(day, amount=most - 10) for day in days], engine)
    assert str(find_fault(caught.value, lambda _: None)).startswith(
        "Implausible values in events.amount: a sum over 7 days exceeds 9,007,199,255, above"
    )


def test_a_time_with_a_zone_is_not_dated_by_guessing() -> None:
    events = ibis.memtable(
        pa.table({"customer_id": ["a"], "day": pa.array([0], pa.timestamp("us", tz="UTC"))})
    )
    window = {"date": "day", "windows": [7], "measures": {"day": ["count"]}}
    snapshots = ibis.memtable({"customer_id": ["a"], "as_of": [LEAP_DAY]})
    with pytest.raises(UnknownMeasureError, match=r"Invalid type timestamp\('UTC', 6\) of day"):
        aggregate_windows(
            snapshots, [LEAP_DAY], events, WindowParams.model_validate(window), "events"
        )


def _event(day: date, **changes: Any) -> dict[str, Any]:
    return {"customer_id": "a", "day": day, "amount": 5.0, "topic": "billing"} | changes


def _compute(
    rows: list[dict[str, Any]], engine: ibis.BaseBackend, window: WindowParams = WINDOW
) -> pd.Series:
    """Compute the features of customer a on the leap day."""
    is_dated = any("loaded_at" in row for row in rows)
    schema = SCHEMA if is_dated else SCHEMA.remove(SCHEMA.get_field_index("loaded_at"))
    frame = _aggregate(pa.Table.from_pylist(rows, schema), [LEAP_DAY], engine, window)
    return frame.set_index("customer_id").loc["a"]


def _aggregate(
    table: pa.Table,
    dates: list[date],
    engine: ibis.BaseBackend,
    window: WindowParams = WINDOW,
    weeks: frozenset[date] = frozenset(),
) -> pd.DataFrame:
    pairs = [(customer, day) for customer in ("a", "b") for day in dates]
    customers, days = zip(*pairs, strict=True)
    tables = {"events": table, "snapshots": pa.table({"customer_id": customers, "as_of": days})}

    def ask(held: dict[str, ir.Table]) -> ir.Table:
        def read(some: Sequence[date]) -> ir.Table:
            return summarize_weeks(held["events"], window, ["customer_id"], some)

        tiles = TiledWeeks(weeks, read) if weeks else NO_TILES
        return aggregate_windows(held["snapshots"], dates, held["events"], window, "events", tiles)

    frame = ask_engine(engine, tables, ask, window.model_dump_json(), weeks, *dates)
    return frame.assign(as_of=pd.to_datetime(frame["as_of"]).dt.date)


def _expect_reference(
    rows: list[dict[str, Any]],
    schema: pa.Schema,
    engine: ibis.BaseBackend,
    dates: list[date] = DATES,
    weeks: frozenset[date] = frozenset(),
) -> None:
    table = pa.Table.from_pylist(rows, schema)
    events = table.to_pylist()
    for row in _aggregate(table, dates, engine, weeks=weeks).to_dict("records"):
        for feature in WINDOW.list_features("events"):
            expected = compute_feature(feature, WINDOW, events, row["customer_id"], row["as_of"])
            found = float("nan") if pd.isna(row[feature.name]) else row[feature.name]
            assert found == pytest.approx(expected, nan_ok=True), feature
