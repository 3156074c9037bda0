"""What a learner must offer: rows in, a scorer and its learning curve out.

Another learner is a class with `fit` in a module of its own, a scorer in `model/`, an entry in
`fit_model.LEARNERS` and its name in `parameters/training.py`.
"""

from dataclasses import dataclass
from typing import Protocol

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.learning.training_examples import Rows
from telco_churn.model.encoding import FeatureEncoding
from telco_churn.model.scorers import Scorer

HISTORY_ROWS = 10_000  # of the training rows, on which a history counts the loss

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BinnedRows:
    """Rows as LightGBM holds them, for any number of boosters.

    Attributes:
        encoding: Learnt from these rows.
        data: The rows; the frame that they came from may go.
    """

    encoding: FeatureEncoding
    data: lgb.Dataset


@dataclass(frozen=True)
class Learnt:
    """What a learner leaves.

    Attributes:
        scorer: What scores.
        history: Its learning curve: `steps` (trees, iterations), `train_log_loss` on a sample of
            the rows, `calibration_log_loss` before calibration; the best step is among them.
        binned: The training rows, where LightGBM holds them: a baseline takes them as they are.
    """

    scorer: Scorer
    history: pd.DataFrame
    binned: BinnedRows | None = None


class Learner(Protocol):
    """Learns from rows; it holds its own settings."""

    def fit(self, train: Rows, calibration: Rows, encoding: FeatureEncoding) -> Learnt:
        """Learn to score.

        Args:
            train: Rows to learn from.
            calibration: Later or held-out rows, by which a learner may stop.
            encoding: Learnt from `train`; turns features into a matrix.
        """


def sample_rows(rows: int, most: int, seed: int) -> npt.NDArray[np.intp]:
    """Draw rows without repeats, in their order; all of them where there are no more."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


def find_log_loss(raw_score: Floats, churned: Booleans) -> float:
    """Mean log loss in nats of raw scores in log odds; both of shape `(rows,)`."""
    return float(np.logaddexp(0, np.where(churned, -raw_score, raw_score)).mean())
