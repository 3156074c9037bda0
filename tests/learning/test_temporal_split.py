"""Dates are split by time, with the label window between training and evaluation."""

from datetime import date, timedelta

import pytest

from telco_churn.errors import TooFewSnapshotsError
from telco_churn.learning.temporal_split import assign_splits
from telco_churn.parameters.training import SplitParams
from tests.conftest import label_params

START = date(2026, 1, 1)
TWO_AND_TWO = SplitParams(calibration_snapshots=2, test_snapshots=2)


def days(step: int, count: int) -> list[date]:
    return [START + timedelta(days=step * number) for number in range(count)]


def purposes(dates: list[date], horizon_days: int) -> list[str]:
    splits = assign_splits(dates, TWO_AND_TWO, label_params(horizon_days=horizon_days))
    return [splits[day] for day in dates]


def test_the_latest_dates_test_and_those_before_calibrate() -> None:
    expected = ["train"] * 2 + ["calibration"] * 2 + ["test"] * 2
    assert purposes(days(28, 6), horizon_days=28) == expected


def test_a_grid_denser_than_the_label_leaves_a_gap_on_both_sides_of_calibration() -> None:
    expected = ["train", "gap", "gap", "gap", "calibration", "calibration"]
    expected += ["gap", "gap", "gap", "test", "test"]
    assert purposes(days(7, 11), horizon_days=28) == expected


@pytest.mark.parametrize("step", [1, 7, 10, 28, 40])
@pytest.mark.parametrize("horizon", [7, 28, 30])
def test_every_training_outcome_is_known_before_the_test_dates(step: int, horizon: int) -> None:
    splits = assign_splits(days(step, 120), TWO_AND_TWO, label_params(horizon_days=horizon))
    by_purpose = {
        purpose: [day for day, given in splits.items() if given == purpose]
        for purpose in ("train", "calibration", "test")
    }
    window = timedelta(days=horizon)
    assert max(by_purpose["train"]) + window <= min(by_purpose["calibration"])
    assert max(by_purpose["calibration"]) + window <= min(by_purpose["test"])
    assert {purpose: len(dates) for purpose, dates in by_purpose.items() if purpose != "train"} == {
        "calibration": 2,
        "test": 2,
    }


def test_no_more_is_left_out_than_the_gap_needs() -> None:
    splits = assign_splits(days(7, 40), TWO_AND_TWO, label_params(horizon_days=28))
    assert list(splits.values()).count("gap") == 6


def test_with_no_date_left_to_train_on_it_says_what_is_needed() -> None:
    with pytest.raises(TooFewSnapshotsError, match=r"Cannot split 4 snapshots.*one to train on"):
        assign_splits(days(28, 4), TWO_AND_TWO, label_params(horizon_days=28))
