"""A package holds the model with its card, facts, decision and predictions."""

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kedro_asof.params import AsOf
from telco_churn.learning.training_examples import digest_rows, fingerprint_examples
from telco_churn.pipelines.release.data_summary import describe_examples
from telco_churn.pipelines.release.nodes import package_model
from telco_churn.registry.registry_types import ModelPackage
from tests.conftest import label_params
from tests.pipelines.release.small_models import fit_model, make_features, read_frame

ROWS = 12
PROMOTION = {"status": "challenger", "reasons": ["Not proven."], "evidence": {"gain": 1.0}}


def frame(splits: list[str]) -> pd.DataFrame:
    days = [date(2026, 1, 5) if number < ROWS / 2 else date(2026, 6, 1) for number in range(ROWS)]
    return make_features(ROWS).assign(
        customer_id=list("lkjihgfedcba"),
        as_of=days,
        churned=np.arange(ROWS) % 3 == 0,
        split=splits,
        left_out=1,
    )


def package(rows: pd.DataFrame, held_out: pd.DataFrame, **options: Any) -> ModelPackage:
    examples = read_frame(rows)
    facts = describe_examples(examples, label_params())
    metrics = {"roc_auc": 0.8}
    given: tuple[Any, ...] = (fit_model(), metrics, PROMOTION, examples, facts, held_out)
    return package_model(*given, "# Card", "<html>", AsOf("2026-09-28"), **options)


@pytest.fixture
def by_time() -> pd.DataFrame:
    return frame(["train"] * 4 + ["gap"] * 2 + ["calibration"] * 2 + ["test"] * 4)


def held_out_of(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows.sample(frac=1, random_state=1)
    probability = known["customer_id"].map(lambda name: (ord(name) - ord("a")) / 100)
    return known[["customer_id", "as_of", "churned"]].assign(churn_probability=probability)


def test_examples_are_counted_by_purpose_in_the_order_of_time(by_time: pd.DataFrame) -> None:
    splits = describe_examples(read_frame(by_time), label_params()).splits
    assert splits["split"].tolist() == ["train", "gap", "calibration", "test"]
    assert splits.iloc[0].to_dict() == {
        "split": "train",
        "rows": 4,
        "customers": 4,
        "churned": 2,
        "dates": 1,
        "first": "2026-01-05",
        "last": "2026-01-05",
    }


def test_folds_are_counted_as_one() -> None:
    facts = describe_examples(read_frame(frame(["fold_1", "fold_2"] * 6)), label_params())
    assert facts.are_in_folds
    assert facts.splits[["split", "rows"]].values.tolist() == [["folds", 12]]


def test_a_package_knows_its_dates_counts_and_fingerprints(by_time: pd.DataFrame) -> None:
    facts = package(by_time, held_out_of(by_time)).facts
    rows = read_frame(by_time)
    assert facts | {"features_digest": ""} == {
        "as_of": "2026-09-28",
        "examples": "12",
        "learnt_from": "4",
        "data_fingerprint": fingerprint_examples(rows),
        "features_digest": "",
        "train_rows": "4",
        "train_dates": "2026-01-05 to 2026-01-05",
        "gap_rows": "2",
        "gap_dates": "2026-01-05 to 2026-01-05",
        "calibration_rows": "2",
        "calibration_dates": "2026-06-01 to 2026-06-01",
        "test_rows": "4",
        "test_dates": "2026-06-01 to 2026-06-01",
    }


def test_the_fingerprint_of_the_data_changes_with_one_value(by_time: pd.DataFrame) -> None:
    changed = by_time.assign(tenure_days=[99, *by_time["tenure_days"][1:]])
    before, after = (package(rows, held_out_of(rows)).facts for rows in (by_time, changed))
    assert {name for name in before if before[name] != after[name]} == {"data_fingerprint"}


def test_a_package_holds_its_card_and_its_features(by_time: pd.DataFrame) -> None:
    made = package(by_time, held_out_of(by_time))
    assert (made.files["model_card.md"], made.files["model_card.html"]) == ("# Card", "<html>")
    assert json.loads(made.files["features.json"]) == [
        {"name": "tenure_days", "kind": "number"},
        {"name": "plan", "kind": "category", "known_values": ["basic", "plus"]},
    ]


def test_a_package_knows_the_columns_of_a_flat_table(by_time: pd.DataFrame) -> None:
    columns = {"plan": "Plan type", "left_out": "Left out"}
    made = package(by_time, held_out_of(by_time), source_columns=columns)
    assert made.model.source_columns == {"plan": "Plan type"}
    assert json.loads(made.files["features.json"])[1]["column"] == "Plan type"
    named = read_frame(by_time).rename(columns=columns)
    assert made.model.select_features(named)[0].columns.tolist() == ["tenure_days", "plan"]


def test_the_decision_of_the_gate_goes_with_it(by_time: pd.DataFrame) -> None:
    promotion = package(by_time, held_out_of(by_time)).promotion
    assert (promotion.status, promotion.reasons) == ("challenger", ("Not proven.",))
    assert promotion.evidence == {"gain": 1.0}


def test_the_example_is_what_the_model_reads(by_time: pd.DataFrame) -> None:
    example = package(by_time, held_out_of(by_time)).example
    assert list(example.columns) == ["tenure_days", "plan"]
    assert example["tenure_days"].dtype == "float64"
    assert len(fit_model().predict_probability(example)) == 5


def test_out_of_fold_predictions_go_with_it_by_fingerprints_that_identify_no_customer() -> None:
    rows = frame(["fold_1", "fold_2"] * 6)
    held_out = package(rows, held_out_of(rows)).held_out
    assert held_out is not None
    examples = read_frame(rows)
    expected = [(ord(name) - ord("a")) / 100 for name in examples["customer_id"]]
    assert held_out.dtypes.to_dict() == {"churn_probability": "float64", "row": "uint64"}
    assert held_out["churn_probability"].tolist() == expected
    assert held_out["row"].tolist() == digest_rows(examples).tolist()


def test_by_time_no_predictions_go_with_it(by_time: pd.DataFrame) -> None:
    assert package(by_time, held_out_of(by_time)).held_out is None
