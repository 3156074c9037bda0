"""The champion predicts the candidate's held-out rows, or the comparison is skipped."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from telco_churn.learning.training_examples import digest_rows
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.release.comparison import predict_by_champion
from telco_churn.pipelines.release.data_summary import describe_examples, describe_table_examples
from tests.conftest import label_params
from tests.pipelines.release.small_models import (
    FACTS,
    fit_model,
    make_features,
    make_version,
    read_frame,
)

ROWS = 8
COLUMNS = ["customer_id", "as_of", "champion"]


def frame(splits: list[str]) -> pd.DataFrame:
    features = make_features(ROWS, ("tenure_days", "visits", "plan"))
    keys = {"customer_id": list("hgfedcba"), "as_of": date(2026, 8, 31)}
    return features.assign(**keys, churned=np.arange(ROWS) % 3 == 0, split=splits)


def by_time() -> pd.DataFrame:
    return frame(["train"] * 4 + ["test"] * 4)


def held_out(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["customer_id", "as_of", "churned"]].assign(churn_probability=0.5)


def ask_both(
    held_out_rows: pd.DataFrame, rows: pd.DataFrame, champion: Any
) -> tuple[pd.DataFrame, str]:
    examples = read_frame(rows)
    facts = describe_examples(examples, label_params(horizon_days=28))
    return predict_by_champion(held_out(held_out_rows), examples, facts, champion)


def ask(held_out_rows: pd.DataFrame, rows: pd.DataFrame, champion: Any) -> pd.DataFrame:
    return ask_both(held_out_rows, rows, champion)[0]


def in_folds(rows: int = ROWS) -> pd.DataFrame:
    return frame(["fold_1", "fold_2"] * 4).head(rows)


def champion_of(rows: pd.DataFrame) -> Any:
    """Return a champion with out-of-fold predictions: 0.0 for customer a, 0.1 for b, and so on."""
    examples = read_frame(rows)
    letter = examples["customer_id"].map(ord) - ord("a")
    known = pd.DataFrame({"row": digest_rows(examples), "churn_probability": letter / 10})
    return make_version(held_out=known)


def test_by_time_the_champion_predicts_the_test_rows_in_their_order() -> None:
    rows = by_time()
    test = rows.iloc[4:].iloc[[2, 0, 3, 1]]
    found = ask(test, rows, make_version())
    expected = fit_model().predict_probability(test[fit_model().encoding.columns])
    assert list(found.columns) == COLUMNS
    assert found["customer_id"].tolist() == test["customer_id"].tolist()
    assert found["champion"].tolist() == expected.tolist()


def test_features_that_the_champion_does_not_read_are_no_obstacle() -> None:
    rows = by_time().assign(new_feature=1.0)
    assert len(ask(rows.iloc[4:], rows, make_version())) == 4


def test_without_a_champion_there_are_no_predictions() -> None:
    rows = by_time()
    found = ask(rows.iloc[4:], rows, None)
    assert (list(found.columns), len(found)) == (COLUMNS, 0)


def test_a_champion_that_lacks_a_feature_or_finds_text_for_numbers_is_not_asked() -> None:
    rows = by_time()
    for changed in (rows.drop(columns="plan"), rows.assign(tenure_days="long")):
        found = ask(rows.iloc[4:], changed, make_version())
        assert found.empty


@pytest.mark.parametrize(
    ("taught", "is_asked"),
    [
        ({"calibration_dates": "2026-06-29 to 2026-08-03"}, True),
        ({"calibration_dates": "2026-06-29 to 2026-08-04"}, False),
        ({"train_dates": "2026-01-05 to 2026-08-31"}, False),
    ],
)
def test_by_time_a_champion_whose_labels_reach_the_test_rows_is_not_asked(
    taught: dict[str, str], is_asked: bool
) -> None:
    rows = by_time()
    found, silence = ask_both(rows.iloc[4:], rows, make_version(facts=FACTS | taught))
    assert len(found) == (4 if is_asked else 0)
    assert ("it has seen outcomes of the test period" in silence) is not is_asked
    if not is_asked:
        last = max(dates.split()[-1] for dates in taught.values())
        assert (
            f"begin on 2026-08-31, but champion version 4 was trained on dates up to {last}"
            in silence
        )


def test_a_date_is_in_one_split_even_if_its_label_is_known_at_once() -> None:
    rows = by_time()
    examples = read_frame(rows)
    table = OwnTableParams(table="t.csv", target="left", positive="Yes", time="day", gap_days=0)
    facts = describe_table_examples(examples, label_params(horizon_days=28), table)
    for last, is_asked in (("2026-08-30", True), ("2026-08-31", False)):
        taught = FACTS | {"calibration_dates": f"2026-06-29 to {last}"}
        champion = make_version(facts=taught)
        found, _ = predict_by_champion(held_out(rows.iloc[4:]), examples, facts, champion)
        assert len(found) == (4 if is_asked else 0)


def test_by_time_a_champion_without_recorded_training_dates_is_not_asked() -> None:
    rows = by_time()
    found, silence = ask_both(rows.iloc[4:], rows, make_version(facts={"as_of": "2026-08-31"}))
    assert found.empty
    assert silence == "The training dates of champion version 4 are not recorded."


def test_out_of_fold_and_by_time_no_row_judges_both() -> None:
    rows, folds = by_time(), in_folds()
    found, silence = ask_both(rows.iloc[4:], rows, champion_of(folds))
    assert found.empty
    assert "was evaluated by time and champion version 4 out of fold" in silence
    found, silence = ask_both(folds, folds, make_version())
    assert found.empty
    assert "was evaluated out of fold and champion version 4 by time" in silence


def test_in_folds_its_own_predictions_out_of_fold_count() -> None:
    rows = in_folds()
    found, silence = ask_both(rows, rows, champion_of(rows))
    assert found["customer_id"].tolist() == list("hgfedcba")
    assert found["champion"].tolist() == [0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0]
    assert silence == ""


def test_in_folds_another_date_and_other_folds_are_the_same_rows() -> None:
    rows = in_folds()
    tomorrow = rows.assign(as_of=date(2026, 9, 1), split=["fold_2", "fold_1"] * 4)
    assert len(ask(tomorrow, tomorrow, champion_of(rows))) == ROWS


def test_in_folds_rows_that_were_added_are_left_out_of_the_comparison() -> None:
    rows = in_folds()
    found = ask(rows, rows, champion_of(rows.iloc[[0, 1, 4, 6]]))
    assert list(found.columns) == COLUMNS
    assert found["customer_id"].tolist() == ["h", "g", "d", "b"]
    assert found["champion"].tolist() == [0.7, 0.6, 0.3, 0.1]


@pytest.mark.parametrize(
    ("change", "shared"),
    [
        ({"customer_id": list("zyxwvcba")}, 3),
        ({"tenure_days": [9, 9, 9, 9, 9, 35, 42, 49]}, 3),
        ({"churned": [False, True, True, False, True, False, True, False]}, 3),
        ({"more": 1.0}, 0),
    ],
)
def test_in_folds_a_champion_that_knew_too_few_of_the_rows_is_not_asked(
    change: dict[str, Any], shared: int
) -> None:
    rows = in_folds()
    found, silence = ask_both(rows.assign(**change), rows.assign(**change), champion_of(rows))
    assert found.empty
    assert silence == (
        f"Champion version 4 was evaluated on {shared} of the 8 held-out rows (same customer, "
        "values and outcome). A comparison needs at least 50% of them, with both outcomes."
    )


def test_in_folds_rows_of_one_outcome_compare_nothing() -> None:
    rows = in_folds()
    assert ask(rows, rows, champion_of(rows[~rows["churned"]])).empty


def test_in_folds_a_champion_of_rows_that_are_not_known_is_not_asked() -> None:
    rows = in_folds()
    older = make_version(held_out=pd.DataFrame({"churn_probability": [0.1] * ROWS}))
    found, silence = ask_both(rows, rows, older)
    assert found.empty
    assert silence == "The rows that champion version 4 was evaluated on are not recorded."
