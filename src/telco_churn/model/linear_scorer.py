"""The scorer of a logistic regression: an intercept plus the effect of each feature.

In: encoded features. Out: raw scores in log odds. Effects are added column by column, so the score
of a row has the same bits in any batch.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from telco_churn.model.encoding import Matrix
from telco_churn.model.scorers import Floats


@dataclass(frozen=True)
class NumberEffect:
    """The effect of a numeric feature on the raw score, in log odds.

    Attributes:
        mean: Mean of the present values in the training rows.
        slope: Log odds per unit above the mean.
        present: Constant added for every present value.
        missing: Effect of a missing value.
    """

    mean: float
    slope: float
    present: float
    missing: float

    def of(self, values: Floats) -> Floats:
        """Compute the effect of each value, shape `(rows,)`."""
        effect = self.slope * (values - self.mean) + self.present
        return np.where(np.isnan(values), self.missing, effect)


@dataclass(frozen=True)
class CategoryEffect:
    """The effect of a categorical feature on the raw score, in log odds.

    Attributes:
        known: Effect of each category, by its code in `FeatureEncoding`.
        missing: Effect of a missing category, or of one not seen in training.
    """

    known: tuple[float, ...]
    missing: float

    def of(self, codes: Floats) -> Floats:
        """Compute the effect of each code, shape `(rows,)`."""
        last = len(self.known)
        return np.array([*self.known, self.missing])[np.nan_to_num(codes, nan=last).astype(np.intp)]


@dataclass(frozen=True)
class LinearScorer:
    """A logistic regression whose effects have a mean of 0 on the training rows.

    Attributes:
        intercept: Mean raw score of the training rows, in log odds.
        numbers: Effects of the numeric features, in the order of the matrix.
        categories: Effects of the categorical features, which follow in the matrix.
        strengths: Mean absolute effect of each feature on the training rows, in log odds.
    """

    intercept: float
    numbers: tuple[NumberEffect, ...]
    categories: tuple[CategoryEffect, ...]
    strengths: tuple[float, ...]

    def raw_score(self, matrix: Matrix) -> Floats:
        """Return the intercept plus the effects of all features, shape `(rows,)`."""
        total = np.full(len(matrix), self.intercept)
        for effect in self.contributions(matrix).T:
            total += effect
        return total

    def contributions(self, matrix: Matrix) -> Floats:
        """Compute the effect of each feature: coefficient times distance from its mean.

        Indicators of missing values and of categories count toward their feature. The effects of a
        row add up exactly to its raw score minus the intercept, because the model has no
        interactions. They equal the SHAP values of a linear model with independent features.
        """
        effects: tuple[NumberEffect | CategoryEffect, ...] = (*self.numbers, *self.categories)
        shares = np.empty(matrix.shape, order="F")
        for position, effect in enumerate(effects):
            shares[:, position] = effect.of(matrix[:, position])
        return shares

    def importance(self) -> Floats:
        """Return the share of each feature in the sum of mean absolute effects."""
        strengths = np.array(self.strengths)
        total = strengths.sum()
        return strengths / total if total > 0 else strengths

    def describe(self) -> str:
        """Return the description for the model card."""
        return "Logistic regression on scaled numbers and on categories, L2 penalty 1"

    def to_text(self) -> str:
        """Serialize the effects as JSON; `from_text` restores the same bits."""
        return json.dumps(asdict(self), indent=1, allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> "LinearScorer":
        """Restore a scorer from the JSON of `to_text`."""
        parts: dict[str, Any] = json.loads(text)
        return cls(
            parts["intercept"],
            tuple(NumberEffect(**effect) for effect in parts["numbers"]),
            tuple(
                CategoryEffect(tuple(effect["known"]), effect["missing"])
                for effect in parts["categories"]
            ),
            tuple(parts["strengths"]),
        )
