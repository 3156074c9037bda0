"""What a candidate has to beat, on the same rows: a rule, a line, and a model nobody tuned.

In: rows to learn from, rows to judge on. Out: a probability for each of these, by baseline.
"""

from collections.abc import Callable

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.parameters.evaluation import EvaluationParams, RuleOfThumbParams
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.pipelines.training.fitting import (
    BINNED_FOR_ALL,
    BinnedRows,
    bin_rows,
    fit_logistic_regression,
)
from telco_churn.training_data.training_examples import Rows

Probabilities = npt.NDArray[np.float64]


def predict_by_baselines(
    train: Rows,
    test: pd.DataFrame,
    training: TrainingParams,
    lightgbm: LightGBMParams,
    evaluation: EvaluationParams,
    binned: BinnedRows | None = None,
) -> dict[str, Probabilities]:
    """Fit every baseline that applies and let it judge the test rows.

    Args:
        train: Rows to learn from.
        test: Features to judge, shape `(rows, features)`.
        training: The seed.
        lightgbm: LightGBM's threads.
        evaluation: The rule of thumb; left out where its feature is not there, or no number.
        binned: The rows to learn from as LightGBM holds them, where that was done already.

    Returns:
        By name of the baseline, probabilities of shape `(rows,)`.
    """
    baselines: dict[str, Callable[[], Probabilities]] = {
        "logistic_regression": lambda: fit_logistic_regression(train).predict_proba(test)[:, 1],
        "untuned_lightgbm": lambda: _predict_by_untuned_lightgbm(
            binned or bin_rows(train), test, training.seed, lightgbm.threads
        ),
    }
    rule = evaluation.rule_of_thumb
    if rule and _is_number(train.features, rule.feature):
        baselines = {"rule_of_thumb": lambda: predict_by_rule(train, test, rule)} | baselines
    return {name: predict() for name, predict in baselines.items()}


def predict_by_rule(train: Rows, test: pd.DataFrame, rule: RuleOfThumbParams) -> Probabilities:
    """Give each row the churn rate of those whom the rule names, or of those whom it does not."""
    is_named = train.features[rule.feature].between(rule.lowest, rule.highest).to_numpy()
    rates = [
        train.churned[group].mean() if group.any() else train.churned.mean()
        for group in (is_named, ~is_named)
    ]
    return np.where(test[rule.feature].between(rule.lowest, rule.highest), *rates)


def _is_number(features: pd.DataFrame, feature: str) -> bool:
    return feature in features and pd.api.types.is_numeric_dtype(features[feature])


def _predict_by_untuned_lightgbm(
    train: BinnedRows, test: pd.DataFrame, seed: int, threads: int
) -> Probabilities:
    settings = {
        "objective": "binary",
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
        **BINNED_FOR_ALL,
    }
    booster = lgb.train(settings, train.data)
    return np.asarray(booster.predict(train.encoding.encode(test)))
