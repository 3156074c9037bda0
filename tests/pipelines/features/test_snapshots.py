"""Who is looked at when: active customers, matured dates, dates within the data."""

from datetime import date, timedelta

import ibis.expr.types as ir
import pyarrow as pa
import pytest

from telco_churn.errors import InputError
from telco_churn.pipelines.features.nodes import label_churn
from telco_churn.pipelines.features.snapshots import (
    AsOfOutsideDataError,
    TooFewSnapshotsError,
    list_scoring_dates,
    list_training_dates,
    snapshot_customers,
)
from tests.conftest import as_of, label_params, snapshot_params, training_params
from tests.small_operator import Put

FIRST, LAST = date(2025, 3, 31), date(2026, 9, 27)


@pytest.fixture
def coverage(put: Put) -> ir.Table:
    return put(pa.table({"first_day": [FIRST], "last_day": [LAST]}))


@pytest.mark.parametrize("day", ["2025-04-01", "2026-09-28"])
def test_as_of_may_be_any_morning_after_a_day_of_data(day: str, coverage: ir.Table) -> None:
    assert list_scoring_dates(coverage, as_of(day)) == [date.fromisoformat(day)]


@pytest.mark.parametrize("day", ["2025-03-31", "2026-09-29"])
def test_as_of_outside_the_data_is_refused(day: str, coverage: ir.Table) -> None:
    with pytest.raises(AsOfOutsideDataError, match=f"{day}.*2025-04-01 to 2026-09-28"):
        list_scoring_dates(coverage, as_of(day))


@pytest.mark.parametrize("day", ["2026-09-28", "2026-07-01", "2026-02-28"])
def test_only_matured_dates_are_learnt_from(day: str, coverage: ir.Table) -> None:
    dates = list_training_dates(
        coverage, as_of(day), snapshot_params(), label_params(), training_params()
    )
    horizon = timedelta(days=label_params().horizon_days)
    assert all(snapshot + horizon <= date.fromisoformat(day) for snapshot in dates)
    assert max(dates) + horizon == date.fromisoformat(day)
    assert dates == sorted(dates)


def test_the_first_snapshot_has_the_history_it_needs(coverage: ir.Table) -> None:
    params = snapshot_params(count=100)
    dates = list_training_dates(
        coverage, as_of("2026-09-28"), params, label_params(), training_params()
    )
    assert min(dates) >= FIRST + timedelta(days=params.minimum_history_days)


def test_too_little_data_to_learn_from_is_refused(coverage: ir.Table) -> None:
    with pytest.raises(TooFewSnapshotsError, match="4 matured snapshots, at least 5"):
        list_training_dates(
            coverage, as_of("2025-11-01"), snapshot_params(), label_params(), training_params()
        )


def test_overlapping_label_windows_are_refused(coverage: ir.Table) -> None:
    with pytest.raises(InputError, match=r"every_days is 29, below label\.horizon_days = 30"):
        list_training_dates(
            coverage,
            as_of("2026-09-28"),
            snapshot_params(every_days=29),
            label_params(),
            training_params(),
        )


def test_a_customer_is_one_from_the_day_after_sign_up_to_the_day_of_cancelling(put: Put) -> None:
    customers = put(pa.table({"customer_id": ["a"], "signed_up_on": [date(2026, 1, 10)]}))
    cancelled = put(pa.table({"customer_id": ["a"], "cancelled_on": [date(2026, 1, 20)]}))
    days = [date(2026, 1, day) for day in (9, 10, 11, 19, 20, 21)]
    found = snapshot_customers(days, customers, cancelled).order_by("as_of").to_pyarrow()
    assert [day.day for day in found["as_of"].to_pylist()] == [11, 19, 20]


@pytest.mark.parametrize(
    ("days_after", "churned"), [(-1, False), (0, True), (29, True), (30, False), (None, False)]
)
def test_churn_is_a_cancellation_within_the_horizon_as_of_included(
    days_after: int | None, churned: bool, put: Put
) -> None:
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
    labelled = label_churn(snapshots, cancellations, label_params()).to_pyarrow()
    assert labelled["churned"].to_pylist() == [churned]
