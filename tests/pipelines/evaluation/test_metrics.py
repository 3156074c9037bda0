"""Metrics equal scikit-learn's, and by hand on rows that can be counted."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from telco_churn.pipelines.evaluation.metrics import METRICS, measure
from telco_churn.pipelines.evaluation.ranking import Ranking, Tally

SKLEARN: dict[str, Callable[..., Any]] = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "brier": brier_score_loss,
    "log_loss": log_loss,
}


def found(churned: Any, probability: Any, weights: Any = None) -> dict[str, float]:
    came, forecast = np.asarray(churned, float), np.asarray(probability, float)
    given_weights = np.ones(len(came)) if weights is None else np.asarray(weights, float)
    values = measure(Tally.of(Ranking.of(came, forecast), given_weights))
    return dict(zip(METRICS, values.tolist(), strict=True))


@given(seed=st.integers(0, 10**6), distinct=st.sampled_from([2, 5, 10**6]), whole=st.booleans())
def test_metrics_are_those_of_scikit_learn_with_ties_and_weights(
    seed: int, distinct: int, whole: bool
) -> None:
    random = np.random.default_rng(seed)
    churned = np.append(random.random(60) < 0.3, [True, False])
    probability = random.integers(0, distinct, 62) / distinct
    weights = random.poisson(1, 62) if whole else random.random(62)
    weights = np.append(weights[:60].astype(float), [1.0, 1.0])
    for given_weights in (np.ones(62), weights):
        ours = found(churned, probability, given_weights)
        for name, metric in SKLEARN.items():
            theirs = metric(churned, probability, sample_weight=given_weights)
            assert ours[name] == pytest.approx(theirs, abs=1e-9), name


@given(seed=st.integers(0, 10**6))
def test_a_whole_weight_counts_a_row_that_many_times(seed: int) -> None:
    random = np.random.default_rng(seed)
    churned = np.append(random.random(97) < 0.3, [True, False])
    probability = random.permutation(99) / 99
    weights = np.append(random.poisson(1, 97), [1, 1])
    weighted = found(churned, probability, weights)
    repeated = found(np.repeat(churned, weights), np.repeat(probability, weights))
    assert weighted == pytest.approx(repeated)


def test_lift_and_capture_count_those_who_churned_among_the_riskiest() -> None:
    churned = np.zeros(100)
    churned[[0, 1, 2, 8, 50]] = 1
    ours = found(churned, np.linspace(1, 0, 100))
    assert ours["lift_at_5_percent"] == pytest.approx((3 / 5) / (5 / 100))
    assert ours["capture_top_decile"] == pytest.approx(4 / 5)


def test_calibration_error_is_the_mean_gap_of_ten_groups() -> None:
    churned = [False, True] * 50
    assert found(churned, np.full(100, 0.5))["expected_calibration_error"] == pytest.approx(0)
    assert found(churned, np.full(100, 0.8))["expected_calibration_error"] == pytest.approx(0.3)


def test_tenths_hold_what_numpy_splits_when_rows_do_not_divide_by_ten() -> None:
    random = np.random.default_rng(3)
    churned, probability = (random.random(1003) < 0.2).astype(float), random.random(1003)
    tally = Tally.of(Ranking.of(churned, probability), np.ones(1003))
    groups = np.array_split(np.argsort(-probability, kind="stable"), 10)
    expected = [[len(g), churned[g].sum(), probability[g].sum()] for g in groups]
    assert tally.deciles == pytest.approx(np.transpose(expected))


def test_a_perfect_forecast_is_measured_as_one() -> None:
    churned = np.array([False] * 90 + [True] * 10)
    ours = found(churned, churned)
    assert (ours["roc_auc"], ours["average_precision"], ours["brier"]) == (1, 1, 0)
    assert ours["capture_top_decile"] == 1


def test_one_class_alone_has_no_value() -> None:
    assert np.isnan(list(found([1, 1, 1], [0.1, 0.2, 0.3]).values())).all()
