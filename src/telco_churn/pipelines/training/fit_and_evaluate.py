"""Fit a candidate, and predict the held-out rows with it and its baselines.

In: examples split by time or into folds, parameters, studies. Out: the fitted model with its
learning history, and one table of held-out predictions.
"""

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import train_test_split

from telco_churn.errors import UnusableExamplesError
from telco_churn.learning.baselines import Contest, predict_by_baselines
from telco_churn.learning.fit_model import LEARNERS, Fitted, fit_churn_model
from telco_churn.learning.learners import BinnedRows
from telco_churn.learning.training_examples import NOT_FEATURES, Rows, select_rows
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.pipelines.training.tuning import OpenStudy, Search, digest_search, tune

SPLITS = {"train": "training", "calibration": "calibration", "test": "test"}  # with their titles

logger = logging.getLogger(__name__)

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class FitConfig:
    """Everything that a fit depends on, except its rows.

    Attributes:
        training: The learner, the seed, and the share of rows for calibration.
        lightgbm: LightGBM's parameters.
        tuning: The number of trials, the time limit and the search space.
        evaluation: The rule of thumb, and the features that define slices.
        decision: The costs and the value of a contact.
        reasons: The text templates of the features.
        studies: Opens the study that stores the trials of a search.
        deadline: When all searches end, in seconds of `time.monotonic`.
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
    """One of the fits of a run.

    Attributes:
        rows: The rows it is fitted on, for messages: "the train rows".
        study: Name of its search.
        left: Number of fits left in the run, including this one.
    """

    rows: str
    study: str
    left: int = 1


@dataclass(frozen=True)
class Fit:
    """A fitted model and the parameters it was fitted with."""

    fitted: Fitted
    settings: LightGBMParams


def fit_by_time(examples: pd.DataFrame, config: FitConfig) -> tuple[Fit, pd.DataFrame]:
    """Fit on the train rows, calibrate on the calibration rows, and predict the test rows.

    Returns:
        The fit, and the predictions of the test rows.

    Raises:
        UnusableExamplesError: If the rows of a split are all of one class.
    """
    rows = {
        split: select_rows(examples[examples["split"] == split], f"the {name} rows")
        for split, name in SPLITS.items()
    }
    fit_round = FitRound("the training rows", name_study(examples, config))
    fit = fit_with_config(rows["train"], rows["calibration"], config, fit_round)
    test = examples[examples["split"] == "test"]
    return fit, _judge(fit.fitted.model, rows["train"], test, config, fit.fitted.binned)


def fit_by_folds(examples: pd.DataFrame, config: FitConfig) -> tuple[Fit, pd.DataFrame]:
    """Predict each fold with a model of the other folds, then fit on all rows.

    Each fold has a separate search that excludes its rows: parameters chosen on these rows would
    make their predictions look better than they are.

    Returns:
        The fit on all rows, and the out-of-fold predictions of all rows.

    Raises:
        UnusableExamplesError: If the rows inside or outside a fold are all of one class, or have
            too few of a class to hold some out for calibration.
    """
    study, folds = name_study(examples, config), sorted(examples["split"].unique())
    judged = []
    for place, fold in enumerate(folds):
        is_held_out = examples["split"] == fold
        fit_round = FitRound(f"the rows outside {fold}", f"{study}/{fold}", len(folds) + 1 - place)
        logger.info("Fit %s of %s, on %s.", place + 1, len(folds) + 1, fit_round.rows)
        train = select_rows(examples[~is_held_out], fit_round.rows)
        select_rows(examples[is_held_out], f"the rows of {fold}")
        fitted = _fit_without_time(train, config, fit_round).fitted
        judged.append(_judge(fitted.model, train, examples[is_held_out], config))
    fit_round = FitRound("all rows", study)
    logger.info("Fit %s of %s, on %s.", len(folds) + 1, len(folds) + 1, fit_round.rows)
    fit = _fit_without_time(select_rows(examples, fit_round.rows), config, fit_round)
    return fit, pd.concat(judged).loc[examples.index]


def fit_with_config(train: Rows, calibration: Rows, config: FitConfig, fit_round: FitRound) -> Fit:
    """Fit with the configured parameters, or with the best that a search finds.

    Logs a warning if the model ranks the calibration rows no better than chance.
    """
    tuning, settings = config.tuning, config.lightgbm

    def fit_and_lose(tried: LightGBMParams) -> float:
        """Fit and return the lowest log loss of the calibration rows."""
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
            "The model fitted on %s ranks no better than chance: among the %s calibration rows, "
            "churners score no higher than the others. Every customer gets the same probability "
            "and no reasons. Add features that predict churn.",
            fit_round.rows,
            f"{len(calibration.churned):,}",
        )
    return Fit(fitted, settings)


def name_study(examples: pd.DataFrame, config: FitConfig) -> str:
    """Return the search's name, a digest of its inputs; empty without tuning."""
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


def _fit_without_time(rows: Rows, config: FitConfig, fit_round: FitRound) -> Fit:
    """Fit on a random part of the rows and calibrate on the rest."""
    train, calibration = _hold_out(rows.churned, config.training, fit_round)
    part, held_out = (
        Rows(rows.features.iloc[index], rows.churned[index]) for index in (train, calibration)
    )
    return fit_with_config(part, held_out, config, fit_round)


def _hold_out(
    churned: Mask, training: TrainingParams, fit_round: FitRound
) -> tuple[Places, Places]:
    """Draw train and calibration rows, stratified by class."""
    fraction, fewest = training.calibration_fraction, min(churned.sum(), (~churned).sum())
    places = np.arange(len(churned))
    if fewest > 1:
        train, calibration = train_test_split(
            places, test_size=fraction, random_state=training.seed, stratify=churned
        )
        if all(len(np.unique(churned[part])) == 2 for part in (train, calibration)):
            return train, calibration
    enough = int(np.ceil(1 / min(fraction, 1 - fraction)))
    raise UnusableExamplesError(
        f"Too few rows of a class: of {fit_round.rows}, {churned.sum():,} of {len(churned):,} "
        f"churned; expected at least {enough} of each class to both train and calibrate "
        f"(training.calibration_fraction = {fraction:g}), and a useful model needs hundreds. "
        "Provide more rows, or raise own_table.folds so that each fold holds out fewer."
    )


def _judge(
    model: ChurnModel,
    train: Rows,
    rows: pd.DataFrame,
    config: FitConfig,
    binned: BinnedRows | None = None,
) -> pd.DataFrame:
    """Return key, outcome, slices and the probabilities of the model and its baselines."""
    features = rows.drop(columns=NOT_FEATURES)
    contest = Contest(
        train,
        features,
        config.training.seed,
        config.lightgbm.threads,
        config.evaluation.rule_of_thumb,
        binned,
    )
    slices = [feature for feature in config.evaluation.slices if feature in features.columns]
    return rows[["customer_id", "churned"]].assign(
        as_of=pd.to_datetime(rows["as_of"]).dt.date,
        churn_probability=model.predict_probability(features),
        **predict_by_baselines(contest),
        **{f"slice_{feature}": features[feature] for feature in slices},
    )
