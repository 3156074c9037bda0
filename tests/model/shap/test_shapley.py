"""Shapley values equal the average over all orders in which features join the set."""

from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt
import pytest

from telco_churn.model.shap.shapley import compute_shapley, list_patterns

Floats = npt.NDArray[np.float64]


def average_over_orders(met: list[bool], covers: Floats, value: float) -> Floats:
    """Average the change that each feature makes over all orders in which features join."""
    shares = np.zeros(len(covers))
    for order in permutations(range(len(covers))):
        product = covers.copy()
        for feature in order:
            before = product.prod()
            product[feature] = met[feature]
            shares[feature] += product.prod() - before
    return value * shares / factorial(len(covers))


@pytest.mark.parametrize("features", [1, 2, 3, 4, 5, 6])
def test_values_are_those_of_the_definition(features: int) -> None:
    covers = np.random.default_rng(features).uniform(0.01, 1, features)
    patterns = list_patterns(features)
    found = compute_shapley(patterns, covers, -1.7)
    for pattern, values in zip(patterns.T, found.T, strict=True):
        assert values == pytest.approx(average_over_orders(list(pattern), covers, -1.7), abs=1e-14)


@pytest.mark.parametrize("features", [3, 11, 30])
def test_they_add_up_to_what_the_leaf_is_worth_beyond_its_mean(features: int) -> None:
    rng = np.random.default_rng(features)
    covers, met = rng.uniform(0.2, 1, features), rng.random((features, 50)) < 0.9
    found = compute_shapley(met, covers, 2.0).sum(axis=0)
    assert found == pytest.approx(2.0 * (met.all(axis=0) - covers.prod()), abs=1e-12)


def test_a_path_that_no_training_row_took_is_no_division_by_zero() -> None:
    found = compute_shapley(list_patterns(2), np.array([0.0, 0.5]), 1.0)
    assert np.isfinite(found).all()
    assert found[:, -1] == pytest.approx(average_over_orders([True, True], np.array([0, 0.5]), 1.0))


@pytest.mark.parametrize("features", [2, 9, 12, 30])
def test_a_pattern_has_the_same_bits_alone(features: int) -> None:
    rng = np.random.default_rng(features)
    covers, met = rng.uniform(0.2, 1, features), rng.random((features, 100)) < 0.7
    together = compute_shapley(met, covers, 0.3)
    for place in range(met.shape[1]):
        alone = compute_shapley(met[:, [place]], covers, 0.3)
        assert np.array_equal(alone[:, 0], together[:, place])
