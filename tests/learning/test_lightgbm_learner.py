"""LightGBM grows trees until the held-out loss stops falling, and keeps those up to the best."""

import lightgbm as lgb
import numpy as np
import pandas as pd

from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.learning.training_examples import Rows
from telco_churn.model.encoding import FeatureEncoding
from telco_churn.model.lightgbm_scorer import LightGBMScorer
from tests.conftest import lightgbm_params

PATIENCE = 5


def make_rows(seed: int) -> Rows:
    random = np.random.default_rng(seed)
    days = random.normal(size=400)
    churned = days + random.normal(size=400) > 1
    return Rows(pd.DataFrame({"days": days}), churned)


def test_the_learning_curve_goes_on_after_the_best_tree_and_the_model_does_not() -> None:
    train = make_rows(0)
    learner = LightGBMLearner.from_params(lightgbm_params(max_trees=300, patience=PATIENCE), seed=0)

    learned = learner.fit(train, make_rows(1), FeatureEncoding.fit(train.features))

    assert isinstance(learned.scorer, LightGBMScorer)
    curve = learned.history.set_index("steps")
    best = curve["calibration_log_loss"].idxmin()
    assert curve.index[-1] == best + PATIENCE
    assert lgb.Booster(model_str=learned.scorer.text).num_trees() == best
    assert curve["train_log_loss"].is_monotonic_decreasing
