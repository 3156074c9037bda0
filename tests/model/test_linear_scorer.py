"""The scorer of a logistic regression equals scikit-learn's, and its effects add up."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from telco_churn.learning.fit_model import fit_churn_model
from telco_churn.learning.logistic_regression import (
    LogisticRegressionLearner,
    fit_logistic_regression,
)
from telco_churn.learning.training_examples import Rows
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.linear_scorer import CategoryEffect, LinearScorer, NumberEffect
from tests.model.examples import DECISION, make_rows

SMALL = LinearScorer(
    intercept=-2.0,
    numbers=(NumberEffect(mean=10.0, slope=0.5, present=0.25, missing=-1.0),),
    categories=(CategoryEffect(known=(0.5, -0.5), missing=0.0),),
    strengths=(3.0, 1.0),
)


def fit(train: Rows, calibration: Rows) -> ChurnModel:
    return fit_churn_model(train, calibration, LogisticRegressionLearner(1), DECISION).model


def change(rows: Rows, **columns: object) -> Rows:
    return Rows(rows.features.assign(**columns), rows.churned)


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    return fit(make_rows(1, 9000), make_rows(2, 9000))


def test_effects_are_those_of_value_and_category() -> None:
    matrix = np.array([[12.0, 0.0], [np.nan, 1.0], [10.0, np.nan]])
    assert SMALL.contributions(matrix).tolist() == [[1.25, 0.5], [-1.0, -0.5], [0.25, 0.0]]
    assert SMALL.raw_score(matrix).tolist() == [-0.25, -3.5, -1.75]
    assert SMALL.importance().tolist() == [0.75, 0.25]


def test_text_reads_back_to_the_same_scorer(model: ChurnModel) -> None:
    assert isinstance(model.scorer, LinearScorer)
    assert LinearScorer.from_text(model.scorer.to_text()) == model.scorer
    assert LinearScorer.from_text(SMALL.to_text()) == SMALL


RARE = [f"p{number % 80}" for number in range(3000)]  # more than 50, so rare ones are grouped
SOME_MISSING = [None if row % 7 == 0 else "ab"[row % 2] for row in range(3000)]
KINDS = {
    "numbers with gaps and a category": make_rows(1),
    "rare categories together": change(make_rows(1), plan=RARE),
    "a category with gaps": change(make_rows(1), plan=SOME_MISSING),
    "an empty column": change(make_rows(1), hole=np.nan),
    "a constant column": change(make_rows(1), one=1),
    "numbers alone": Rows(make_rows(1).features[["tenure_days"]], make_rows(1).churned),
    "categories alone": Rows(make_rows(1).features[["plan"]], make_rows(1).churned),
}


@pytest.mark.parametrize("kind", KINDS)
def test_raw_scores_are_those_of_scikit_learn(kind: str) -> None:
    train = KINDS[kind]
    model = fit(train, train)
    asked = train.features.copy()
    asked.iloc[:100] = pd.NA  # also missing in columns without missing values in training
    if "plan" in asked:
        asked.loc[100:200, "plan"] = "never seen"
    asked = asked.astype(train.features.dtypes.to_dict(), errors="ignore")
    expected = fit_logistic_regression(train, 1).decision_function(asked)
    found = model.scorer.raw_score(model.encoding.encode(asked))
    assert np.abs(found - expected).max() < 1e-9


def test_effects_add_up_and_have_a_mean_of_0_in_training(model: ChurnModel) -> None:
    assert isinstance(model.scorer, LinearScorer)
    matrix = model.encoding.encode(make_rows(1, 9000).features)
    shares = model.scorer.contributions(matrix)
    assert np.abs(shares.mean(axis=0)).max() < 1e-12
    raw = model.scorer.raw_score(matrix)
    assert np.abs(shares.sum(axis=1) + model.scorer.intercept - raw).max() < 1e-12
    assert model.scorer.importance().sum() == pytest.approx(1)
    assert model.scorer.importance()[0] < 0.05  # tenure_days says nothing


def test_a_saved_regression_scores_and_explains_as_before(
    model: ChurnModel, tmp_path: Path
) -> None:
    features = make_rows(3).features
    model.save(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.json", "regression.json"]
    assert ChurnModel.load(tmp_path) == model
    scores = model.score(features)
    pd.testing.assert_frame_equal(ChurnModel.load(tmp_path).score(features), scores)
    assert scores["reason_1"].notna().any()


def test_scores_do_not_depend_on_the_batch_that_a_row_comes_in(model: ChurnModel) -> None:
    features = make_rows(11, 200).features
    together = model.score(features)
    alone = pd.concat([model.score(features.iloc[[row]]) for row in range(len(features))])
    pd.testing.assert_frame_equal(alone, together, check_exact=True)
    assert len(model.score(features.head(0))) == 0
