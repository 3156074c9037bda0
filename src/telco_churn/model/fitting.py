"""Fits a churn model, and the simple one that it has to beat."""

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
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from telco_churn.model.calibration import SigmoidCalibration
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureEncoding


@dataclass(frozen=True)
class Rows:
    """Features and what came of them, row by row."""

    features: pd.DataFrame
    churned: npt.NDArray[np.bool_]


def fit_churn_model(
    train: Rows, calibration: Rows, settings: dict[str, Any], rounds: int, decision: Decision
) -> ChurnModel:
    """Fit LightGBM, stop it early and calibrate it on rows it did not train on.

    Args:
        train: Rows to learn from.
        calibration: Later or held-out rows, for the number of trees and for calibration.
        settings: LightGBM's own parameters, `early_stopping_round` among them.
        rounds: Trees at most.
        decision: What contacts cost and win.
    """
    encoding = FeatureEncoding.fit(train.features)
    data = lgb.Dataset(
        encoding.encode(train.features),
        train.churned,
        feature_name=encoding.columns,
        categorical_feature=encoding.categorical_positions,
    )
    held_out = encoding.encode(calibration.features)
    booster = lgb.train(
        settings,
        data,
        num_boost_round=rounds,
        valid_sets=[data.create_valid(held_out, calibration.churned)],
    )
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    raw_score = np.asarray(lgb.Booster(model_str=text).predict(held_out, raw_score=True))
    curve = SigmoidCalibration.fit(raw_score, calibration.churned)
    return ChurnModel(text, encoding, curve, decision)


def fit_baseline(train: Rows) -> Pipeline:
    """Fit logistic regression on scaled numbers and one-hot categories."""
    encoding = FeatureEncoding.fit(train.features)
    prepare = ColumnTransformer(
        [
            (
                "numeric",
                make_pipeline(
                    SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
                ),
                list(encoding.numeric),
            ),
            (
                "categories",
                OneHotEncoder(handle_unknown="ignore"),
                list(encoding.categories),
            ),
        ]
    )
    return make_pipeline(prepare, LogisticRegression(max_iter=1000)).fit(
        train.features, train.churned
    )
