"""Metrics by hand, on rows that can be counted."""

import numpy as np
import pytest

from telco_churn.pipelines.training.metrics import (
    METRICS,
    average_folds,
    expected_calibration_error,
    is_not_worse,
    lift_at_5_percent,
    measure,
)


def test_lift_is_the_rate_of_the_riskiest_over_the_rate_of_all() -> None:
    churned = np.zeros(100, bool)
    churned[[0, 1, 2, 50]] = True
    probability = np.linspace(1, 0, 100)
    assert lift_at_5_percent(churned, probability) == pytest.approx((3 / 5) / (4 / 100))


def test_calibration_error_is_the_mean_gap_of_ten_groups() -> None:
    churned = np.array([False, True] * 50)
    assert expected_calibration_error(churned, np.full(100, 0.5)) == pytest.approx(0)
    assert expected_calibration_error(churned, np.full(100, 0.8)) == pytest.approx(0.3)


def test_a_perfect_forecast_is_measured_as_one() -> None:
    churned = np.array([False] * 90 + [True] * 10)
    found = measure(churned, churned.astype(float))
    assert set(found) == set(METRICS)
    assert (found["roc_auc"], found["average_precision"], found["brier"]) == (1, 1, 0)


def test_folds_are_averaged_with_their_spread() -> None:
    found = average_folds([{"roc_auc": 0.8}, {"roc_auc": 0.9}])
    assert found == pytest.approx({"roc_auc": 0.85, "roc_auc_std": 0.05})


@pytest.mark.parametrize(
    ("metric", "candidate", "champion", "tolerance", "expected"),
    [
        ("log_loss", 0.10, 0.11, 0, True),
        ("log_loss", 0.11, 0.10, 0, False),
        ("log_loss", 0.11, 0.10, 0.02, True),
        ("roc_auc", 0.80, 0.79, 0, True),
        ("roc_auc", 0.79, 0.80, 0, False),
        ("roc_auc", 0.80, 0.80, 0, True),
    ],
)
def test_not_worse_knows_which_way_is_better(
    metric: str, candidate: float, champion: float, tolerance: float, expected: bool
) -> None:
    assert is_not_worse(metric, candidate, champion, tolerance) is expected
