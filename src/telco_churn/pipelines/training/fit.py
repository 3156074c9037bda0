"""One fit by a config: a search if asked for, a learner, its calibration.

In: rows to learn from, rows to calibrate on, a config. Out: a fitted model.
"""

import logging
from dataclasses import dataclass

import pandas as pd

from telco_churn.learning.fit_model import LEARNERS, Fitted, fit_churn_model
from telco_churn.learning.training_examples import Rows
from telco_churn.model.decision import Decision
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.pipelines.training.tuning import OpenStudy, Search, digest_search, tune

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FitConfig:
    """All that a fit depends on, beside its rows.

    Attributes:
        training: Which learner, and the seed.
        lightgbm: How LightGBM learns.
        tuning: How long its parameters are searched, and where.
        evaluation: The rule of thumb, and by what the judged rows are told apart later.
        decision: What contacts cost and win.
        reasons: How features are put into words.
        studies: Where a search keeps its trials.
        deadline: Of all searches, by `time.monotonic`.
    """

    training: TrainingParams
    lightgbm: LightGBMParams
    tuning: TuningParams
    evaluation: EvaluationParams
    decision: DecisionParams
    reasons: ReasonParams
    studies: OpenStudy
    deadline: float


@dataclass(frozen=True)
class FitRound:
    """Which of the fits of a run it is.

    Attributes:
        rows: What it learns from, in words.
        study: The name of its search.
        left: How many fits are left, this one among them.
    """

    rows: str
    study: str
    left: int = 1


@dataclass(frozen=True)
class Fit:
    """A fitted model and the parameters that it was fitted with."""

    fitted: Fitted
    settings: LightGBMParams


def fit_with_config(train: Rows, calibration: Rows, config: FitConfig, fit_round: FitRound) -> Fit:
    """Fit with the parameters of the config, or the best that a search finds.

    A model that ranks the rows that calibrate no better than chance is warned of.
    """
    tuning, settings = config.tuning, config.lightgbm

    def fit_and_lose(tried: LightGBMParams) -> float:
        """Fit, and return the lowest log loss of the rows that calibrate."""
        history = _fit_settings(train, calibration, tried, config).history
        return float(history["calibration_log_loss"].min())

    if tuning.trials:
        search = Search(
            config.studies(fit_round.study), fit_round.rows, fit_round.left, config.deadline
        )
        settings = tune(fit_and_lose, search, settings, tuning)
    fitted = _fit_settings(train, calibration, settings, config)
    if not fitted.model.calibration.ranks:
        logger.warning(
            "Nothing that holds elsewhere was learnt from %s: of the %s rows that calibrate, those "
            "who churned score no higher than the others. All get the same probability and no "
            "reasons. Bring features that tell who churns.",
            fit_round.rows,
            f"{len(calibration.churned):,}",
        )
    return Fit(fitted, settings)


def name_study(examples: pd.DataFrame, config: FitConfig) -> str:
    """Name the search by all that it follows from; empty where none is asked for."""
    if not config.tuning.trials:
        return ""
    return digest_search(examples, config.training, config.lightgbm, config.tuning)


def _fit_settings(
    train: Rows, calibration: Rows, settings: LightGBMParams, config: FitConfig
) -> Fitted:
    make_learner, seed = LEARNERS[config.training.learner], config.training.seed
    return fit_churn_model(
        train,
        calibration,
        make_learner(settings, seed),
        Decision(**config.decision.money),
        config.reasons.as_plain(),
    )
