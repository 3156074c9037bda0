"""What a candidate has to beat, on the same rows: a rule, a line, and a model nobody tuned.

In: rows to learn from, rows to judge. Out: a probability for each of these, by baseline. Another
baseline is one more entry in `BASELINES`: metrics, card and plots read names, titles and colours
from there.
"""

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.learning.learners import BinnedRows
from telco_churn.learning.lightgbm_learner import BINNED_FOR_ALL, bin_rows, make_settings
from telco_churn.learning.logistic_regression import fit_logistic_regression
from telco_churn.learning.training_examples import Rows
from telco_churn.model.encoding import FeatureEncoding
from telco_churn.parameters.evaluation import RuleOfThumbParams

HEADLINE = "logistic_regression"  # what the summary of a run names beside the model

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contest:
    """What a baseline may use.

    Attributes:
        train: Rows to learn from.
        test: Features to judge, shape `(rows, features)`.
        seed: Seed of every random step.
        threads: Threads that LightGBM may take.
        rule: The rule of thumb of the configuration; None where there is none.
        binned: The rows to learn from as LightGBM holds them, where that was done already.
    """

    train: Rows
    test: pd.DataFrame
    seed: int
    threads: int
    rule: RuleOfThumbParams | None = None
    binned: BinnedRows | None = None


@dataclass(frozen=True)
class Baseline:
    """A baseline.

    Attributes:
        name: Column of `held_out_predictions`, prefix of its metrics.
        title: Name in the card and in plots.
        colour: Its colour in every plot.
        predict: Fits it and returns a probability for each row to judge, shape `(rows,)`.
        applies: Whether it can be asked at all; it is left out otherwise.
    """

    name: str
    title: str
    colour: str
    predict: Callable[[Contest], Probabilities]
    applies: Callable[[Contest], bool] = lambda _: True


def predict_by_baselines(contest: Contest) -> dict[str, Probabilities]:
    """Fit every baseline that applies and let it judge the test rows; by name, in their order."""
    return {each.name: each.predict(contest) for each in BASELINES if each.applies(contest)}


def list_titles() -> dict[str, str]:
    """Return the title of each baseline by its name."""
    return {each.name: each.title for each in BASELINES}


def list_colours() -> dict[str, str]:
    """Return the colour of each baseline by its name."""
    return {each.name: each.colour for each in BASELINES}


def has_rule(contest: Contest) -> bool:
    """Whether there is a rule of thumb, and its feature is there and a number."""
    features, rule = contest.train.features, contest.rule
    return bool(
        rule and rule.feature in features and pd.api.types.is_numeric_dtype(features[rule.feature])
    )


def predict_by_rule(contest: Contest) -> Probabilities:
    """Give each row the churn rate of those whom the rule names, or of the others."""
    rule, train = contest.rule, contest.train
    assert rule is not None
    is_named = train.features[rule.feature].between(rule.lowest, rule.highest).to_numpy()
    rates = [
        train.churned[group].mean() if group.any() else train.churned.mean()
        for group in (is_named, ~is_named)
    ]
    return np.where(contest.test[rule.feature].between(rule.lowest, rule.highest), *rates)


def predict_by_logistic_regression(contest: Contest) -> Probabilities:
    """Fit logistic regression, without calibration."""
    return fit_logistic_regression(contest.train).predict_proba(contest.test)[:, 1]


def predict_by_untuned_lightgbm(contest: Contest) -> Probabilities:
    """Fit LightGBM with the parameters it comes with, without calibration."""
    binned = contest.binned or bin_rows(contest.train, FeatureEncoding.fit(contest.train.features))
    booster = lgb.train(make_settings(contest.seed, contest.threads) | BINNED_FOR_ALL, binned.data)
    return np.asarray(booster.predict(binned.encoding.encode(contest.test)))


# Colours: Okabe and Ito, Color Universal Design, 2008.
BASELINES: tuple[Baseline, ...] = (
    Baseline("rule_of_thumb", "Rule of thumb", "#e69f00", predict_by_rule, has_rule),
    Baseline(
        "logistic_regression", "Logistic regression", "#009e73", predict_by_logistic_regression
    ),
    Baseline("untuned_lightgbm", "Untuned LightGBM", "#cc79a7", predict_by_untuned_lightgbm),
)
