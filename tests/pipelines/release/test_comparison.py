"""The champion predicts the rows that the candidate is judged on, or nobody does."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from telco_churn.examples import digest_examples
from telco_churn.pipelines.release.comparison import predict_by_champion
from telco_churn.pipelines.release.facts import describe_examples
from tests.pipelines.release.small_models import fit_model, make_features, make_version, read_frame

ROWS = 8
COLUMNS = ["customer_id", "as_of", "champion"]


def frame(splits: list[str]) -> pd.DataFrame:
    features = make_features(ROWS, ("tenure_days", "visits", "plan"))
    keys = {"customer_id": list("hgfedcba"), "as_of": date(2026, 8, 31)}
    return features.assign(**keys, churned=np.arange(ROWS) % 3 == 0, split=splits)


def by_time() -> pd.DataFrame:
    return frame(["train"] * 4 + ["test"] * 4)


def held_out(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["customer_id", "as_of"]].assign(churn_probability=0.5)


def ask(held_out_rows: pd.DataFrame, rows: pd.DataFrame, champion: Any) -> pd.DataFrame:
    examples = read_frame(rows)
    return predict_by_champion(
        held_out(held_out_rows), examples, describe_examples(examples), champion
    )


def same_rows(rows: pd.DataFrame, **changes: Any) -> Any:
    digest = digest_examples(read_frame(rows))
    return make_version(facts={"as_of": "2026-08-31", "examples_digest": digest}, **changes)


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


def test_without_a_champion_nobody_predicts() -> None:
    rows = by_time()
    found = ask(rows.iloc[4:], rows, None)
    assert (list(found.columns), len(found)) == (COLUMNS, 0)


def test_a_champion_that_lacks_a_feature_or_finds_text_for_numbers_is_not_asked() -> None:
    rows = by_time()
    for changed in (rows.drop(columns="plan"), rows.assign(tenure_days="long")):
        found = ask(rows.iloc[4:], changed, make_version())
        assert found.empty


def test_a_champion_that_learnt_from_the_test_rows_in_folds_is_not_asked() -> None:
    rows = by_time()
    knowing = make_version(held_out=pd.DataFrame({"churn_probability": [0.1] * ROWS}))
    assert ask(rows.iloc[4:], rows, knowing).empty


def test_in_folds_its_own_predictions_out_of_fold_count() -> None:
    rows = frame(["fold_1", "fold_2"] * 4)
    probability = pd.DataFrame({"churn_probability": np.arange(ROWS) / 10})  # of a to h
    champion = same_rows(rows, held_out=probability)
    found = ask(rows, rows, champion)
    expected = (np.arange(ROWS) / 10)[::-1].tolist()
    assert found["customer_id"].tolist() == list("hgfedcba")
    assert found["champion"].tolist() == expected


def test_in_folds_a_champion_of_other_rows_or_without_predictions_is_not_asked() -> None:
    rows = frame(["fold_1", "fold_2"] * 4)
    probability = pd.DataFrame({"churn_probability": np.arange(ROWS) / 10})
    other = make_version(held_out=probability)
    for champion in (other, same_rows(rows)):
        assert ask(rows, rows, champion).empty


def test_rows_that_the_champion_has_no_word_on_leave_nothing_to_compare() -> None:
    rows = frame(["fold_1", "fold_2"] * 4)
    gaps = pd.DataFrame({"churn_probability": [0.1] * 7 + [np.nan]})
    assert ask(rows, rows, same_rows(rows, held_out=gaps)).empty
