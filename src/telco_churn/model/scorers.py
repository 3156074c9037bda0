"""What a model scores with: the part of it that was learnt, whatever learnt it.

In: encoded features. Out: raw scores, and what each feature adds to them. Another learner brings a
scorer of its own: add a module beside `lightgbm_scorer.py` and an entry to `churn_model.SCORERS`.
"""

from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from telco_churn.model.encoding import Matrix

Floats = npt.NDArray[np.float64]


class Scorer(Protocol):
    """Turns rows into raw scores in log odds. It is kept as text, so a package holds no pickle.

    A row must get the same bits alone and in any batch. Scorers are equal when their text is.
    """

    def raw_score(self, matrix: Matrix) -> Floats:
        """Score rows of shape `(rows, features)`; shape `(rows,)`, in log odds."""

    def contributions(self, matrix: Matrix) -> Floats:
        """Share each raw score, less its mean in training, among the features; `(rows, features)`.

        The shares of a row add up to its raw score less that mean.
        """

    def importance(self) -> Floats:
        """Share of each feature in what was learnt, shape `(features,)`; 0 where nothing was."""

    def describe(self) -> str:
        """Say for the model card what it is, as a clause without a full stop."""

    def to_text(self) -> str:
        """Write the scorer as text, from which `from_text` makes the same bits."""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote."""
