"""Shapley values of one leaf of a tree, for patterns of what a row meets on the way to it.

In: for each feature on the path, whether a row meets its conditions, and the share of training
rows that do. Out: what each feature adds.

A leaf's value counts for a set of features when a row meets the conditions of each, and by the
share of rows that do for each feature beyond the set. The average over all orders in which features
may join, which is Shapley's value, is an integral over how many of them have joined so far; of a
polynomial, which Gauss' quadrature integrates exactly.

Source: Owen, Multilinear Extensions of Games, 1972; Lundberg et al., Consistent Individualized
Feature Attribution for Tree Ensembles, 2018, for what counts beyond the set.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]

SMALLEST_COVER = 1e-12  # a factor is divided by


def compute_shapley(met: Bits, covers: Floats, value: float) -> Floats:
    """Share a leaf's value among the features on its path.

    Args:
        met: Shape `(features, patterns)`, whether the conditions of a feature are met.
        covers: Shape `(features,)`, the share of the training rows that meet them.
        value: Value of the leaf, in log odds.

    Returns:
        Shape `(features, patterns)`. A pattern has the same bits whichever others there are.
    """
    joined, weights = _find_quadrature(len(covers))
    shares = np.maximum(covers, SMALLEST_COVER)[:, None]
    absent = (1 - joined)[:, None, None] * shares
    factors = np.where(met, absent + joined[:, None, None], absent)
    others = factors.prod(axis=1, keepdims=True) * weights[:, None, None] / factors
    # Point by point: numpy would add up a lone pattern in another order than one of several.
    return value * (met - shares) * sum(others)


@cache
def list_patterns(count: int) -> Bits:
    """Every pattern of so many bits, shape `(bits, patterns)`, the first bit the highest."""
    return (np.arange(2**count) >> np.arange(count - 1, -1, -1)[:, None] & 1).astype(bool)


@cache
def _find_quadrature(features: int) -> tuple[Floats, Floats]:
    """Points in 0..1 and their weights, exact for the product of all features but one."""
    points, weights = np.polynomial.legendre.leggauss((features + 1) // 2)
    return (points + 1) / 2, weights / 2
