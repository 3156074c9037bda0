"""Calibration. In: raw scores in log odds. Out: churn probabilities."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SigmoidCalibration:
    """Platt calibration: a logistic curve over the raw score, which preserves the ranking.

    A slope of 0 means that the raw score has no predictive value: all rows get one probability.

    Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999.
    """

    slope: float
    intercept: float

    @property
    def ranks(self) -> bool:
        """Whether a higher raw score gives a higher probability."""
        return self.slope > 0

    def probability(self, raw_score: Floats) -> Floats:
        """Return churn probabilities, shape `(rows,)`."""
        return 1.0 / (1.0 + np.exp(-(self.slope * raw_score + self.intercept)))
