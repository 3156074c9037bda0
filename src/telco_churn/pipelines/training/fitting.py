"""Fits a churn model, and a logistic regression that it has to beat.

In: rows of features with what came of them. Out: models. What predicts imports nothing of this.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import ThreadpoolController

from telco_churn.model.calibration import SigmoidCalibration
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureEncoding, Matrix
from telco_churn.model.reasons import resolve_templates
from telco_churn.training_data.training_examples import Rows

HISTORY_POINTS = 20
HISTORY_ROWS = 10_000
REGRESSION_ROWS = 200_000
BINNED_FOR_ALL = {"feature_pre_filter": False}  # else bins would suit one learner alone
PLAIN_NAME = re.compile(r"\w+", re.ASCII)
MOST_CATEGORIES = 50  # of one column in the logistic regression; rarer ones count as one

Templates = Mapping[str, Mapping[str, str]]
Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BinnedRows:
    """Rows as LightGBM holds them, for any number of learners.

    Attributes:
        encoding: Learnt from these rows.
        data: The rows; the frame that they came from may go.
    """

    encoding: FeatureEncoding
    data: lgb.Dataset


@dataclass(frozen=True)
class Fitted:
    """A fitted model and what its fit leaves.

    Attributes:
        model: The model.
        history: Its way, in about 20 points, the best and later ones among them: `trees`,
            `train_log_loss` on a sample of the rows, `calibration_log_loss` before calibration.
        binned: The rows that it learnt from.
    """

    model: ChurnModel
    history: pd.DataFrame
    binned: BinnedRows


def fit_churn_model(
    train: Rows,
    calibration: Rows,
    settings: dict[str, Any],
    rounds: int,
    decision: Decision,
    templates: Templates | None = None,
) -> ChurnModel:
    """Fit LightGBM, stop it early and calibrate it; see `fit`."""
    return fit(train, calibration, settings, rounds, decision, templates).model


def fit(
    train: Rows,
    calibration: Rows,
    settings: dict[str, Any],
    rounds: int,
    decision: Decision,
    templates: Templates | None = None,
) -> Fitted:
    """Fit LightGBM, stop it early and calibrate it on rows it did not train on.

    Args:
        train: Rows to learn from. A column without any value is kept and says nothing.
        calibration: Later or held-out rows, for the number of trees and for calibration.
        settings: LightGBM's own parameters, `early_stopping_round` among them.
        rounds: Trees at most.
        decision: What contacts cost and win.
        templates: How to put features into words, by feature or pattern.

    Raises:
        FeatureMismatchError: When a feature is infinite, or the two sets of rows differ in kind.
        TemplateError: When a template does not fit its feature.
    """
    binned = bin_rows(train)
    encoding = binned.encoding
    words = resolve_templates(templates or {}, encoding.numeric, encoding.categories)
    held_out = encoding.encode(calibration.features)
    sample = _sample_rows(len(train.churned), HISTORY_ROWS, int(settings.get("seed", 0)))
    some, came = encoding.encode(train.features.iloc[sample]), train.churned[sample]
    losses: dict[str, dict[str, list[float]]] = {}
    booster = lgb.train(
        {"metric": "binary_logloss", **settings, **BINNED_FOR_ALL},
        binned.data,
        num_boost_round=rounds,
        valid_sets=[binned.data.create_valid(held_out, calibration.churned)],
        valid_names=["calibration"],
        callbacks=[lgb.record_evaluation(losses)],
    )
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    raw_score = np.asarray(lgb.Booster(model_str=text).predict(held_out, raw_score=True))
    curve = fit_calibration(raw_score, calibration.churned)
    history = _trace_losses(booster, losses["calibration"]["binary_logloss"], some, came)
    return Fitted(ChurnModel(text, encoding, curve, decision, words), history, binned)


def bin_rows(rows: Rows) -> BinnedRows:
    """Encode rows and let LightGBM bin them, once for all who learn from them."""
    encoding = FeatureEncoding.fit(rows.features)
    data = lgb.Dataset(
        encoding.encode(rows.features),
        rows.churned,
        feature_name=_name_for_lightgbm(encoding.columns),
        categorical_feature=encoding.categorical_positions,
        params=BINNED_FOR_ALL,
    )
    return BinnedRows(encoding, data)


def fit_calibration(raw_score: Floats, churned: Booleans) -> SigmoidCalibration:
    """Fit on rows that the booster was not trained on; both arguments of shape `(rows,)`.

    Where those who churned do not score higher than the others, a falling curve would fit_round the
    ranking round, and with it what reasons say. All rows get the rate of churn then: slope 0.
    """
    curve = LogisticRegression(C=np.inf).fit(raw_score.reshape(-1, 1), churned)
    slope, intercept = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    if slope > 0:
        return SigmoidCalibration(slope, intercept)
    return SigmoidCalibration(0.0, float(np.log(churned.sum() / (~churned).sum())))


def fit_logistic_regression(train: Rows, seed: int = 0) -> Pipeline:
    """Fit logistic regression on scaled numbers and one-hot categories, missing values imputed.

    Args:
        train: Rows to learn from; of more than 200,000 that many are drawn, which know its few
            coefficients as well.
        seed: Of the draw.

    Returns:
        Takes a frame of the features; `predict_proba` gives shape `(rows, 2)`.
    """
    encoding = FeatureEncoding.fit(train.features)
    drawn = _sample_rows(len(train.churned), REGRESSION_ROWS, seed)
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
        FunctionTransformer(encoding.encode), prepare, LogisticRegression(solver="newton-cholesky")
    )
    # Of so few columns, products are over before threads of BLAS's own have met: 3 times as fast.
    with ThreadpoolController().limit(limits=1, user_api="blas"):
        return regression.fit(train.features.iloc[drawn], train.churned[drawn])


def _name_for_lightgbm(columns: list[str]) -> list[str]:
    """Name features by column, or by position where LightGBM would refuse or change a name."""
    if all(PLAIN_NAME.fullmatch(column) for column in columns):
        return columns
    return [f"feature_{position}" for position in range(len(columns))]


def _sample_rows(rows: int, most: int, seed: int) -> npt.NDArray[np.intp]:
    """Draw rows without repeats, in their order; all of them where there are no more."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


def _trace_losses(
    booster: lgb.Booster, calibration_loss: list[float], matrix: Matrix, churned: Booleans
) -> pd.DataFrame:
    """Compute the log loss of the sample after some numbers of trees, each tree asked once."""
    most = booster.current_iteration()
    best = int(np.argmin(calibration_loss)) + 1
    trees = np.unique([*np.linspace(1, most, HISTORY_POINTS).round().astype(int), best])
    raw_score, done, train_loss = np.zeros(len(matrix)), 0, []
    for count in trees:
        raw_score += booster.predict(
            matrix, start_iteration=done, num_iteration=count - done, raw_score=True
        )
        done = int(count)
        train_loss.append(float(np.logaddexp(0, np.where(churned, -raw_score, raw_score)).mean()))
    return pd.DataFrame(
        {
            "trees": trees,
            "train_log_loss": train_loss,
            "calibration_log_loss": [calibration_loss[count - 1] for count in trees],
        }
    )
