"""Metrics equal those of scikit-learn, and values computed by hand on small examples."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from telco_churn.metrics.campaign import Campaign
from telco_churn.metrics.metric_table import (
    EXPECTED_PROFIT,
    METRICS,
    WeightedModel,
    find_metric,
    measure,
    show_interval,
)
from telco_churn.metrics.ranking import Ranking, WeightedRanking
from tests.pipelines.evaluation.predictions import decision

SKLEARN: dict[str, Callable[..., Any]] = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "brier": brier_score_loss,
    "log_loss": log_loss,
}


def found(churned: Any, probability: Any, weights: Any = None) -> dict[str, float]:
    came, forecast = np.asarray(churned, float), np.asarray(probability, float)
    given_weights = np.ones(len(came)) if weights is None else np.asarray(weights, float)
    campaign = Campaign.of(came, forecast, np.zeros(len(came), np.intp), decision(None))
    values = measure(WeightedModel(Ranking.of(came, forecast), given_weights, campaign))
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


def test_deciles_hold_what_numpy_splits_when_rows_do_not_divide_by_ten() -> None:
    random = np.random.default_rng(3)
    churned, probability = (random.random(1003) < 0.2).astype(float), random.random(1003)
    weighted = WeightedRanking(Ranking.of(churned, probability), np.ones(1003))
    groups = np.array_split(np.argsort(-probability, kind="stable"), 10)
    expected = [[len(g), churned[g].sum(), probability[g].sum()] for g in groups]
    assert weighted.deciles == pytest.approx(np.transpose(expected))


def test_a_perfect_forecast_is_measured_as_one() -> None:
    churned = np.array([False] * 90 + [True] * 10)
    ours = found(churned, churned)
    assert (ours["roc_auc"], ours["average_precision"], ours["brier"]) == (1, 1, 0)
    assert ours["capture_top_decile"] == 1


def test_rows_of_one_class_have_a_profit_and_no_other_metric() -> None:
    ours = found([1, 1, 1], [0.1, 0.3, 0.5])
    assert ours.pop(EXPECTED_PROFIT) == 2 * (0.5 * (100 - 10) - 5)
    assert np.isnan(list(ours.values())).all()


@pytest.mark.parametrize(
    ("logged", "metric"),
    [
        ("brier", "brier"),
        ("roc_auc_low", "roc_auc"),
        ("rule_of_thumb_log_loss", "log_loss"),
        ("champion_comparison.candidate_brier", "brier"),
        ("expected_profit_high", "expected_profit"),
        ("glossiness", None),
        ("brier_of_others", None),
    ],
)
def test_a_logged_name_is_about_the_metric_that_it_ends_with(
    logged: str, metric: str | None
) -> None:
    known = find_metric(logged)
    assert (known.name if known else None) == metric


def test_a_value_without_an_interval_stands_alone() -> None:
    assert show_interval("{:.1%}", 0.123, 0.1, 0.15) == "12.3% (10.0% to 15.0%)"
    assert show_interval("{:.1%}", 0.123, np.nan, np.nan) == "12.3%"
