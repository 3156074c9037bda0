"""Split the examples by time; fit a candidate and its baselines.

In: labeled_features, examples, parameters, tuning_studies. Out: training_examples, candidate,
held_out_predictions, learning_history, lightgbm_params.
"""

import logging
from datetime import timedelta
from time import monotonic
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from kedro_asof.errors import WrongCallError
from telco_churn.errors import UnusableExamplesError
from telco_churn.learning.temporal_split import assign_splits
from telco_churn.learning.training_examples import (
    NOT_FEATURES,
    are_in_folds,
    warn_of_unknown_features,
)
from telco_churn.model.churn_model import ChurnModel
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.pipelines.training.fit_and_evaluate import (
    FitConfig,
    fit_by_folds,
    fit_by_time,
)
from telco_churn.pipelines.training.tuning import OpenStudy

logger = logging.getLogger(__name__)


def split_by_time(
    labeled_features: ir.Table, training: TrainingParams, label: LabelParams
) -> ir.Table:
    """Assign each snapshot to a split by its date: train, calibration, test, with gaps between.

    Args:
        labeled_features: One row per customer and matured `as_of`.
        training: `split` sets how many of the latest snapshots are for test and calibration.
        label: `horizon_days` is the length of a gap.

    Returns:
        The same rows with the column `split`.

    Raises:
        TooFewSnapshotsError: If no snapshot is left to train on.
    """
    dates = labeled_features.select("as_of").distinct().to_pyarrow()["as_of"].to_pylist()
    splits = assign_splits(dates, training.split, label)
    return labeled_features.mutate(split=labeled_features.as_of.cases(*splits.items()))


def fit_candidate(
    examples: pd.DataFrame,
    features_left_out: list[str],
    training: TrainingParams,
    lightgbm: LightGBMParams,
    tuning: TuningParams,
    evaluation: EvaluationParams,
    decision: DecisionParams,
    reasons: ReasonParams,
    tuning_studies: OpenStudy,
) -> tuple[ChurnModel, pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Fit a candidate and predict the held-out rows with it and its baselines.

    With a split by time, the held-out rows are the test rows. With folds, each row is predicted
    out of fold, and the candidate is then fitted on all rows.

    Args:
        examples: Features, `churned` and `split`, without rows that leak.
        features_left_out: Features to drop because they leak.
        training: The learner, the seed, and the share of rows for calibration.
        lightgbm: LightGBM's parameters.
        tuning: The number of trials, the time limit and the search space.
        evaluation: The rule of thumb, and the features that define slices.
        decision: The costs and the value of a contact.
        reasons: The text templates of the features.
        tuning_studies: Opens the study that stores the trials of a search.

    Returns:
        The candidate; held_out_predictions; learning_history; the parameters of its LightGBM,
        empty for another learner.

    Raises:
        WrongCallError: If tuning is on for a learner that has no search space.
        UnusableExamplesError: If no feature has a value, or a split has too few rows or one class.
    """
    _check_tuning(training, tuning)
    warn_of_unknown_features("evaluation.slices", evaluation.slices, examples)
    fit_for_learning = examples.drop(columns=features_left_out)
    _check_features(fit_for_learning, features_left_out)
    deadline = monotonic() + timedelta(minutes=tuning.minutes).total_seconds()
    config = FitConfig(
        training, lightgbm, tuning, evaluation, decision, reasons, tuning_studies, deadline
    )
    fit_and_judge = fit_by_folds if are_in_folds(examples) else fit_by_time
    fit, held_out_predictions = fit_and_judge(fit_for_learning, config)
    fitted = fit.fitted
    settings = fit.settings.model_dump() if training.learner == "lightgbm" else {}
    return fitted.model, held_out_predictions, fitted.history, settings


def _check_tuning(training: TrainingParams, tuning: TuningParams) -> None:
    """Raise if tuning is on for a learner other than LightGBM."""
    if tuning.trials and training.learner != "lightgbm":
        raise WrongCallError(
            f"Invalid tuning.trials {tuning.trials} for training.learner '{training.learner}': "
            "expected 0, because only lightgbm has a search space. Set tuning.trials to 0, or "
            "training.learner to lightgbm."
        )


def _check_features(examples: pd.DataFrame, left_out: list[str]) -> None:
    """Raise if no feature has a value; warn of features that are always missing."""
    features = examples.drop(columns=NOT_FEATURES)
    if features.empty or features.isna().all(axis=None):
        raise UnusableExamplesError(
            f"No feature to train on; left out as leaks: {left_out}. Declare features in "
            "conf/base/parameters/features.yml, or check conf/base/parameters/leakage.yml."
        )
    empty = [name for name in features.columns if features[name].isna().all()]
    if empty:
        logger.warning(
            "Features %s are empty in all %s rows and have no effect: fill or remove them.",
            empty,
            f"{len(features):,}",
        )
