"""Scores with a logistic regression: an intercept, and what each feature adds.

In: encoded features. Out: raw scores in log odds, added up column by column, so that a row has the
same bits in any batch.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from telco_churn.model.encoding import Matrix
from telco_churn.model.scorers import Floats


@dataclass(frozen=True)
class NumberEffect:
    """What a number adds to the raw score, in log odds.

    Attributes:
        mean: Mean of the training rows that have a value.
        slope: Log odds by unit above the mean.
        present: Added to all values that are there.
        missing: Added in place of all that where the value is missing.
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
    """What a category adds to the raw score, in log odds.

    Attributes:
        known: By the number of the category, as `FeatureEncoding` counts.
        missing: Where it is missing, or was not seen in training.
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
        intercept: Mean raw score of the training rows.
        numbers: Effects of the numbers, in the order of the matrix.
        categories: Effects of the categories behind them.
        strengths: Mean absolute effect of each feature on the training rows, in log odds.
    """

    intercept: float
    numbers: tuple[NumberEffect, ...]
    categories: tuple[CategoryEffect, ...]
    strengths: tuple[float, ...]

    def raw_score(self, matrix: Matrix) -> Floats:
        """Add up the intercept and the effect of each feature."""
        total = np.full(len(matrix), self.intercept)
        for effect in self.contributions(matrix).T:
            total += effect
        return total

    def contributions(self, matrix: Matrix) -> Floats:
        """Compute the effect of each feature: coefficient times distance from its mean.

        Indicators of missing values and of categories count for the feature that they come from.
        The effects of a row add up to its raw score less the intercept, exactly: there are no
        interactions. They are the SHAP values of a linear model whose features are independent.
        """
        effects = (*self.numbers, *self.categories)
        shares = np.empty(matrix.shape, order="F")
        for position, effect in enumerate(effects):
            shares[:, position] = effect.of(matrix[:, position])
        return shares

    def importance(self) -> Floats:
        """Share of each feature in the sum of mean absolute effects."""
        strengths = np.array(self.strengths)
        total = strengths.sum()
        return strengths / total if total > 0 else strengths

    def describe(self) -> str:
        """Say that it is a logistic regression."""
        return "Logistic regression on scaled numbers and on categories, L2 penalty 1"

    def to_text(self) -> str:
        """Write the effects as JSON, whose numbers read back to the same bits."""
        return json.dumps(asdict(self), indent=1, allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> "LinearScorer":
        """Read the JSON of `to_text`."""
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
