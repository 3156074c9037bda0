"""Splits examples by time, looks for leaks, fits a candidate and its baselines.

In: labelled features, parameters, studies. Out: training_examples, leakage_findings, the candidate,
held_out_predictions, learning_history.
"""

import logging
from datetime import timedelta
from time import monotonic
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from kedro_asof.errors import WrongCallError
from telco_churn.learning.temporal_split import assign_splits
from telco_churn.learning.training_examples import (
    NOT_FEATURES,
    UnfitExamplesError,
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
from telco_churn.pipelines.training.fit import FitConfig
from telco_churn.pipelines.training.fit_and_evaluate import fit_by_folds, fit_by_time
from telco_churn.pipelines.training.tuning import OpenStudy

logger = logging.getLogger(__name__)


def split_by_time(
    labelled_features: ir.Table, training: TrainingParams, label: LabelParams
) -> ir.Table:
    """Give each snapshot a purpose by its date: train, then calibration, then test, gaps between.

    Args:
        labelled_features: One row per customer and matured `as_of`.
        training: `split` says how many of the latest snapshots test and calibrate.
        label: `horizon_days`, the length of a gap.

    Returns:
        The same rows with `split`.

    Raises:
        TooFewSnapshotsError: When no snapshot is left to train on.
    """
    dates = labelled_features.select("as_of").distinct().to_pyarrow()["as_of"].to_pylist()
    splits = assign_splits(dates, training.split, label)
    return labelled_features.mutate(split=labelled_features.as_of.cases(*splits.items()))


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
    """Fit a model, and let it and its baselines judge rows that none of them learnt from.

    Examples split by time are judged on their test rows. Examples in folds are judged out of fold,
    and the model is then fitted on all of them.

    Args:
        examples: Features, `churned` and `split`, without rows that leak.
        features_left_out: What the leak alarm does not let in.
        training: Which learner, the seed, and the share of rows that calibrate.
        lightgbm: How LightGBM learns.
        tuning: How long its parameters are searched, and where.
        evaluation: The rule of thumb, and by what the judged rows are told apart.
        decision: What contacts cost and win.
        reasons: How features are put into words.
        tuning_studies: Where a search keeps its trials.

    Returns:
        The candidate; held_out_predictions; learning_history; the parameters of its LightGBM,
        empty where another learner was chosen.

    Raises:
        WrongCallError: When a learner without a search space is to be tuned.
        UnfitExamplesError: When a split holds one class only, or too few rows.
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
    """Refuse to search where there is nothing to search: the space is LightGBM's."""
    if tuning.trials and training.learner != "lightgbm":
        raise WrongCallError(
            f"tuning.trials is {tuning.trials}, but training.learner is {training.learner}, whose "
            "parameters are not searched. Set tuning.trials to 0, or training.learner to lightgbm."
        )


def _check_features(examples: pd.DataFrame, left_out: list[str]) -> None:
    """Refuse examples without features, and say which features say nothing."""
    features = examples.drop(columns=NOT_FEATURES)
    if features.empty or features.isna().all(axis=None):
        raise UnfitExamplesError(
            f"There is no feature to learn from; left out as leaks: {left_out}. Declare features "
            "in conf/base/parameters/features.yml, or look at conf/base/parameters/leakage.yml."
        )
    empty = [name for name in features.columns if features[name].isna().all()]
    if empty:
        logger.warning(
            "Features %s are empty in all %s rows: nothing is learnt of them.",
            empty,
            f"{len(features):,}",
        )
