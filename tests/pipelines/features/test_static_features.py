"""Features use what is known of subscriptions, contacts and invoices on the morning of a day."""

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from telco_churn.pipelines.features import nodes, static_features
from tests.conftest import feature_params
from tests.kedro_asof.fixtures import Put

AS_OF = date(2026, 6, 1)


def test_the_subscription_in_force_is_the_last_from_before_the_day(put: Put) -> None:
    row = _describe_subscription(
        put,
        [
            (date(2025, 1, 1), "basic", 20.0),
            (date(2026, 5, 31), "plus", 25.0),
            (AS_OF, "max", 99.0),
        ],
    )
    assert (row["plan"], row["monthly_price"]) == ("plus", 25.0)
    assert row["price_change_90d"] == pytest.approx(0.25)


def test_days_to_the_end_of_a_contract_count_down_and_go_negative(put: Put) -> None:
    row = _describe_subscription(put, [(date(2025, 6, 11), "basic", 20.0)])
    assert row["contract_days_left"] == 10
    row = _describe_subscription(put, [(date(2025, 5, 22), "basic", 20.0)])
    assert row["contract_days_left"] == -10


def test_without_a_contract_its_end_is_unknown(put: Put) -> None:
    row = _describe_subscription(put, [(date(2025, 6, 11), "basic", 20.0)], months=0)
    assert pd.isna(row["contract_days_left"])


@pytest.mark.parametrize(
    ("paid_on", "owed", "days_late"),
    [(date(2026, 5, 31), 0.0, 16), (AS_OF, 30.0, 17), (None, 30.0, 17)],
)
def test_an_invoice_is_owed_until_it_was_paid_before_the_day(
    paid_on: date | None, owed: float, days_late: int, put: Put
) -> None:
    invoices = pa.table(
        {
            "invoice_id": ["i"],
            "customer_id": ["a"],
            "issued_on": [date(2026, 5, 1)],
            "due_on": [date(2026, 5, 15)],
            "paid_on": pa.array([paid_on], pa.date32()),
            "amount": [30.0],
        }
    )
    found = static_features.measure_invoices(_snapshot(put), put(invoices)).to_pandas().iloc[0]
    assert found["unpaid_amount"] == owed
    assert found["days_late_max_365d"] == days_late


@pytest.mark.parametrize(("loaded_at", "shock"), [(date(2026, 5, 31), 0.5), (AS_OF, None)])
def test_a_bill_that_was_loaded_late_shocks_nobody_before(
    loaded_at: date, shock: float | None, put: Put
) -> None:
    invoices = pa.table(
        {
            "customer_id": ["a", "a"],
            "issued_on": [date(2026, 4, 1), date(2026, 5, 15)],
            "due_on": [date(2026, 4, 15), date(2026, 5, 29)],
            "paid_on": [date(2026, 4, 15), date(2026, 5, 29)],
            "amount": [20.0, 30.0],
            "loaded_at": [date(2026, 4, 2), loaded_at],
        }
    )
    found = static_features.measure_invoices(_snapshot(put), put(invoices)).to_pandas().iloc[0]
    assert (found["bill_shock"] if pd.notna(found["bill_shock"]) else None) == shock


@pytest.mark.parametrize(("resolved_on", "known"), [(date(2026, 5, 31), True), (AS_OF, False)])
def test_satisfaction_is_known_once_the_contact_was_resolved(
    resolved_on: date, known: bool, put: Put
) -> None:
    contacts = pa.table(
        {
            "contact_id": ["k"],
            "customer_id": ["a"],
            "contacted_on": [date(2026, 5, 20)],
            "channel": ["chat"],
            "topic": ["complaint"],
            "resolved_on": [resolved_on],
            "satisfaction": [2],
        }
    )
    aggregate = nodes.aggregate_events("contacts")
    row = aggregate(_snapshot(put), [AS_OF], put(contacts), feature_params())
    found = row.to_pandas().iloc[0]
    assert found["contacts_topic_complaint_count_28d"] == 1
    assert pd.notna(found["contacts_satisfaction_mean_28d"]) == known


def _snapshot(put: Put) -> pa.Table:
    return put(pa.table({"customer_id": ["a"], "as_of": [AS_OF]}))


def _describe_subscription(
    put: Put, versions: list[tuple[date, str, float]], months: int = 12
) -> pd.Series:
    table = pa.table(
        {
            "customer_id": ["a"] * len(versions),
            "valid_from": [day for day, _, _ in versions],
            "plan": [plan for _, plan, _ in versions],
            "technology": ["dsl"] * len(versions),
            "contract_months": [months] * len(versions),
            "contract_started_on": [versions[0][0]] * len(versions),
            "monthly_price": [price for _, _, price in versions],
            "payment_method": ["card"] * len(versions),
        }
    )
    return static_features.describe_subscriptions(_snapshot(put), put(table)).to_pandas().iloc[0]
