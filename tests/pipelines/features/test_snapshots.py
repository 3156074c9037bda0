"""Snapshots have eligible customers, matured dates, and dates within the data."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from kedro_asof.errors import SourcesNotReadyError, UnknownSourceColumnError
from telco_churn.errors import AsOfOutsideDataError, TooFewSnapshotsError
from telco_churn.pipelines.features.labels import label_churn
from telco_churn.pipelines.features.snapshots import (
    list_scoring_dates,
    list_training_dates,
    snapshot_customers,
)
from tests.conftest import (
    as_of,
    eligibility_params,
    feature_params,
    label_params,
    readiness_params,
    snapshot_params,
    training_params,
)
from tests.kedro_asof.fixtures import Put

FIRST, LAST = date(2025, 3, 31), date(2026, 9, 27)


@pytest.fixture
def coverage(put: Put) -> ir.Table:
    return put(pa.table({"first_day": [FIRST], "last_day": [LAST]}))


NO_SOURCES = readiness_params()
CLOCK = datetime(2026, 9, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize("day", ["2025-04-01", "2026-09-28"])
def test_as_of_may_be_any_morning_after_a_day_of_data(day: str, coverage: ir.Table) -> None:
    assert list_scoring_dates(coverage, as_of(day), NO_SOURCES, CLOCK) == [date.fromisoformat(day)]


def test_as_of_before_the_data_is_refused(coverage: ir.Table) -> None:
    with pytest.raises(AsOfOutsideDataError, match=r"2025-03-31.*2025-04-01 to 2026-09-28"):
        list_scoring_dates(coverage, as_of("2025-03-31"), NO_SOURCES, CLOCK)


def test_as_of_after_the_data_is_not_ready_yet(coverage: ir.Table) -> None:
    with pytest.raises(SourcesNotReadyError, match=r"2026-09-29.*2025-04-01 to 2026-09-28"):
        list_scoring_dates(coverage, as_of("2026-09-29"), NO_SOURCES, CLOCK)
    lag = readiness_params(usage=("day", 1))
    usage = ibis.memtable({"day": [LAST]})
    assert list_scoring_dates(coverage, as_of("2026-09-29"), lag, CLOCK, usage=usage)


@pytest.mark.parametrize(("day", "is_late"), [("2026-09-29", True), ("2026-09-30", False)])
def test_as_of_days_ahead_of_the_clock_is_a_mistake_and_not_late_data(
    day: str, is_late: bool, coverage: ir.Table
) -> None:
    with pytest.raises(SourcesNotReadyError if is_late else AsOfOutsideDataError) as error:
        list_scoring_dates(coverage, as_of(day), NO_SOURCES, CLOCK)
    assert ("2 days in the future" in str(error.value)) is not is_late


@pytest.mark.parametrize(("last", "is_ready"), [("2026-09-20", True), ("2026-09-19", False)])
def test_a_source_may_lag_as_many_days_as_it_is_allowed(
    last: str, is_ready: bool, coverage: ir.Table
) -> None:
    awaited = readiness_params(contacts=("contacted_on", 7))
    contacts = ibis.memtable({"contacted_on": [date(2026, 1, 1), date.fromisoformat(last)]})
    if is_ready:
        assert list_scoring_dates(coverage, as_of("2026-09-28"), awaited, CLOCK, contacts=contacts)
        return
    found = r"contacts reaches 2026-09-19, expected 2026-09-20 or later \(contacted_on\).*lag_days"
    with pytest.raises(SourcesNotReadyError, match=found):
        list_scoring_dates(coverage, as_of("2026-09-28"), awaited, CLOCK, contacts=contacts)


def test_a_source_without_rows_or_without_its_column_is_told_apart(coverage: ir.Table) -> None:
    awaited = readiness_params(contacts=("contacted_on", 7))
    empty = ibis.memtable({"contacted_on": pa.array([], pa.date32())})
    with pytest.raises(SourcesNotReadyError, match="contacts reaches no day"):
        list_scoring_dates(coverage, as_of("2026-09-28"), awaited, CLOCK, contacts=empty)
    other = ibis.memtable({"on": [LAST]})
    with pytest.raises(
        UnknownSourceColumnError, match=r"'contacted_on'.*contacts.*: expected one of \['on'\]"
    ):
        list_scoring_dates(coverage, as_of("2026-09-28"), awaited, CLOCK, contacts=other)


@pytest.mark.parametrize("day", ["2026-09-28", "2026-07-01", "2026-02-28"])
def test_only_matured_dates_are_trained_on(day: str, coverage: ir.Table) -> None:
    dates = list_training_dates(
        coverage, as_of(day), snapshot_params(), label_params(), training_params(), CLOCK
    )
    horizon = timedelta(days=label_params().horizon_days)
    assert all(snapshot + horizon <= date.fromisoformat(day) for snapshot in dates)
    assert max(dates) + horizon == date.fromisoformat(day)
    assert dates == sorted(dates)


def test_the_first_snapshot_has_the_history_it_needs(coverage: ir.Table) -> None:
    params = snapshot_params()
    dates = list_training_dates(
        coverage, as_of("2026-09-28"), params, label_params(), training_params(), CLOCK
    )
    assert min(dates) >= FIRST + timedelta(days=params.minimum_history_days)


def test_the_grid_keeps_to_its_ends_and_goes_back_from_the_last(coverage: ir.Table) -> None:
    params = snapshot_params(**{"every": "4 weeks", "from": "2026-01-01", "to": "2026-06-01"})
    dates = list_training_dates(
        coverage, as_of("2026-09-28"), params, label_params(), training_params(), CLOCK
    )
    assert dates[-1] == date(2026, 6, 1)
    assert dates[0] == date(2026, 1, 12)
    steps = {(later - earlier).days for earlier, later in pairwise(dates)}
    assert steps == {28}


def test_too_little_data_to_learn_from_is_refused(coverage: ir.Table) -> None:
    with pytest.raises(TooFewSnapshotsError, match=r"4 matured snapshots.*one to train on"):
        list_training_dates(
            coverage,
            as_of("2025-10-19"),
            snapshot_params(),
            label_params(),
            training_params(),
            CLOCK,
        )


def test_a_grid_may_be_denser_than_the_label(coverage: ir.Table) -> None:
    dates = list_training_dates(
        coverage,
        as_of("2026-09-28"),
        snapshot_params(every="1 week"),
        label_params(),
        training_params(),
        CLOCK,
    )
    assert {(later - earlier).days for earlier, later in pairwise(dates)} == {7}


def test_a_customer_is_one_from_the_day_after_sign_up_to_the_day_of_cancelling(put: Put) -> None:
    customers = put(pa.table({"customer_id": ["a"], "signed_up_on": [date(2026, 1, 10)]}))
    cancelled = put(pa.table({"customer_id": ["a"], "cancelled_on": [date(2026, 1, 20)]}))
    days = [date(2026, 1, day) for day in (9, 10, 11, 19, 20, 21)]
    found = _snapshot(days, customers, cancelled)
    assert [day for _, day in found] == days[2:5]


def test_a_cancellation_that_came_in_late_counts_from_then_on(put: Put) -> None:
    customers = put(pa.table({"customer_id": ["a"], "signed_up_on": [date(2026, 1, 10)]}))
    cancelled = put(
        pa.table(
            {
                "customer_id": ["a"],
                "cancelled_on": [date(2026, 1, 12)],
                "loaded_at": [datetime(2026, 1, 20, 3, 0)],
            }
        )
    )
    days = [date(2026, 1, day) for day in (12, 13, 20, 21)]
    assert [day for _, day in _snapshot(days, customers, cancelled)] == days[:3]


def test_who_cancelled_and_returned_is_a_customer_again_and_no_churner(put: Put) -> None:
    customers = put(pa.table({"customer_id": ["a"], "signed_up_on": [date(2026, 1, 20)]}))
    cancelled = put(pa.table({"customer_id": ["a"], "cancelled_on": [date(2026, 1, 12)]}))
    days = [date(2026, 1, day) for day in (12, 13, 20, 21)]
    found = _snapshot(days, customers, cancelled)
    assert [day for _, day in found] == [date(2026, 1, 21)]
    snapshots = put(pa.table({"customer_id": ["a"], "as_of": [date(2026, 1, 21)]}))
    labeled = label_churn(
        snapshots, days[3:], customers, cancelled, label_params(), feature_params()
    )
    assert labeled.to_pyarrow()["churned"].to_pylist() == [False]


@pytest.mark.parametrize(
    ("eligibility", "expected"),
    [
        ({}, ["a", "b"]),
        ({"minimum_tenure_days": 10}, ["a"]),
        ({"segments": ["business"]}, ["b"]),
        ({"active_within_days": 5}, ["b"]),
        ({"active_within_days": 6}, ["a", "b"]),
    ],
)
def test_who_is_eligible_is_declared(
    eligibility: dict[str, Any], expected: list[str], put: Put
) -> None:
    day = date(2026, 1, 20)
    customers = put(
        pa.table(
            {
                "customer_id": ["a", "b"],
                "signed_up_on": [date(2026, 1, 10), date(2026, 1, 11)],
                "segment": ["consumer", "business"],
            }
        )
    )
    usage = put(
        pa.table({"customer_id": ["a", "b"], "day": [date(2026, 1, 14), date(2026, 1, 15)]})
    )
    found = _snapshot([day], customers, _nobody(put), usage, **eligibility)
    assert [customer for customer, _ in found] == expected


@pytest.mark.parametrize(
    ("days_after", "churned", "known"),
    [(-1, False, False), (0, True, True), (27, True, True), (28, False, True), (None, False, True)],
)
def test_churn_is_a_cancellation_within_the_horizon_as_of_included(
    days_after: int | None, churned: bool, known: bool, put: Put
) -> None:
    """A customer who had cancelled before, by a row that arrived later, is not an example."""
    day = date(2026, 1, 1)
    snapshots = put(pa.table({"customer_id": ["a"], "as_of": [day]}))
    cancelled_on = [] if days_after is None else [day + timedelta(days=days_after)]
    cancellations = put(
        pa.table(
            {
                "customer_id": pa.array(["a"] * len(cancelled_on), pa.string()),
                "cancelled_on": pa.array(cancelled_on, pa.date32()),
            }
        )
    )
    labeled = label_churn(
        snapshots, [day], _somebody(put), cancellations, label_params(), feature_params()
    )
    assert labeled.to_pyarrow()["churned"].to_pylist() == ([churned] if known else [])


@pytest.mark.parametrize(
    ("days_after", "churned"), [(None, True), (-1, True), (0, False), (27, False), (28, True)]
)
def test_inactivity_is_no_event_within_the_horizon_however_late_it_was_loaded(
    days_after: int | None, churned: bool, put: Put
) -> None:
    day = date(2026, 1, 1)
    days = [] if days_after is None else [day + timedelta(days=days_after)]
    usage = pa.table(
        {
            "customer_id": pa.array(["a"] * len(days), pa.string()),
            "day": pa.array(days, pa.date32()),
            "loaded_at": pa.array([datetime(2030, 1, 1)] * len(days), pa.timestamp("us")),
        }
    )
    snapshots = put(pa.table({"customer_id": ["a"], "as_of": [day]}))
    label = label_params(kind="inactivity", event_tables=["usage"])
    labeled = label_churn(
        snapshots, [day], _somebody(put), _nobody(put), label, feature_params(), put(usage)
    )
    assert labeled.to_pyarrow()["churned"].to_pylist() == [churned]


def _somebody(put: Put) -> ir.Table:
    return put(pa.table({"customer_id": ["a"], "signed_up_on": [date(2025, 6, 1)]}))


def _nobody(put: Put) -> ir.Table:
    none = {"customer_id": pa.array([], pa.string()), "cancelled_on": pa.array([], pa.date32())}
    return put(pa.table(none))


def _snapshot(
    days: list[date],
    customers: ir.Table,
    cancellations: ir.Table,
    usage: ir.Table | None = None,
    **eligibility: Any,
) -> list[tuple[str, date]]:
    events = () if usage is None else (usage,)
    snapshots = snapshot_customers(
        days,
        customers,
        cancellations,
        eligibility_params(**eligibility),
        label_params(event_tables=["usage"]),
        feature_params(),
        *events,
    )
    rows = snapshots.order_by(["as_of", "customer_id"]).to_pyarrow().to_pylist()
    return [(row["customer_id"], row["as_of"]) for row in rows]
