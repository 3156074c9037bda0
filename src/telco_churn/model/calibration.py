"""Turns raw scores into probabilities that mean what they say."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SigmoidCalibration:
    """Platt's calibration: a logistic curve over the raw score, which keeps the order of rows.

    With a slope of 0 there is no order: the raw score says nothing.

    Source: Platt, Probabilistic Outputs for Support Vector Machines, 1999.
    """

    slope: float
    intercept: float

    @property
    def ranks(self) -> bool:
        """Whether a higher raw score is a higher probability."""
        return self.slope > 0

    def probability(self, raw_score: Floats) -> Floats:
        """Probability of churn, shape `(rows,)`."""
        return 1.0 / (1.0 + np.exp(-(self.slope * raw_score + self.intercept)))
