"""Reasons of a score: the features that raise it most, in words.

In: features, their contributions, templates. Out: three reasons per row, each with its feature,
value and contribution. Texts are created feature by feature, once per distinct value.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.encoding import FeatureEncoding, Matrix
from telco_churn.model.reasons import Texts, describe_categories, describe_numbers

REASONS = 3

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


def explain_rows(
    features: pd.DataFrame,
    matrix: Matrix,
    contributions: Floats,
    encoding: FeatureEncoding,
    templates: Mapping[str, Texts],
) -> pd.DataFrame:
    """Return the three features that raise each score most.

    Args:
        features: Features as the model reads them.
        matrix: The same features, encoded; shape `(rows, features)`.
        contributions: Contributions in log odds, shape `(rows, features)`.
        encoding: Encoding of the matrix.
        templates: Reason templates by feature.

    Returns:
        A frame with the index of `features` and the columns `reason_1`, `reason_1_feature`,
        `reason_1_value` (text) and `reason_1_contribution`, up to `reason_3`. Null if no further
        feature raises the score.
    """
    positions, shares = _find_strongest(contributions)
    words, values = _describe(features, matrix, positions, encoding, templates)
    names = np.array([*encoding.columns, None], object)[positions]
    columns: dict[str, pd.api.extensions.ExtensionArray | Floats] = {}
    for place in range(REASONS):
        reason = f"reason_{place + 1}"
        columns[reason] = pd.array(words[place], dtype="str")
        columns[f"{reason}_feature"] = pd.array(names[place], dtype="str")
        columns[f"{reason}_value"] = pd.array(values[place], dtype="str")
        columns[f"{reason}_contribution"] = shares[place]
    return pd.DataFrame(columns, index=features.index)


def _find_strongest(contributions: Floats) -> tuple[Positions, Floats]:
    """Find the largest positive contributions of each row; ties keep the order of columns.

    Returns:
        Positions in the matrix or -1, and contributions or NaN, each of shape `(REASONS, rows)`.
    """
    rows = np.arange(len(contributions))
    left = contributions.copy()
    positions = np.full((REASONS, len(rows)), -1, np.intp)
    shares = np.full((REASONS, len(rows)), np.nan)
    for place in range(min(REASONS, left.shape[1])):
        strongest = left.argmax(axis=1)
        share = left[rows, strongest]
        raises = share > 0
        positions[place, raises] = strongest[raises]
        shares[place, raises] = share[raises]
        left[rows, strongest] = -np.inf
    return positions, shares


def _describe(
    features: pd.DataFrame,
    matrix: Matrix,
    positions: Positions,
    encoding: FeatureEncoding,
    templates: Mapping[str, Texts],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return the reason and the value as text at each position, in the shape of `positions`."""
    flat = positions.ravel()
    words, values = np.full(len(flat), None, object), np.full(len(flat), None, object)
    by_feature = np.argsort(flat, kind="stable")
    ends = np.searchsorted(flat[by_feature], np.arange(len(encoding.columns) + 1))
    for position in np.flatnonzero(np.diff(ends)):
        where = by_feature[ends[position] : ends[position + 1]]
        column, rows = encoding.columns[position], where % len(matrix)
        texts = templates.get(column)
        if position < len(encoding.numeric):
            said = describe_numbers(column, matrix[rows, position], texts)
        else:
            said = describe_categories(column, features[column].iloc[rows], texts)
        words[where], values[where] = said
    return words.reshape(positions.shape), values.reshape(positions.shape)
