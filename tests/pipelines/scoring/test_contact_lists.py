"""The customers to contact: best first, up to the capacity, never from the holdout."""

from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pytest

from telco_churn.contracts import CONTACTS_SCHEMA, SCORES_SCHEMA
from telco_churn.parameters.summary import SummaryParams
from telco_churn.pipelines.scoring.contact_lists import (
    choose_contacts,
    is_held_out,
    list_contacts,
    sort_contacts,
)
from tests.conftest import as_of, decision_params
from tests.pipelines.release.small_models import make_version


def predictions(values: list[float]) -> ir.Table:
    ids = [f"C{number:05d}" for number in range(len(values))]
    return ibis.memtable(
        pd.DataFrame({"customer_id": ids, "as_of": "2026-01-01", "expected_value": values})
    )


def chosen(
    values: list[float], metrics: dict[str, float] | None = None, **decision: Any
) -> list[str]:
    found = choose_contacts(
        predictions(values), make_version(metrics=metrics or {}), decision_params(**decision)
    ).to_pandas()
    return sorted(found["customer_id"])


def held_out(customers: int, **decision: Any) -> set[str]:
    table = predictions([1.0] * customers)
    kept = table.filter(is_held_out(table.customer_id, decision_params(**decision)))
    return set(kept.to_pandas()["customer_id"])


def test_the_best_are_contacted_while_there_are_calls() -> None:
    values = [3.0, -1.0, 5.0, 0.0, 5.0]
    everyone = chosen(values, holdout_fraction=0, campaign_capacity=None)
    assert everyone == ["C00000", "C00002", "C00004"]
    assert chosen(values, holdout_fraction=0, campaign_capacity=2) == ["C00002", "C00004"]
    assert chosen(values, holdout_fraction=0, campaign_capacity=1) == ["C00002"]


def test_the_held_out_are_never_contacted_and_their_calls_go_to_others() -> None:
    out = held_out(2000, holdout_fraction=0.1)
    contacts = chosen([1.0] * 2000, holdout_fraction=0.1, campaign_capacity=1500)
    assert not out & set(contacts)
    assert len(contacts) == 1500


CHANCE = {"roc_auc": 0.52, "roc_auc_low": 0.49, "roc_auc_high": 0.55}
BELOW_BASELINE = {
    "roc_auc": 0.7,
    "roc_auc_low": 0.68,
    "roc_auc_high": 0.72,
    "logistic_regression_roc_auc": 0.75,
    "logistic_regression_roc_auc_gain": -0.05,
    "logistic_regression_roc_auc_gain_low": -0.07,
    "logistic_regression_roc_auc_gain_high": -0.03,
}


@pytest.mark.parametrize("metrics", [CHANCE, BELOW_BASELINE])
def test_a_weak_model_contacts_nobody_unless_it_is_accepted(metrics: dict[str, float]) -> None:
    assert chosen([3.0, 5.0], metrics, holdout_fraction=0) == []
    accepted = chosen([3.0, 5.0], metrics, holdout_fraction=0, accept_weak_model=True)
    assert accepted == ["C00000", "C00001"]


@pytest.mark.parametrize(
    "difference",
    [
        {"logistic_regression_roc_auc_gain_high": 0.01},
        {"logistic_regression_roc_auc_gain": -0.001},
    ],
    ids=["not proven", "too small to matter"],
)
def test_a_model_hardly_below_a_baseline_contacts_customers(difference: dict[str, float]) -> None:
    assert len(chosen([3.0, 5.0], BELOW_BASELINE | difference, holdout_fraction=0)) == 2


@pytest.mark.parametrize("fraction", [0.0, 0.05, 0.3])
def test_the_holdout_is_as_large_as_was_asked(fraction: float) -> None:
    share = len(held_out(20_000, holdout_fraction=fraction)) / 20_000
    assert share == pytest.approx(fraction, abs=0.006)


def test_the_holdout_stays_the_same_as_customers_come_and_the_fraction_grows() -> None:
    small = held_out(1000, holdout_fraction=0.05)
    assert held_out(5000, holdout_fraction=0.05) & {f"C{n:05d}" for n in range(1000)} == small
    assert small < held_out(1000, holdout_fraction=0.2)
    assert small != held_out(1000, holdout_fraction=0.05, holdout_name="other")


def test_the_list_has_the_best_first_and_no_one_else() -> None:
    day = as_of("2026-01-01").day
    row = {
        "as_of": day,
        "churn_probability": 0.1,
        "risk_band": "high",
        "model_version": 1,
        "run_id": "r",
        "holdout": False,
    }
    rows = [
        row | {"customer_id": name, "expected_value": value, "contact": contact}
        for name, value, contact in [("a", 1.0, True), ("b", 9.0, False), ("c", 2.0, True)]
    ]
    scores = ibis.memtable(pa.Table.from_pylist(rows, SCORES_SCHEMA))
    listed = list_contacts(scores, as_of("2026-01-01")).read_all()
    assert listed.schema == CONTACTS_SCHEMA
    assert [(row["rank"], row["customer_id"]) for row in listed.to_pylist()] == [(1, "c"), (2, "a")]


def test_callers_get_rounded_figures_under_headings_in_words() -> None:
    row = {
        "customer_id": "a",
        "as_of": as_of("2026-01-01").day,
        "churn_probability": 0.14731,
        "risk_band": "high",
        "expected_value": 11.67802,
        "reason_1": "no recent call",
        "reason_1_contribution": 0.5,
        "model_version": 3,
    }
    rows = [row | {"rank": 2}, row | {"rank": 1, "customer_id": "b", "expected_value": 12.0}]
    listed = ibis.memtable(pa.Table.from_pylist(rows, CONTACTS_SCHEMA))
    summary = SummaryParams(scores="", currency="EUR", promote="")
    for_people = sort_contacts(listed, summary).to_pandas()
    assert list(for_people["Customer"]) == ["b", "a"]
    assert for_people.iloc[1].dropna().to_dict() == {
        "Rank": 2,
        "Customer": "a",
        "As of": pd.Timestamp("2026-01-01"),
        "Churn probability (%)": 14.7,
        "Risk band": "high",
        "Expected value (EUR)": 11.68,
        "Reason 1": "no recent call",
        "Model version": 3,
    }
