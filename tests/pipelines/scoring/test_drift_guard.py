"""Scores that differ too much from those of the previous date are refused, others pass."""

import json
import logging
from types import SimpleNamespace
from typing import Any, cast

import ibis
import pandas as pd
import pytest

from telco_churn.errors import ImplausibleScoresError
from telco_churn.parameters.guard import GuardParams
from telco_churn.pipelines.scoring.drift_guard import (
    EDGES,
    find_stability_index,
    guard_volume,
    measure_scores,
)
from telco_churn.registry.registry_types import ModelVersion
from tests.conftest import as_of, read_parameters

USUAL = [0, 10, 80, 300, 200, 150, 90, 40, 20, 10, 0]
SHIFTED = USUAL[::-1]
SHARPER = [40, 90, 170, 250, 120, 90, 60, 40, 20, 15, 5]


def champion(version: int) -> ModelVersion:
    return cast(ModelVersion, SimpleNamespace(version=version))


def history(**changes: Any) -> pd.DataFrame:
    commit = {
        "as_of": "2026-09-21",
        "table_version": 3,
        "model_version": "1",
        "customers": "900",
        "mean_probability": "0.05",
        "histogram": json.dumps(USUAL),
    }
    return pd.DataFrame([commit | changes])


def guard(
    before: pd.DataFrame,
    customers: int = 900,
    histogram: list[int] = USUAL,
    version: int = 1,
    action: str = "refuse",
) -> dict[str, Any]:
    measures = {"customers": customers, "mean_probability": 0.1, "histogram": histogram}
    params = GuardParams(**(read_parameters("guard") | {"action": action}))
    return guard_volume(measures, before, champion(version), as_of("2026-09-28"), params)


def test_scores_like_those_before_pass() -> None:
    assert guard(history(), customers=1000)["customers"] == 1000


@pytest.mark.parametrize("customers", [700, 1100])
def test_many_more_or_fewer_customers_are_refused(customers: int) -> None:
    found = rf"changed by [+-]2.\.\d% from 900 to {customers:,}, the bound is 20.0%"
    with pytest.raises(ImplausibleScoresError, match=found):
        guard(history(), customers=customers)


def test_another_distribution_by_the_same_model_is_refused() -> None:
    with pytest.raises(ImplausibleScoresError, match=r"stability index .* is \d\.\d\d .*0\.25"):
        guard(history(), histogram=SHIFTED)


def test_another_model_may_shift_the_distribution_further_but_not_at_will() -> None:
    with pytest.raises(ImplausibleScoresError, match=r"0\.25 \(guard\.max_stability_index\)"):
        guard(history(), histogram=SHARPER)
    assert guard(history(), histogram=SHARPER, version=2)
    with pytest.raises(ImplausibleScoresError, match=r"1 \(guard\.max_stability_index_new_model"):
        guard(history(), histogram=SHIFTED, version=2)


@pytest.mark.parametrize("day", ["2026-08-01", "2026-10-05"])
def test_a_date_long_ago_or_a_later_one_is_not_compared_with(day: str) -> None:
    assert guard(history(as_of=day), customers=5, histogram=SHIFTED)


def test_the_last_commit_of_the_latest_date_counts() -> None:
    older = history(as_of="2026-09-14", customers="5")
    replaced = history(customers="5")
    assert guard(pd.concat([replaced, older, history()]))


def test_a_warning_lets_them_pass(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert guard(history(), customers=5, action="warn")["customers"] == 5
    assert "from 900 to 5, the bound is" in caplog.text
    assert "committed anyway, because guard.action=warn" in caplog.text


def test_measures_count_what_is_there() -> None:
    probabilities = [0.0, 0.001, EDGES[0], 0.02, 0.02, 0.7, 1.0]
    predictions = ibis.memtable(
        pd.DataFrame(
            {
                "customer_id": list("abcdefg"),
                "as_of": "2026-01-01",
                "churn_probability": probabilities,
                "expected_value": [-1.0, -1, -1, 2, 3, 4, 5],
            }
        )
    )
    contacted = predictions.filter(predictions.expected_value > 2).select("customer_id", "as_of")
    found = measure_scores(predictions, contacted)
    assert found["histogram"] == [2, 1, 0, 0, 2, 0, 0, 0, 0, 0, 2]
    assert (found["customers"], found["contacts"], found["expected_value"]) == (7, 3, 12.0)
    assert found["mean_probability"] == pytest.approx(sum(probabilities) / 7)


def test_the_stability_index_is_that_of_the_textbook() -> None:
    assert find_stability_index([50, 50], [50, 50]) == 0
    assert find_stability_index([50, 50], [80, 20]) == pytest.approx(0.4159, abs=1e-4)
    assert find_stability_index([100, 0], [50, 50]) < 10
