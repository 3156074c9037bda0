"""Intervals cover the true value as often as their confidence states; they resample customers."""

from datetime import date
from threading import Barrier

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info

from telco_churn.metrics.metric_table import EXPECTED_PROFIT, METRICS
from telco_churn.metrics.ranking import Floats
from telco_churn.pipelines.evaluation import resampling
from telco_churn.pipelines.evaluation.held_out import read_held_out
from telco_churn.pipelines.evaluation.nodes import measure_models
from telco_churn.pipelines.evaluation.resampling import WEIGHTS, bound_largest, resample
from tests.pipelines.evaluation.predictions import (
    NO_CHAMPION,
    decision,
    evaluation_params,
    predict,
    read_interval,
)

pytestmark = pytest.mark.xdist_group("intervals")  # one worker, so its fixtures are made once

REPETITIONS = 100
CALIBRATION_ERROR = "expected_calibration_error"  # its true value is 0, the least it can be


@pytest.fixture(scope="module")
def intervals() -> list[pd.DataFrame]:
    return [
        measure_models(predict(400, seed), NO_CHAMPION, evaluation_params(), decision(None))
        for seed in range(REPETITIONS)
    ]


@pytest.fixture(scope="module")
def everybody() -> pd.DataFrame:
    how = evaluation_params(bootstrap_samples=20)
    return measure_models(predict(400_000, seed=1), NO_CHAMPION, how, decision(None))


@pytest.mark.parametrize("metric", [name for name in METRICS if name != CALIBRATION_ERROR])
def test_intervals_of_95_percent_hold_the_truth_about_that_often(
    metric: str, intervals: list[pd.DataFrame], everybody: pd.DataFrame
) -> None:
    truth = read_interval(everybody, metric)[0]
    if metric == EXPECTED_PROFIT:
        truth *= 400 / 400_000
    bounds = [read_interval(table, metric)[1:] for table in intervals]
    held = sum(low <= truth <= high for low, high in bounds)
    assert 86 <= held <= 100


def test_the_calibration_error_of_a_calibrated_model_is_rarely_above_0(
    intervals: list[pd.DataFrame],
) -> None:
    lows = [read_interval(table, CALIBRATION_ERROR)[1] for table in intervals]
    assert sum(low > 0 for low in lows) <= 10
    assert all(
        low <= value <= high
        for table in intervals
        for value, low, high in [read_interval(table, CALIBRATION_ERROR)]
    )


def test_the_calibration_error_of_a_miscalibrated_model_is_above_0() -> None:
    rows = predict(2000, seed=1)
    rows = rows.assign(churn_probability=rows["churn_probability"] ** 0.5)
    table = measure_models(rows, NO_CHAMPION, evaluation_params(), decision(None))
    assert read_interval(table, CALIBRATION_ERROR)[1] > 0.1


def test_seeing_each_customer_twice_narrows_no_interval() -> None:
    once = predict(300, seed=2)
    again = once.assign(as_of=date(2026, 8, 1))
    one, two = (
        measure_models(rows, NO_CHAMPION, evaluation_params(), decision(None))
        for rows in (once, pd.concat([once, again]))
    )
    # Shares of rows are rounded to whole rows, so they differ when the number of rows doubles.
    shares = ["lift_at_5_percent", "capture_top_decile", CALIBRATION_ERROR]
    kept = ~one["metric"].isin(shares)
    numbers = ["value", "low", "high"]
    assert two.loc[kept, numbers].to_numpy() == pytest.approx(one.loc[kept, numbers].to_numpy())


def test_rows_in_another_order_are_measured_alike() -> None:
    rows = predict(200, seed=3, dates=2)
    rows = rows.assign(churn_probability=rows["churn_probability"].round(1))
    one, two = (
        measure_models(given, NO_CHAMPION, evaluation_params(), decision(5))
        for given in (rows, rows.sample(frac=1, random_state=0))
    )
    pd.testing.assert_frame_equal(one, two)


def test_weights_are_poisson_of_mean_one() -> None:
    assert WEIGHTS.mean() == pytest.approx(1, abs=1e-4)
    assert WEIGHTS.var() == pytest.approx(1, abs=1e-3)


def test_rows_of_one_customer_are_drawn_together() -> None:
    held_out = read_held_out(predict(50, seed=0, dates=3))
    draws = resample(held_out.customer, evaluation_params(), lambda weights: weights)
    for number in range(50):
        of_one = draws[:, held_out.customer == number]
        assert (of_one == of_one[:, :1]).all()


def test_draws_are_the_same_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(cores: int, **changes: int) -> list[tuple[float, ...]]:
        monkeypatch.setattr(resampling, "cpu_count", lambda: cores)
        how = evaluation_params(**({"bootstrap_samples": 25} | changes))
        return [tuple(drawn) for drawn in resample(np.arange(40), how, lambda weights: weights)]

    one = draw(1)
    assert draw(3) == one
    assert len(set(one)) == 25
    assert draw(3, bootstrap_samples=60)[:25] == one
    assert set(draw(1, seed=8)).isdisjoint(one)


def test_draws_run_side_by_side_and_blas_leaves_the_cores_to_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "cpu_count", lambda: 2)
    threads, both = set(), Barrier(2, timeout=30)

    def statistic(weights: Floats) -> Floats:
        both.wait()  # passes only if two draws run at the same time
        threads.update(
            pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"
        )
        return weights

    resample(np.arange(9), evaluation_params(bootstrap_samples=20), statistic)
    assert threads == {1}


def test_the_largest_of_many_gaps_that_are_noise_is_rarely_above_0() -> None:
    random = np.random.default_rng(0)
    error = np.array([1, 1, 1, 5.0])  # a small slice among large ones
    alarms, found = 0, 0
    for _ in range(300):
        noise = random.normal(0, error)
        draws = random.normal(0, error, (200, 4))
        alarms += bound_largest(noise, noise + draws, 0.95)[0] > 0
        planted = noise + np.array([5, 0, 0, 0])
        found += bound_largest(planted, planted + draws, 0.95)[0] > 0
    assert alarms <= 0.08 * 300
    assert found >= 0.95 * 300
