"""Shapley values of one leaf of a tree.

In: for each feature on the path to the leaf, whether a row meets the conditions of the feature, and
the share of training rows that meet them. Out: the contribution of each feature.

The value of a leaf for a set of features is a product. A feature in the set gives the factor 1 if
the row meets its conditions, else 0. A feature outside the set gives its share of training rows.
The Shapley value averages over all orders in which features join the set: it is the integral of a
polynomial in the share of joined features, which Gaussian quadrature computes exactly.

Source: Owen, Multilinear Extensions of Games, 1972; Lundberg et al., Consistent Individualized
Feature Attribution for Tree Ensembles, 2018, for the factor of features outside the set.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]

SMALLEST_COVER = 1e-12  # avoids a division by zero


def compute_shapley(met: Bits, covers: Floats, value: float) -> Floats:
    """Share the value of a leaf among the features on its path.

    Args:
        met: Whether the conditions of a feature are met, shape `(features, patterns)`.
        covers: Share of the training rows that meet them, shape `(features,)`.
        value: Value of the leaf, in log odds.

    Returns:
        Contributions in log odds, shape `(features, patterns)`. The bits of a pattern do not depend
        on the other patterns.
    """
    joined, weights = _find_quadrature(len(covers))
    shares = np.maximum(covers, SMALLEST_COVER)[:, None]
    absent = (1 - joined)[:, None, None] * shares
    factors = np.where(met, absent + joined[:, None, None], absent)
    others = factors.prod(axis=1, keepdims=True) * weights[:, None, None] / factors
    # Python's `sum`, because numpy adds up a single pattern in another order than several.
    return value * (met - shares) * sum(others)


@cache
def list_patterns(count: int) -> Bits:
    """Return all patterns of `count` bits, shape `(bits, patterns)`, the highest bit first."""
    return (np.arange(2**count) >> np.arange(count - 1, -1, -1)[:, None] & 1).astype(bool)


@cache
def _find_quadrature(features: int) -> tuple[Floats, Floats]:
    """Return points between 0 and 1 and weights, exact for products of all features but one."""
    points, weights = np.polynomial.legendre.leggauss((features + 1) // 2)
    return (points + 1) / 2, weights / 2
