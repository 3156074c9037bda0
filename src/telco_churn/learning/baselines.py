"""The baselines: a rule of thumb, logistic regression, and an untuned LightGBM model.

In: training rows, test rows. Out: a churn probability for each test row, by baseline. To add a
baseline, add an entry to `BASELINES`: metrics, model card and plots read names, titles and colors
from it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.learning.learners import BinnedRows
from telco_churn.learning.lightgbm_learner import (
    bin_rows,
    choose_histograms,
    make_settings,
)
from telco_churn.learning.training_examples import Rows
from telco_churn.model.encoding import FeatureEncoding
from telco_churn.parameters.evaluation import RuleOfThumbParams

HEADLINE = "logistic_regression"  # the baseline in the summary of a run

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contest:
    """The data and settings that a baseline may use.

    Attributes:
        train: Training rows.
        test: Features of the test rows, shape `(rows, features)`.
        seed: Seed of every random step.
        threads: Threads that LightGBM may use.
        rule: Rule of thumb in the configuration, if any.
        binned: Training rows in LightGBM's format, if they are binned already.
    """

    train: Rows
    test: pd.DataFrame
    seed: int
    threads: int
    rule: RuleOfThumbParams | None = None
    binned: BinnedRows | None = None


@dataclass(frozen=True)
class Baseline:
    """A model that the candidate is compared with.

    Attributes:
        name: Column of `held_out_predictions`, and prefix of the metrics.
        title: Name in the model card and in plots.
        color: Color in every plot, as `#rrggbb`.
        predict: Fits the baseline and returns a probability per test row, shape `(rows,)`.
        applies: Returns whether the baseline can be fitted; if not, it is left out.
    """

    name: str
    title: str
    color: str
    predict: Callable[[Contest], Probabilities]
    applies: Callable[[Contest], bool] = lambda _: True


def predict_by_baselines(contest: Contest) -> dict[str, Probabilities]:
    """Fit every baseline that applies, and return its probabilities of the test rows by name."""
    return {each.name: each.predict(contest) for each in BASELINES if each.applies(contest)}


def list_titles() -> dict[str, str]:
    """Return the title of each baseline by name."""
    return {each.name: each.title for each in BASELINES}


def list_colors() -> dict[str, str]:
    """Return the color of each baseline by name."""
    return {each.name: each.color for each in BASELINES}


def has_rule(contest: Contest) -> bool:
    """Return whether a rule of thumb is configured for a numeric feature of the training rows."""
    features, rule = contest.train.features, contest.rule
    return bool(
        rule and rule.feature in features and pd.api.types.is_numeric_dtype(features[rule.feature])
    )


def predict_by_rule(contest: Contest) -> Probabilities:
    """Predict one churn rate for the rows that match the rule, and one for the others."""
    rule, train = contest.rule, contest.train
    assert rule is not None
    is_named = train.features[rule.feature].between(rule.lowest, rule.highest).to_numpy()
    rates = [
        train.churned[group].mean() if group.any() else train.churned.mean()
        for group in (is_named, ~is_named)
    ]
    return np.where(contest.test[rule.feature].between(rule.lowest, rule.highest), *rates)


def predict_by_logistic_regression(contest: Contest) -> Probabilities:
    """Predict with logistic regression, without calibration."""
    # Scoring reads the names in this module; scikit-learn's models are slow to import.
    from telco_churn.learning.logistic_regression import (  # noqa: PLC0415
        fit_logistic_regression,
    )

    return fit_logistic_regression(contest.train).predict_proba(contest.test)[:, 1]


def predict_by_untuned_lightgbm(contest: Contest) -> Probabilities:
    """Predict with LightGBM at its default parameters, without calibration."""
    binned = contest.binned or bin_rows(contest.train, FeatureEncoding.fit(contest.train.features))
    settings = make_settings(contest.seed, contest.threads)
    booster = lgb.train(settings | choose_histograms(binned.encoding), binned.data)
    return np.asarray(booster.predict(binned.encoding.encode(contest.test)))


# Colors: Okabe and Ito, Color Universal Design, 2008.
BASELINES: tuple[Baseline, ...] = (
    Baseline("rule_of_thumb", "Rule of thumb", "#e69f00", predict_by_rule, has_rule),
    Baseline(
        "logistic_regression", "Logistic regression", "#009e73", predict_by_logistic_regression
    ),
    Baseline("untuned_lightgbm", "Untuned LightGBM", "#cc79a7", predict_by_untuned_lightgbm),
)
