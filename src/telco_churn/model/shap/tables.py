"""Lookup of contributions: tables of neighboring leaves, and single leaves that are too deep.

In: answers of rows to the splits of trees. Out: contributions, added to totals.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.shap.shapley import compute_shapley

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
Answers = list[Bits]

AT_ONCE = 32  # conditions of a deep leaf per integer code; codes are renumbered after each group
BYTE = 8  # bits that are combined as bytes before the conversion to wide integers

# Answers that must all hold: the position of a split, and whether the row goes left.
Condition = tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class Table:
    """The contributions of neighboring leaves for every pattern of conditions.

    Attributes:
        conditions: Conditions of the bits of a pattern, the highest bit first.
        features: Positions of the features in the matrix.
        values: Contributions in log odds, shape `(features, patterns)`.
    """

    conditions: tuple[Condition, ...]
    features: tuple[int, ...]
    values: npt.NDArray[np.float32]

    def add(self, answers: Answers, totals: Floats) -> None:
        """Add contributions to `totals`, of shape `(features of the matrix, rows)`."""
        found = np.take(self.values, _encode_patterns(self.conditions, answers), axis=1)
        for feature, values in zip(self.features, found, strict=True):
            totals[feature] += values


@dataclass(frozen=True)
class DeepLeaf:
    """A leaf below too many features for a table; only the patterns that occur are computed.

    Attributes:
        conditions: One condition per feature on the path.
        features: Positions of the features in the matrix.
        covers: Share of the training rows that follow the path, by feature.
        value: Value of the leaf, in log odds.
    """

    conditions: tuple[Condition, ...]
    features: tuple[int, ...]
    covers: Floats
    value: float

    def add(self, answers: Answers, totals: Floats) -> None:
        """Add contributions to `totals`, of shape `(features of the matrix, rows)`."""
        rows = np.zeros(1, np.intp)
        for start in range(0, len(self.conditions), AT_ONCE):
            group = self.conditions[start : start + AT_ONCE]
            codes = rows * 2 ** len(group) + _encode_patterns(group, answers)
            rows, _ = pd.factorize(codes)
        first = np.zeros(rows.max() + 1, np.intp)  # first row of each pattern
        first[rows[::-1]] = np.arange(len(rows))[::-1]
        met = np.array([_hold(condition, answers)[first] for condition in self.conditions])
        values = compute_shapley(met, self.covers, self.value)
        for feature, column in zip(self.features, values, strict=True):
            totals[feature] += column[rows]


def _encode_patterns(conditions: Sequence[Condition], answers: Answers) -> Codes:
    """Return the pattern of each row as a number, shape `(rows,)`."""
    codes: Codes = np.zeros(1, np.intp)
    for start in range(0, len(conditions), BYTE):
        group = conditions[start : start + BYTE]
        byte = _hold(group[0], answers).view(np.uint8)
        for condition in group[1:]:
            byte = byte + byte + _hold(condition, answers).view(np.uint8)  # faster than shifting
        codes = codes * 2 ** len(group) + byte
    return codes


def _hold(condition: Condition, answers: Answers) -> Bits:
    """Return whether each row meets a condition, shape `(rows,)`."""
    parts = [answers[split] if is_left else ~answers[split] for split, is_left in condition]
    met = parts[0]
    for part in parts[1:]:
        met = met & part
    return met
