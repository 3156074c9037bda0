"""The LightGBM learner.

In: labeled rows, LightGBM's parameters. Out: a booster with the number of trees that has the lowest
log loss on the calibration rows.
"""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from telco_churn.learning.learners import (
    HISTORY_ROWS,
    BinnedRows,
    Booleans,
    Learned,
    find_log_loss,
    sample_rows,
)
from telco_churn.learning.training_examples import Rows
from telco_churn.model.encoding import FeatureEncoding, Matrix
from telco_churn.model.lightgbm_scorer import LightGBMScorer
from telco_churn.parameters.lightgbm import LightGBMParams

logger = logging.getLogger(__name__)

HISTORY_POINTS = 20
SECONDS_BETWEEN = 10.0  # of two lines of progress
BINNED_FOR_ALL = {"feature_pre_filter": False}  # lets boosters with other parameters share bins
MANY_COLUMNS = 500
PLAIN_NAME = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True)
class LightGBMLearner:
    """LightGBM with early stopping.

    Attributes:
        settings: LightGBM's parameters, including `early_stopping_round`.
        rounds: Maximum number of trees.
    """

    settings: dict[str, Any]
    rounds: int

    @classmethod
    def from_params(cls, params: LightGBMParams, seed: int) -> "LightGBMLearner":
        """Create a learner from the project's LightGBM parameters."""
        settings = {
            **make_settings(seed, params.threads),
            "early_stopping_round": params.patience,
            **params.model_dump(exclude={"max_trees", "patience", "threads"}),
        }
        return cls(settings, params.max_trees)

    def fit(self, train: Rows, calibration: Rows, encoding: FeatureEncoding) -> Learned:
        """Grow trees until the log loss of the calibration rows stops falling."""
        binned = bin_rows(train, encoding)
        held_out = encoding.encode(calibration.features)
        sample = sample_rows(len(train.churned), HISTORY_ROWS, int(self.settings.get("seed", 0)))
        some, came = encoding.encode(train.features.iloc[sample]), train.churned[sample]
        losses: dict[str, dict[str, list[float]]] = {}
        booster = lgb.train(
            {"metric": "binary_logloss", **self.settings, **choose_histograms(encoding)},
            binned.data,
            num_boost_round=self.rounds,
            valid_sets=[binned.data.create_valid(held_out, calibration.churned)],
            valid_names=["calibration"],
            callbacks=[lgb.record_evaluation(losses), _report_progress()],
            keep_training_booster=True,  # with the trees after the best, for the learning curve
        )
        text = booster.model_to_string(num_iteration=booster.best_iteration)
        history = _trace_losses(booster, losses["calibration"]["binary_logloss"], some, came)
        return Learned(LightGBMScorer(text), history, binned)


def make_settings(seed: int, threads: int) -> dict[str, Any]:
    """Return the settings of every booster in this project; equal data gives equal trees.

    `choose_histograms` adds what depends on the data.
    """
    return {
        "objective": "binary",
        "seed": seed,
        "deterministic": True,
        "verbosity": -1,
        "num_threads": threads,
    }


def choose_histograms(encoding: FeatureEncoding) -> dict[str, Any]:
    """Return how histograms are built: by column for wide tables, which takes less time.

    LightGBM would choose by a measurement, and differently on each run.
    """
    is_wide = len(encoding.columns) > MANY_COLUMNS
    return {"force_col_wise" if is_wide else "force_row_wise": True, **BINNED_FOR_ALL}


def bin_rows(rows: Rows, encoding: FeatureEncoding) -> BinnedRows:
    """Encode rows and bin them once for all boosters that are trained on them."""
    data = lgb.Dataset(
        encoding.encode(rows.features),
        rows.churned,
        feature_name=_name_for_lightgbm(encoding.columns),
        categorical_feature=encoding.categorical_positions,
        params=BINNED_FOR_ALL,
    )
    return BinnedRows(encoding, data)


def _report_progress() -> Callable[[lgb.callback.CallbackEnv], None]:
    """Return a callback that logs the trees so far; a short fit logs nothing."""
    last = time.monotonic()

    def report(fit: lgb.callback.CallbackEnv) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS_BETWEEN:
            return
        last = time.monotonic()
        for _, _, loss, *_ in fit.evaluation_result_list or ():
            logger.info(
                "%s of at most %s trees, log loss of the calibration rows %.4f.",
                *(fit.iteration + 1, fit.end_iteration, loss),
            )

    return report


def _name_for_lightgbm(columns: list[str]) -> list[str]:
    """Return the column names, or positional names if LightGBM would reject or change one."""
    if all(PLAIN_NAME.fullmatch(column) for column in columns):
        return columns
    return [f"feature_{position}" for position in range(len(columns))]


def _trace_losses(
    booster: lgb.Booster, calibration_loss: list[float], matrix: Matrix, churned: Booleans
) -> pd.DataFrame:
    """Compute the log loss of the sample at about 20 numbers of trees; each tree predicts once.

    The last trees are those after the best, which early stopping grows and the model leaves out.
    """
    most = booster.current_iteration()
    best = int(np.argmin(calibration_loss)) + 1
    trees = np.unique([*np.linspace(1, most, HISTORY_POINTS).round().astype(int), best])
    raw_score, done, train_loss = np.zeros(len(matrix)), 0, []
    for count in trees:
        raw_score += booster.predict(
            matrix, start_iteration=done, num_iteration=count - done, raw_score=True
        )
        done = int(count)
        train_loss.append(find_log_loss(raw_score, churned))
    return pd.DataFrame(
        {
            "steps": trees,
            "train_log_loss": train_loss,
            "calibration_log_loss": [calibration_loss[count - 1] for count in trees],
        }
    )
