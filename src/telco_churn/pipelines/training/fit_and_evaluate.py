"""Fits a candidate, and lets it and its baselines predict rows that they did not learn from.

In: examples, parameters, studies. Out: the candidate, its probabilities beside those of the
baselines, its learning curve. Rows are split by time, or judged in turn, fold by fold.
"""

import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import train_test_split

from telco_churn.learning.baselines import Contest, predict_by_baselines
from telco_churn.learning.fit_model import LEARNERS, Fitted, fit_churn_model
from telco_churn.learning.learners import BinnedRows
from telco_churn.learning.training_examples import (
    NOT_FEATURES,
    Rows,
    UnfitExamplesError,
    select_rows,
)
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.pipelines.training.tuning import OpenStudy, Search, digest_search, tune

logger = logging.getLogger(__name__)

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class FitConfig:
    """All that a fit depends on, beside its rows.

    Attributes:
        training: Which learner, and the seed.
        lightgbm: How LightGBM learns.
        tuning: How long its parameters are searched, and where.
        evaluation: The rule of thumb, and the features whose slices are judged later.
        decision: What contacts cost and win.
        reasons: How features are put into words.
        studies: Where a search keeps its trials.
        deadline: When all searches end, by `time.monotonic`.
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


def fit_by_time(examples: pd.DataFrame, config: FitConfig) -> tuple[Fit, pd.DataFrame]:
    """Train on the early rows, calibrate on later ones, judge the latest.

    Returns:
        The fit, and the judged test rows.

    Raises:
        UnfitExamplesError: When the rows of a split have one class only.
    """
    rows = {
        split: select_rows(examples[examples["split"] == split], f"the {split} rows")
        for split in ("train", "calibration", "test")
    }
    fit_round = FitRound("the train rows", name_study(examples, config))
    fit = fit_with_config(rows["train"], rows["calibration"], config, fit_round)
    test = examples[examples["split"] == "test"]
    return fit, _judge(fit.fitted.model, rows["train"], test, config, fit.fitted.binned)


def fit_by_folds(examples: pd.DataFrame, config: FitConfig) -> tuple[Fit, pd.DataFrame]:
    """Judge every row by a model of the other folds, then fit on all rows.

    Each fold has a search of its own, without its rows: a search that saw them would judge itself.

    Returns:
        The fit on all rows, and all rows judged out of fold.

    Raises:
        UnfitExamplesError: When the rows of a fold, or those outside it, have one class only, or
            too few of a class to calibrate on others than those learnt from.
    """
    study, folds = name_study(examples, config), sorted(examples["split"].unique())
    judged = []
    for place, fold in enumerate(folds):
        is_held_out = examples["split"] == fold
        fit_round = FitRound(f"the rows outside {fold}", f"{study}/{fold}", len(folds) + 1 - place)
        train = select_rows(examples[~is_held_out], fit_round.rows)
        select_rows(examples[is_held_out], f"the rows of {fold}")
        fitted = _fit_without_time(train, config, fit_round).fitted
        judged.append(_judge(fitted.model, train, examples[is_held_out], config))
    fit_round = FitRound("all rows", study)
    fit = _fit_without_time(select_rows(examples, fit_round.rows), config, fit_round)
    return fit, pd.concat(judged).loc[examples.index]


def fit_with_config(train: Rows, calibration: Rows, config: FitConfig, fit_round: FitRound) -> Fit:
    """Fit with the parameters of the config, or the best that a search finds.

    Warns of a model that ranks the calibration rows no better than chance.
    """
    tuning, settings = config.tuning, config.lightgbm

    def fit_and_lose(tried: LightGBMParams) -> float:
        """Fit, and return the lowest log loss of the calibration rows."""
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
    """Name the search by all that it follows from; empty without tuning."""
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
    """Fit where there is no time to split by: a random part calibrates."""
    train, calibration = _hold_out(rows.churned, config.training, fit_round)
    part, held_out = (
        Rows(rows.features.iloc[index], rows.churned[index]) for index in (train, calibration)
    )
    return fit_with_config(part, held_out, config, fit_round)


def _hold_out(
    churned: Mask, training: TrainingParams, fit_round: FitRound
) -> tuple[Places, Places]:
    """Draw rows to learn from and rows to calibrate on, each class in its share."""
    fraction, fewest = training.calibration_fraction, min(churned.sum(), (~churned).sum())
    places = np.arange(len(churned))
    if fewest > 1:
        train, calibration = train_test_split(
            places, test_size=fraction, random_state=training.seed, stratify=churned
        )
        if all(len(np.unique(churned[part])) == 2 for part in (train, calibration)):
            return train, calibration
    enough = int(np.ceil(1 / min(fraction, 1 - fraction)))
    raise UnfitExamplesError(
        f"Of {fit_round.rows}, {churned.sum():,} of {len(churned):,} churned: too few of a class "
        "to learn from some and to calibrate on others (training.calibration_fraction = "
        f"{fraction:g}); with {enough} of each it is possible, and with hundreds it is worth it. "
        "Bring more rows, or set own_table.folds higher, so that fewer rows are held out at a time."
    )


def _judge(
    model: ChurnModel,
    train: Rows,
    rows: pd.DataFrame,
    config: FitConfig,
    binned: BinnedRows | None = None,
) -> pd.DataFrame:
    """Put the probabilities of the model and its baselines beside what came and the slices."""
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
