"""Examples are split by date: train, then calibration, then test."""

from datetime import date, timedelta

import pyarrow as pa
import pytest

from telco_churn.pipelines.training.examples import UnfitExamplesError
from telco_churn.pipelines.training.nodes import split_by_time
from tests.conftest import training_params
from tests.small_operator import Put

START = date(2026, 1, 1)


def test_the_latest_snapshots_test_and_those_before_calibrate(put: Put) -> None:
    days = [START + timedelta(days=30 * number) for number in range(6)]
    examples = put(pa.table({"customer_id": list("abcdef"), "as_of": days}))
    split = split_by_time(examples, training_params()).order_by("as_of").to_pyarrow()
    assert split["split"].to_pylist() == ["train"] * 2 + ["calibration"] * 2 + ["test"] * 2


def test_with_no_snapshot_left_to_train_on_it_says_how_many_are_needed(put: Put) -> None:
    days = [START + timedelta(days=30 * number) for number in range(4)]
    examples = put(pa.table({"customer_id": list("abcd"), "as_of": days}))
    with pytest.raises(UnfitExamplesError, match="There are 4 snapshots, more than 4"):
        split_by_time(examples, training_params())
