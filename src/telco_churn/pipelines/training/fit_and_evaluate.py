"""Fits a candidate, and lets it and its baselines predict rows that they did not learn from.

In: examples, parameters, studies. Out: the candidate, its probabilities beside those of the
baselines, its learning curve.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import train_test_split

from telco_churn.learning.baselines import Contest, predict_by_baselines
from telco_churn.learning.learners import BinnedRows
from telco_churn.learning.training_examples import (
    NOT_FEATURES,
    Rows,
    UnfitExamplesError,
    select_rows,
)
from telco_churn.model.churn_model import ChurnModel
from telco_churn.parameters.training import TrainingParams
from telco_churn.pipelines.training.fit import Fit, FitConfig, FitRound, fit_with_config, name_study

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


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

    A search for better parameters is made anew for each fold, without its rows: their judgement
    would not be one otherwise.

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
    """Put the probabilities of all who judge beside what came, and by what rows are told apart."""
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
