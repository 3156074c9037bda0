"""The interface of a scorer, the fitted part of a model.

In: encoded features. Out: raw scores, and the contribution of each feature. A new learner needs a
scorer: add a module next to `lightgbm_scorer.py` and an entry to `churn_model.SCORERS`.
"""

from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from telco_churn.model.encoding import Matrix

Floats = npt.NDArray[np.float64]


class Scorer(Protocol):
    """Computes raw scores in log odds. It is saved as text, so a package contains no pickle.

    A row must get the same bits alone and in any batch. Scorers with equal texts are equal.
    """

    def raw_score(self, matrix: Matrix) -> Floats:
        """Return the raw scores of a `(rows, features)` matrix in log odds, shape `(rows,)`."""

    def contributions(self, matrix: Matrix) -> Floats:
        """Return the contribution of each feature in log odds, shape `(rows, features)`.

        The contributions of a row add up to its raw score minus the mean raw score in training.
        """

    def importance(self) -> Floats:
        """Return shares of importance, shape `(features,)`; 0 if no feature has an effect."""

    def describe(self) -> str:
        """Return a description for the model card, without a full stop."""

    def to_text(self) -> str:
        """Serialize the scorer as text; `from_text` restores the same bits."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Restore a scorer from the result of `to_text`."""
