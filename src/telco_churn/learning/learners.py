"""The interface of a learner. In: labeled rows. Out: a scorer and its learning curve.

To add a learner, write a module with a class that has `fit`, add a scorer to `model/`, an entry to
`fit_model.LEARNERS`, and its name to `parameters/training.py`.
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

HISTORY_ROWS = 10_000  # sample of the training rows for the learning curve

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BinnedRows:
    """Rows in LightGBM's binned format, which several boosters can share.

    Attributes:
        encoding: Encoding fitted on these rows.
        data: The binned rows; the frame that they came from can be deleted.
    """

    encoding: FeatureEncoding
    data: lgb.Dataset


@dataclass(frozen=True)
class Learned:
    """Result of a learner.

    Attributes:
        scorer: Fitted scorer.
        history: Learning curve: `steps` (trees or iterations), `train_log_loss` on a sample of the
            training rows, `calibration_log_loss` before calibration; includes the best step, and
            the steps after it.
        binned: Training rows in LightGBM's format, for reuse by a baseline, if any.
    """

    scorer: Scorer
    history: pd.DataFrame
    binned: BinnedRows | None = None


class Learner(Protocol):
    """A training algorithm with its settings."""

    def fit(self, train: Rows, calibration: Rows, encoding: FeatureEncoding) -> Learned:
        """Fit a scorer.

        Args:
            train: Training rows.
            calibration: Later or held-out rows, for early stopping.
            encoding: Encoding fitted on `train`; converts features to a matrix.
        """


def sample_rows(rows: int, most: int, seed: int) -> npt.NDArray[np.intp]:
    """Draw positions of up to `most` rows without replacement, in ascending order."""
    return np.sort(np.random.default_rng(seed).permutation(rows)[:most])


def find_log_loss(raw_score: Floats, churned: Booleans) -> float:
    """Return the mean log loss in nats of raw scores in log odds; both of shape `(rows,)`."""
    return float(np.logaddexp(0, np.where(churned, -raw_score, raw_score)).mean())
