"""Slices have readable names; a bad slice is found, and equal slices raise no alarm."""

import numpy as np
import pandas as pd
import pytest

from telco_churn.contracts import SliceGaps, SliceMetrics
from telco_churn.pipelines.evaluation.slices import measure_slices, name_slices
from tests.pipelines.evaluation.predictions import evaluation_params, predict

REGIONS = ["north", "south", "east", "west"]


def sliced(customers: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return predict(customers, seed).assign(slice_region=random.choice(REGIONS, customers))


def gap(gaps: pd.DataFrame, measure: str) -> pd.Series:
    return gaps[gaps["measure"] == measure].iloc[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 10, 20, 30, 1300], ["0 to 10", "0 to 10", "10 to 20", "20 to 30", "30 to 1,300"]),
        (
            [0.1, 0.12, 0.14, 0.16, 0.18],
            ["0.10 to 0.12"] * 2 + ["0.12 to 0.14", "0.14 to 0.16", "0.16 to 0.18"],
        ),
        ([0, 12, 24, 12, None], ["0", "12", "24", "12", "not known"]),
        (["b", None, "a", "b", "a"], ["b", "not known", "a", "b", "a"]),
        ([True, False, True, True, False], ["True", "False", "True", "True", "False"]),
    ],
)
def test_slices_are_named_by_bands_or_by_their_values(values: list, expected: list[str]) -> None:
    assert name_slices(pd.Series(values)).tolist() == expected


def test_gaps_between_equal_slices_are_rarely_taken_for_real() -> None:
    alarms = {"roc_auc": 0, "calibration_gap": 0}
    for seed in range(60):
        _, gaps = measure_slices(sliced(1200, seed), evaluation_params())
        for measure in alarms:
            assert gap(gaps, measure)["gap"] > 0
            alarms[measure] += gap(gaps, measure)["low"] > 0
    assert max(alarms.values()) <= 8  # 60 * 5 % = 3 expected


def test_a_slice_whose_probabilities_are_shuffled_is_found() -> None:
    rows = sliced(4000, seed=1)
    is_bad = (rows["slice_region"] == "west").to_numpy()
    shuffled = rows["churn_probability"].to_numpy().copy()
    shuffled[is_bad] = np.random.default_rng(0).permutation(shuffled[is_bad])
    _, gaps = measure_slices(rows.assign(churn_probability=shuffled), evaluation_params())
    found = gap(gaps, "roc_auc")
    assert found["worst_value"] == "west"
    assert 0.1 < found["low"] < found["gap"] < found["high"]


def test_a_slice_whose_probabilities_are_too_high_is_found() -> None:
    rows = sliced(4000, seed=2)
    is_bad = rows["slice_region"] == "east"
    raised = rows["churn_probability"].where(~is_bad, rows["churn_probability"] ** 0.5)
    metrics, gaps = measure_slices(rows.assign(churn_probability=raised), evaluation_params())
    assert gap(gaps, "calibration_gap")["worst_value"] == "east"
    assert gap(gaps, "calibration_gap")["low"] > 0.1
    east = metrics[metrics["value"] == "east"].iloc[0]
    assert east["calibration_gap"] == pytest.approx(east["mean_probability"] - east["churn_rate"])
    assert 0 < east["calibration_gap_low"] < east["calibration_gap"]


def test_small_slices_and_those_of_one_class_are_listed_and_not_judged() -> None:
    rows = sliced(1000, seed=3)
    region = rows["slice_region"].where(rows.index >= 40, "tiny")
    region = region.where(~((rows.index >= 40) & (rows.index < 200)), "loyal")
    churned = rows["churned"] & (region != "loyal")
    metrics, gaps = measure_slices(
        rows.assign(slice_region=region, churned=churned), evaluation_params()
    )
    judged = metrics.set_index("value")["judged"]
    assert judged.to_dict() == dict.fromkeys(REGIONS, True) | {"tiny": False, "loyal": False}
    assert metrics.set_index("value").loc[["tiny", "loyal"], "roc_auc"].isna().all()
    assert not {"tiny", "loyal"} & set(gaps["worst_value"]) | set(gaps["best_value"]) - set(REGIONS)
    assert metrics["customers"].sum() == 1000
    assert metrics["churned"].sum() == churned.sum()


def test_without_slices_both_tables_are_empty_and_keep_their_contracts() -> None:
    metrics, gaps = measure_slices(predict(100, seed=0), evaluation_params())
    assert metrics.empty
    assert gaps.empty
    SliceMetrics.validate(metrics)
    SliceGaps.validate(gaps)
