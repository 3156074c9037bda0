"""Rows that are learnt from and judge as well are found, and can be left out."""

import numpy as np
import pytest

from telco_churn.pipelines.training.leakage import drop_shared_rows
from tests.pipelines.training.planted_leaks import (
    copy_into_test,
    find,
    make_clean_examples,
    training,
)


@pytest.mark.parametrize("rows", [1000, 100_000])
def test_rows_to_learn_from_among_the_test_rows_are_found_and_left_out(rows: int) -> None:
    clean = make_clean_examples(rows, 0.265, seed=12)
    examples = copy_into_test(clean, copies=rows // 100)
    found = find(examples)
    assert found["check"].to_list() == ["shared_rows"]
    assert f"{rows // 100:,} of {rows * 3 // 10:,} rows" in found["evidence"].item()
    assert found["value"].item() == pytest.approx(1 / 30)
    kept = drop_shared_rows(examples, training(action="drop"))
    assert len(kept) == rows - rows // 100
    assert (kept["split"] == "test").sum() == rows * 3 // 10
    assert find(kept).empty
    assert drop_shared_rows(examples, training(action="warn")) is examples


def test_of_rows_alike_in_several_folds_those_of_one_fold_stay() -> None:
    clean = make_clean_examples(1000, 0.265, seed=13)
    examples = copy_into_test(clean, copies=20)
    examples["split"] = np.where(np.arange(1000) < 500, "fold_1", "fold_2")
    assert find(examples)["value"].item() == pytest.approx(40 / 1000)
    kept = drop_shared_rows(examples, training(action="drop"))
    assert list(kept.index) == list(range(980))
    same_fold = examples.assign(split=np.where(np.arange(1000) % 980 < 500, "fold_1", "fold_2"))
    assert find(same_fold).empty


def test_customers_alike_because_features_are_few_are_no_leak() -> None:
    clean = make_clean_examples(1000, 0.265, seed=14)
    assert find(clean[[*clean.columns[:4], "region", "flag", "complaints"]]).empty


def test_a_name_of_each_row_does_not_hide_that_rows_are_the_same() -> None:
    examples = copy_into_test(make_clean_examples(1000, 0.265, seed=15), copies=20)
    found = find(examples.assign(row_id=np.arange(1000)))
    assert found["check"].to_list() == ["identifier", "shared_rows"]


def test_a_customer_and_date_to_learn_from_and_to_test_is_found_and_left_out() -> None:
    clean = make_clean_examples(1000, 0.265, seed=16)
    ids = [*clean["customer_id"][:999], clean["customer_id"][0]]
    examples = clean.assign(customer_id=ids)
    assert find(examples)["feature"].to_list() == ["customer_id and as_of"]
    assert list(drop_shared_rows(examples, training(action="drop")).index) == list(range(1, 1000))
