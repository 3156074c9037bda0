"""Fitting of a churn model: a learner, then calibration on rows that it was not trained on.

In: labeled rows, parameters. Out: a model and its learning curve.
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

# A function per value of `training.learner`; it creates the learner from parameters and seed.
LEARNERS: dict[str, Callable[[LightGBMParams, int], Learner]] = {
    "lightgbm": LightGBMLearner.from_params,
    "logistic_regression": lambda _, seed: LogisticRegressionLearner(seed),
}

Templates = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Fitted:
    """A fitted model with its learning curve.

    Attributes:
        model: The model.
        history: Learning curve, as `Learned.history`.
        binned: Training rows in LightGBM's format, if the learner uses LightGBM.
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
    """Fit a learner, and calibrate it on rows that it was not trained on.

    Args:
        train: Training rows. A column without any value is kept and has no effect.
        calibration: Later or held-out rows, for calibration and early stopping.
        learner: Learner to fit.
        decision: Costs and benefits of a contact.
        templates: Reason templates by feature or pattern.

    Raises:
        FeatureMismatchError: If a feature is infinite, or columns or types of the rows differ.
        TemplateError: If a template does not match the type of its feature.
    """
    encoding = FeatureEncoding.fit(train.features)
    words = resolve_templates(templates or {}, encoding.numeric, encoding.categories)
    learned = learner.fit(train, calibration, encoding)
    raw_score = learned.scorer.raw_score(encoding.encode(calibration.features))
    curve = fit_calibration(raw_score, calibration.churned)
    model = ChurnModel(learned.scorer, encoding, curve, decision, words)
    return Fitted(model, learned.history, learned.binned)


def fit_calibration(raw_score: Floats, churned: Booleans) -> SigmoidCalibration:
    """Fit a sigmoid curve to rows that the model was not trained on.

    If churners do not score higher than stayers, a falling curve would reverse the ranking and the
    reasons. The slope is then 0, and every row gets the churn rate. Arguments have shape `(rows,)`.
    """
    curve = LogisticRegression(C=np.inf).fit(raw_score.reshape(-1, 1), churned)
    slope, intercept = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    if slope > 0:
        return SigmoidCalibration(slope, intercept)
    return SigmoidCalibration(0.0, float(np.log(churned.sum() / (~churned).sum())))
