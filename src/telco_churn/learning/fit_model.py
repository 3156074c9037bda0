"""Fits a churn model: a learner by its name, then calibration on rows that it did not learn from.

In: rows of features with what came of them, parameters. Out: a model, its learning curve.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from telco_churn.learning.learners import BinnedRows, Booleans, Floats, Learner
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.learning.logistic_regression import LogisticRegressionLearner
from telco_churn.learning.training_examples import Rows
from telco_churn.model.calibration import SigmoidCalibration
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureEncoding
from telco_churn.model.reasons import resolve_templates
from telco_churn.parameters.lightgbm import LightGBMParams

# By the name in `training.learner`: from LightGBM's parameters and the seed to a learner.
LEARNERS: dict[str, Callable[[LightGBMParams, int], Learner]] = {
    "lightgbm": LightGBMLearner.from_params,
    "logistic_regression": lambda _, seed: LogisticRegressionLearner(seed),
}

Templates = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Fitted:
    """A fitted model and what its fit leaves.

    Attributes:
        model: The model.
        history: Its learning curve, as `Learnt.history`.
        binned: The rows that it learnt from, where LightGBM holds them.
    """

    model: ChurnModel
    history: pd.DataFrame
    binned: BinnedRows | None


def fit_churn_model(
    train: Rows,
    calibration: Rows,
    learner: Learner,
    decision: Decision,
    templates: Templates | None = None,
) -> Fitted:
    """Fit a learner and calibrate it on rows it did not train on.

    Args:
        train: Rows to learn from. A column without any value is kept and says nothing.
        calibration: Later or held-out rows, for calibration and for where a learner stops.
        learner: What learns.
        decision: What contacts cost and win.
        templates: How to put features into words, by feature or pattern.

    Raises:
        FeatureMismatchError: When a feature is infinite, or the two sets of rows differ in kind.
        TemplateError: When a template does not fit its feature.
    """
    encoding = FeatureEncoding.fit(train.features)
    words = resolve_templates(templates or {}, encoding.numeric, encoding.categories)
    learnt = learner.fit(train, calibration, encoding)
    raw_score = learnt.scorer.raw_score(encoding.encode(calibration.features))
    curve = fit_calibration(raw_score, calibration.churned)
    model = ChurnModel(learnt.scorer, encoding, curve, decision, words)
    return Fitted(model, learnt.history, learnt.binned)


def fit_calibration(raw_score: Floats, churned: Booleans) -> SigmoidCalibration:
    """Fit on rows that the model was not trained on; both arguments of shape `(rows,)`.

    Where those who churned do not score higher than the others, a falling curve would turn the
    ranking round, and with it what reasons say. All rows get the rate of churn then: slope 0.
    """
    curve = LogisticRegression(C=np.inf).fit(raw_score.reshape(-1, 1), churned)
    slope, intercept = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    if slope > 0:
        return SigmoidCalibration(slope, intercept)
    return SigmoidCalibration(0.0, float(np.log(churned.sum() / (~churned).sum())))
