"""Turns a booster's raw scores into probabilities that mean what they say."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SigmoidCalibration:
    """Platt's calibration: a logistic curve over the raw score, which keeps the order of rows.

    Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999.
    """

    slope: float
    intercept: float

    @classmethod
    def fit(cls, raw_score: Floats, churned: npt.NDArray[np.bool_]) -> "SigmoidCalibration":
        """Fit on rows that the booster was not trained on; both arguments of shape `(rows,)`."""
        curve = LogisticRegression(C=np.inf).fit(raw_score.reshape(-1, 1), churned)
        return cls(float(curve.coef_[0, 0]), float(curve.intercept_[0]))

    def probability(self, raw_score: Floats) -> Floats:
        """Probability of churn, shape `(rows,)`."""
        return 1.0 / (1.0 + np.exp(-(self.slope * raw_score + self.intercept)))
