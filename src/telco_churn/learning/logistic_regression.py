"""Logistic regression: a baseline, and the candidate if `training.learner` selects it.

In: labeled rows. Out: a scikit-learn pipeline, and a scorer with its coefficients.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import ThreadpoolController

from telco_churn.learning.learners import (
    HISTORY_ROWS,
    Floats,
    Learned,
    find_log_loss,
    sample_rows,
)
from telco_churn.learning.training_examples import Rows
from telco_churn.model.encoding import FeatureEncoding, Matrix
from telco_churn.model.linear_scorer import CategoryEffect, LinearScorer, NumberEffect

REGRESSION_ROWS = 200_000  # more rows hardly change so few coefficients
FEW_COEFFICIENTS = 1_000
MOST_STEPS = 500
MOST_CATEGORIES = 50  # per column; all rarer categories share one coefficient


@dataclass(frozen=True)
class LogisticRegressionLearner:
    """Logistic regression with an L2 penalty of 1 on scaled numbers and one-hot categories.

    Attributes:
        seed: Seed for drawing rows.
    """

    seed: int

    def fit(self, train: Rows, calibration: Rows, encoding: FeatureEncoding) -> Learned:
        """Fit until convergence; the calibration rows only serve the learning curve."""
        regression = fit_logistic_regression(train, self.seed)
        drawn = sample_rows(len(train.churned), REGRESSION_ROWS, self.seed)
        scorer = read_scorer(regression, encoding.encode(train.features.iloc[drawn]), encoding)
        sample = sample_rows(len(train.churned), HISTORY_ROWS, self.seed)
        some = scorer.raw_score(encoding.encode(train.features.iloc[sample]))
        held_out = scorer.raw_score(encoding.encode(calibration.features))
        history = {
            "steps": regression[-1].n_iter_,
            "train_log_loss": [find_log_loss(some, train.churned[sample])],
            "calibration_log_loss": [find_log_loss(held_out, calibration.churned)],
        }
        return Learned(scorer, pd.DataFrame(history))


def fit_logistic_regression(train: Rows, seed: int = 0) -> Pipeline:
    """Fit logistic regression on scaled numbers and one-hot categories, missing values imputed.

    Args:
        train: Training rows; if they exceed 200,000, a sample of that size is drawn.
        seed: Seed for drawing the sample.

    Returns:
        A pipeline that reads a frame of features; `predict_proba` returns shape `(rows, 2)`.
    """
    encoding = FeatureEncoding.fit(train.features)
    drawn = sample_rows(len(train.churned), REGRESSION_ROWS, seed)
    numbers = make_pipeline(
        SimpleImputer(strategy="mean", add_indicator=True, keep_empty_features=True),
        StandardScaler(copy=False),
    )
    categories = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=False
    )
    prepare = ColumnTransformer(
        [
            ("numbers", numbers, list(range(len(encoding.numeric)))),
            ("categories", categories, encoding.categorical_positions),
        ],
        sparse_threshold=0,
    )
    regression = make_pipeline(
        FunctionTransformer(encoding.encode),
        prepare,
        LogisticRegression(**_choose_solver(encoding)),
    )
    # One BLAS thread is 3 times as fast: products of so few columns end before threads synchronize.
    with ThreadpoolController().limit(limits=1, user_api="blas"):
        return regression.fit(train.features.iloc[drawn], train.churned[drawn])


def _choose_solver(encoding: FeatureEncoding) -> dict[str, Any]:
    """Return a solver: the fastest for few coefficients takes the square of their number."""
    levels = sum(min(len(known), MOST_CATEGORIES) for known in encoding.categories.values())
    if 2 * len(encoding.numeric) + levels <= FEW_COEFFICIENTS:
        return {"solver": "newton-cholesky"}
    return {"solver": "lbfgs", "max_iter": MOST_STEPS}


def read_scorer(regression: Pipeline, matrix: Matrix, encoding: FeatureEncoding) -> LinearScorer:
    """Read the effect of each feature from a fitted pipeline, with a mean of 0 on the rows.

    Args:
        regression: Result of `fit_logistic_regression`.
        matrix: Encoded rows that the pipeline was fitted on, shape `(rows, features)`.
        encoding: Encoding of these rows.
    """
    prepare, coefficients = regression[1], regression[-1].coef_[0]
    numbers = _read_numbers(prepare, coefficients) if encoding.numeric else []
    width = len(prepare.transform(matrix[:1])[0]) - _count_categories(prepare, encoding)
    categories = _read_categories(prepare, coefficients[width:], encoding)
    raw = LinearScorer(0.0, tuple(numbers), tuple(categories), ())
    effects = raw.contributions(matrix)
    means = effects.mean(axis=0)
    effects -= means
    middle = len(numbers)
    centered = LinearScorer(
        intercept=0.0,
        numbers=tuple(
            replace(effect, present=effect.present - mean, missing=effect.missing - mean)
            for effect, mean in zip(numbers, means[:middle].tolist(), strict=True)
        ),
        categories=tuple(
            CategoryEffect(tuple(known - mean for known in effect.known), effect.missing - mean)
            for effect, mean in zip(categories, means[middle:].tolist(), strict=True)
        ),
        strengths=tuple(np.abs(effects).mean(axis=0).tolist()),
    )
    base = matrix[:1]
    decided = regression[-1].decision_function(prepare.transform(base))
    return replace(centered, intercept=float((decided - centered.raw_score(base))[0]))


def _read_numbers(prepare: ColumnTransformer, coefficients: Floats) -> list[NumberEffect]:
    """Read the effects of numbers: imputed and scaled, with an indicator of missing values."""
    imputer, scaler = prepare.named_transformers_["numbers"]
    slopes = coefficients[: len(scaler.scale_)] / scaler.scale_
    means = imputer.statistics_
    missing = np.zeros(len(means))
    missing[imputer.indicator_.features_] = slopes[len(means) :]
    return [
        NumberEffect(mean, slope, 0.0, gone)
        for mean, slope, gone in zip(
            means.tolist(), slopes[: len(means)].tolist(), missing.tolist(), strict=True
        )
    ]


def _read_categories(
    prepare: ColumnTransformer, coefficients: Floats, encoding: FeatureEncoding
) -> list[CategoryEffect]:
    """Read the effects of categories, one column at a time, with all other columns missing."""
    if not encoding.categories:
        return []
    encoder = prepare.named_transformers_["categories"]
    effects = []
    for column, values in enumerate(encoding.categories.values()):
        rows = np.full((len(values) + 1, len(encoding.categories)), np.nan)
        rows[:-1, column] = np.arange(len(values))
        filled = encoder.transform(rows)
        known = (filled[:-1] - filled[-1]) @ coefficients
        effects.append(CategoryEffect(tuple(known.tolist()), 0.0))
    return effects


def _count_categories(prepare: ColumnTransformer, encoding: FeatureEncoding) -> int:
    """Count the one-hot columns of the categories."""
    if not encoding.categories:
        return 0
    return len(prepare.named_transformers_["categories"].get_feature_names_out())
