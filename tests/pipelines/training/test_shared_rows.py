"""Rows shared by training and held-out rows are found, and can be left out."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from telco_churn.pipelines.release.pipeline import create_challenge_pipeline
from telco_churn.pipelines.training.leakage import drop_shared_rows
from telco_churn.pipelines.training.pipeline import create_model_pipeline
from tests.conftest import label_params, training_params
from tests.pipelines.training.planted_leaks import (
    copy_into_test,
    find,
    leakage,
    make_clean_examples,
)


@pytest.mark.parametrize("rows", [1000, 100_000])
def test_training_rows_among_the_test_rows_are_found_and_left_out(rows: int) -> None:
    clean = make_clean_examples(rows, 0.265, seed=12)
    examples = copy_into_test(clean, copies=rows // 100)
    found = find(examples)
    assert found["check"].to_list() == ["shared_rows"]
    assert f"{rows // 100:,} of {rows * 3 // 10:,} held-out rows" in found["evidence"].item()
    assert found["value"].item() == pytest.approx(1 / 30)
    kept = drop_shared_rows(examples, [], leakage(action="drop"), training_params())
    assert len(kept) == rows - rows // 100
    assert (kept["split"] == "test").sum() == rows * 3 // 10
    assert find(kept).empty
    assert drop_shared_rows(examples, [], leakage(action="warn"), training_params()) is examples


def test_rows_alike_in_several_folds_stay_in_one_fold() -> None:
    clean = make_clean_examples(1000, 0.265, seed=13)
    examples = copy_into_test(clean, copies=20)
    examples["split"] = np.where(np.arange(1000) < 500, "fold_1", "fold_2")
    assert find(examples)["value"].item() == pytest.approx(40 / 1000)
    kept = drop_shared_rows(examples, [], leakage(action="drop"), training_params())
    assert list(kept.index) == list(range(980))
    same_fold = examples.assign(split=np.where(np.arange(1000) % 980 < 500, "fold_1", "fold_2"))
    assert find(same_fold).empty


def test_customers_alike_because_features_are_few_are_no_leak() -> None:
    clean = make_clean_examples(1000, 0.265, seed=14)
    assert find(clean[[*clean.columns[:4], "region", "flag", "complaints"]]).empty


def test_an_identifier_of_each_row_does_not_hide_equal_rows() -> None:
    examples = copy_into_test(make_clean_examples(1000, 0.265, seed=15), copies=20)
    found = find(examples.assign(row_id=np.arange(1000)))
    assert found["check"].to_list() == ["identifier", "shared_rows"]


def test_a_customer_and_date_in_train_and_test_is_found_and_left_out() -> None:
    clean = make_clean_examples(1000, 0.265, seed=16)
    ids = [*clean["customer_id"][:999], clean["customer_id"][0]]
    examples = clean.assign(customer_id=ids)
    assert find(examples)["feature"].to_list() == ["customer_id and as_of"]
    kept = drop_shared_rows(examples, [], leakage(action="drop"), training_params())
    assert list(kept.index) == list(range(1, 1000))


def test_rows_that_differ_only_in_a_feature_left_out_are_equal() -> None:
    examples = copy_into_test(make_clean_examples(1000, 0.265, seed=12), copies=20)
    named = examples.assign(row_id=np.arange(1000))
    assert drop_shared_rows(named, [], leakage(action="drop"), training_params()) is named
    kept = drop_shared_rows(named, ["row_id"], leakage(action="drop"), training_params())
    assert list(kept.columns) == list(named.columns)
    assert len(kept) == 980


@pytest.mark.parametrize("folds", [False, True])
def test_the_summary_of_examples_counts_only_the_rows_that_are_used(folds: bool) -> None:
    """The nodes run as the pipelines wire them."""
    examples = copy_into_test(make_clean_examples(1000, 0.265, seed=13), copies=20)
    if folds:
        examples["split"] = np.where(np.arange(1000) < 500, "fold_1", "fold_2")
    splits = count_used({"raw_examples": examples, "features_left_out": []})
    learned_from = splits.set_index("split").at["folds" if folds else "train", "rows"]
    assert learned_from == (980 if folds else 680)
    assert splits["rows"].sum() == 980


def count_used(given: dict[str, Any]) -> pd.DataFrame:
    wired = create_model_pipeline() + create_challenge_pipeline()
    chosen = wired.only_nodes("training.drop_shared_rows", "challenge.describe_examples")
    catalog = DataCatalog()
    read = {
        "params:leakage": leakage(action="drop"),
        "params:training": training_params(),
        "params:label": label_params(),
    }
    for name, value in (given | read).items():
        catalog[name] = MemoryDataset(value, copy_mode="assign")
    made = SequentialRunner().run(chosen, catalog)
    return made["examples_summary"].load().splits
