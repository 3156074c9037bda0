"""The leak alarm finds each kind of planted leak with its evidence, and raises no false alarm."""

import logging
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from telco_churn.errors import LeakageError
from telco_churn.learning.training_examples import read_examples
from telco_churn.pipelines.training.leakage import find_leaks, leave_out_features
from tests.conftest import training_params
from tests.kedro_asof.fixtures import Put
from tests.pipelines.training.planted_leaks import (
    AS_OF,
    LEAKS,
    copy_into_test,
    find,
    leakage,
    make_clean_examples,
    make_leak,
)


@pytest.mark.parametrize("rows", [200, 1000, 5000])
@pytest.mark.parametrize("churn_rate", [0.02, 0.265, 0.5])
def test_clean_tables_raise_no_alarm(rows: int, churn_rate: float) -> None:
    alarms = [
        find(make_clean_examples(rows, churn_rate, seed)).to_dict("records") for seed in range(12)
    ]
    assert alarms == [[]] * 12


@pytest.mark.parametrize("rows", [2000, 100_000])
def test_a_strong_honest_feature_is_no_leak(rows: int) -> None:
    clean = make_clean_examples(rows, 0.265, seed=1)
    noise = np.random.default_rng(2).normal(size=rows)
    assert find(clean.assign(strong=noise + 1.2 * clean["churned"])).empty  # ROC AUC 0.80


SIZES = [(1000, 0.265), (100_000, 0.02), (100_000, 0.265)]


@cache
def find_planted_leaks(rows: int, churn_rate: float) -> pd.DataFrame:
    """Return the findings for clean features and all leaks together."""
    clean = make_clean_examples(rows, churn_rate, seed=3)
    churned = clean["churned"].to_numpy(bool)
    leaks = {name: make_leak(name, churned, seed=4) for name in LEAKS}
    split = np.where(clean.index % 2 == 0, "fold_1", "fold_2")
    return find(clean.assign(**leaks, split=split))


@pytest.mark.parametrize(("rows", "churn_rate"), SIZES)
@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found_with_its_name_and_numbers(
    name: str, rows: int, churn_rate: float
) -> None:
    found = find_planted_leaks(rows, churn_rate)
    found = found[found["feature"] == name]
    assert LEAKS[name] in set(found["check"])
    assert found["evidence"].str.contains(rf"\b{name}.*\d", regex=True).all()


@pytest.mark.parametrize(("rows", "churn_rate"), SIZES)
def test_beside_planted_leaks_clean_features_stay_clean(rows: int, churn_rate: float) -> None:
    assert set(find_planted_leaks(rows, churn_rate)["feature"]) == set(LEAKS)


def test_a_reason_known_for_some_is_counted_out() -> None:
    clean = make_clean_examples(1000, 0.265, seed=3).assign(
        split="train", churned=[True] * 200 + [False] * 800
    )
    found = find(clean.assign(reason=["moved"] * 60 + [None] * 940)[[*clean.columns[:6], "reason"]])
    assert found["check"].to_list() == ["after_the_fact"]
    assert found["evidence"].to_list() == [
        "Where reason is present, 60 of 60 rows churned (100.0%; all rows: 20.0%). These are "
        "30.0% of all churners."
    ]
    assert (found["value"].item(), found["limit"].item()) == (1.0, 0.95)


def test_few_rows_of_many_are_enough_and_it_says_how_many() -> None:
    clean = make_clean_examples(20_000, 0.02, seed=5)
    planted = clean.assign(
        score=np.random.default_rng(6).normal(size=20_000) + 4 * clean["churned"]
    )
    found = find(planted, sample_rows=7000)
    assert "score" in set(found["feature"])
    assert found["evidence"].str.endswith("Counted on 7,000 of 14,000 rows.").all()
    assert find(planted, sample_rows=7000).equals(found)


def test_what_only_test_rows_know_cannot_be_learned_and_is_no_leak() -> None:
    clean = make_clean_examples(2000, 0.265, seed=7)
    knows = clean["churned"] & (clean["split"] == "test")
    assert find(clean.assign(reason=np.where(knows, "moved", None))).empty


def test_an_accepted_feature_raises_no_alarm() -> None:
    clean = make_clean_examples(1000, 0.265, seed=8)
    planted = clean.assign(notice_given=clean["churned"], copy=clean["churned"])
    assert set(find(planted)["feature"]) == {"notice_given", "copy"}
    assert set(find(planted, accepted=["notice_given"])["feature"]) == {"copy"}


def test_examples_of_one_class_hold_nothing_to_give_away() -> None:
    clean = make_clean_examples(1000, 0.265, seed=9)
    assert find(clean.assign(churned=False, reason=None)).empty


def test_values_of_any_type_are_checked() -> None:
    clean = make_clean_examples(1000, 0.4, seed=10)
    gone = clean["churned"].to_numpy(bool)
    days = pd.Series(np.where(gone, "2026-01-05", "2025-01-05")).astype("datetime64[s]")
    planted = clean.assign(
        moment=days,
        nullable=pd.array(np.where(gone, 1, 0), dtype="Int64"),
        grouped=pd.Categorical(np.where(gone, "a", "b")),
        text=pd.array(np.where(gone, "a", "b"), dtype="str"),
    )
    found = find(planted)
    assert set(found["check"]) == {"duplicate_of_target"}
    assert set(found["feature"]) == {"moment", "nullable", "grouped", "text"}


@pytest.mark.parametrize("rows", [1000, 100_000])
def test_a_customers_number_is_found_over_many_dates_and_tenure_is_not(rows: int) -> None:
    clean = make_clean_examples(rows, 0.265, seed=11)
    customer = np.arange(rows) // 4
    examples = clean.assign(
        customer_id=[f"c{number:06d}" for number in customer],
        as_of=[AS_OF + timedelta(days=30 * (number % 4)) for number in range(rows)],
        tenure_days=(customer * 37) % 4001 + 30 * (np.arange(rows) % 4),
        customer_rank=np.random.default_rng(1).permutation(rows // 4)[customer],
        contract=[f"k{number}" for number in customer],
    )
    assert set(find(examples)["feature"]) == {"customer_rank", "contract"}


def planted_findings() -> pd.DataFrame:
    clean = make_clean_examples(1000, 0.265, seed=17)
    examples = copy_into_test(clean, copies=20)
    gone = examples["churned"]
    return find(examples.assign(copy=gone, reason=np.where(gone & (clean.index % 2 == 0), "x", "")))


def test_fail_stops_with_all_the_evidence_and_says_what_to_do() -> None:
    found = planted_findings()
    with pytest.raises(LeakageError) as error:
        leave_out_features(found, leakage())
    for evidence in found["evidence"]:
        assert evidence in str(error.value)
    for advice in ("features.yml", "own_table.drop", "leakage.accepted", "leakage.action"):
        assert advice in str(error.value)


@pytest.mark.parametrize(("action", "left_out"), [("warn", []), ("drop", ["copy", "reason"])])
def test_warn_and_drop_continue_and_log_the_evidence(
    action: str, left_out: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    found = planted_findings()
    with caplog.at_level(logging.WARNING):
        assert leave_out_features(found, leakage(action=action)) == left_out
    for evidence in found["evidence"]:
        assert evidence in caplog.text


def test_without_findings_every_action_continues() -> None:
    none = find(make_clean_examples(1000, 0.265, seed=18))
    assert [leave_out_features(none, leakage(action=action)) for action in ("fail", "drop")] == [
        []
    ] * 2
    assert none.dtypes.astype(str).to_list() == ["str"] * 3 + ["float64"] * 2


def test_the_alarm_reads_a_table_of_an_engine(put: Put) -> None:
    clean = make_clean_examples(1000, 0.265, seed=19)
    table = pa.Table.from_pandas(clean.assign(copy=clean["churned"]), preserve_index=False)
    assert find_leaks(read_examples(put(table)), leakage(), training_params())[
        "feature"
    ].to_list() == ["copy"]
