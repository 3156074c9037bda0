"""Contributions equal LightGBM's for all kinds of trees, with the same bits in any batch."""

from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pytest

from telco_churn.model.shap.build_tables import tabulate
from telco_churn.model.shap.shap_values import Contributions
from telco_churn.model.shap.tables import DeepLeaf
from telco_churn.model.shap.trees import Branch, Leaf, Node, Split, list_branches, read_trees

Floats = npt.NDArray[np.float64]
NUMBERS, CATEGORIES = 14, 3
TOLERANCE = 1e-5


def make_matrix(seed: int, rows: int, missing: bool = True, unseen: bool = False) -> Floats:
    """Return columns of numbers, some exactly zero, followed by columns of categories."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(0, 1, (rows, NUMBERS)).round(1)
    categories = rng.integers(0, 12 if unseen else 8, (rows, CATEGORIES)).astype(float)
    matrix = np.column_stack([numbers, categories])
    if missing:
        matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return matrix


def fit(
    matrix: Floats, rounds: int = 20, init_model: lgb.Booster | None = None, **settings: Any
) -> lgb.Booster:
    rng = np.random.default_rng(0)
    known = np.nan_to_num(matrix)
    raw = known[:, :8] @ np.linspace(1, 0.3, 8) + known[:, 0] * known[:, 1]
    raw += (known[:, NUMBERS] % 3 == 1) - (known[:, NUMBERS + 1] == 2) * known[:, 2] - 1
    churned = rng.random(len(raw)) < 1 / (1 + np.exp(-raw))
    categorical = list(range(NUMBERS, NUMBERS + CATEGORIES))
    data = lgb.Dataset(matrix, churned, categorical_feature=categorical, free_raw_data=False)
    plain = {"objective": "binary", "verbosity": -1, "num_threads": 2, "seed": 1}
    return lgb.train(
        plain | {"min_data_per_group": 5} | settings, data, rounds, init_model=init_model
    )


def assert_equal_to_lightgbm(booster: lgb.Booster, matrix: Floats) -> None:
    expected = np.asarray(booster.predict(matrix, pred_contrib=True))
    found = Contributions.read(booster.dump_model()).compute(matrix)
    assert found.shape == matrix.shape
    assert np.abs(found - expected[:, :-1]).max() <= TOLERANCE
    raw = np.asarray(booster.predict(matrix, raw_score=True))
    assert np.abs(found.sum(axis=1) + expected[:, -1] - raw).max() <= TOLERANCE


@pytest.mark.parametrize("leaves", [2, 7, 31, 63])
@pytest.mark.parametrize("seed", [1, 2])
def test_contributions_are_those_of_lightgbm(leaves: int, seed: int) -> None:
    booster = fit(make_matrix(seed, 3000), num_leaves=leaves, seed=seed)
    assert_equal_to_lightgbm(booster, make_matrix(seed + 10, 500, unseen=True))


@pytest.mark.parametrize(
    ("settings", "missing_types"),
    [
        ({}, {"NaN"}),
        ({"use_missing": False}, {"None"}),
        ({"zero_as_missing": True}, {"Zero"}),
    ],
)
def test_whatever_counts_as_missing(settings: dict[str, Any], missing_types: set[str]) -> None:
    booster = fit(make_matrix(3, 3000), num_leaves=15, **settings)
    splits = [
        branch.split for root in read_trees(booster.dump_model()) for branch in list_branches(root)
    ]
    found = {split.missing_type for split in splits if split.threshold is not None}
    assert missing_types <= found
    matrix = make_matrix(4, 500, unseen=True)
    matrix[:50, 0] = [1e-36, -1e-36, 1e-35, -0.0, 0.0] * 10
    assert_equal_to_lightgbm(booster, matrix)


def test_a_value_may_be_missing_that_never_was_in_training() -> None:
    booster = fit(make_matrix(5, 3000, missing=False), num_leaves=15)
    assert_equal_to_lightgbm(booster, make_matrix(6, 500, unseen=True))


def test_deep_trees_are_cut_into_tables_and_leaves() -> None:
    booster = fit(
        make_matrix(7, 4000), 6, num_leaves=400, min_data_in_leaf=1, min_data_per_group=1,
        min_sum_hessian_in_leaf=0, learning_rate=0.5,
    )  # fmt: skip
    parts = Contributions.read(booster.dump_model()).parts
    deep = [part for part in parts if isinstance(part, DeepLeaf)]
    assert max(len(part.features) for part in deep) >= 12
    assert len(deep) < len(parts)
    assert_equal_to_lightgbm(booster, make_matrix(8, 400, unseen=True))


def test_trees_of_one_leaf_say_nothing() -> None:
    matrix = make_matrix(9, 300)
    flat = fit(matrix, 3, min_data_in_leaf=10_000)
    assert read_trees(flat.dump_model()) == []
    assert not Contributions.read(flat.dump_model()).compute(matrix).any()
    grown = fit(matrix, 5, init_model=flat, num_leaves=4)
    leaves = [tree["num_leaves"] for tree in grown.dump_model()["tree_info"]]
    assert leaves[0] == 1
    assert max(leaves) > 1
    assert_equal_to_lightgbm(grown, matrix)


@pytest.mark.parametrize("leaves", [7, 31, 400])
def test_a_row_has_the_same_bits_alone_and_in_any_batch(leaves: int) -> None:
    booster = fit(make_matrix(10, 4000), 6, num_leaves=leaves, min_data_in_leaf=1)
    matrix, tables = make_matrix(11, 20_000), Contributions.read(booster.dump_model())
    together = tables.compute(matrix)
    for row in [*range(25), 16_383, 16_384, 19_999]:
        assert np.array_equal(tables.compute(matrix[[row]])[0], together[row])
    for size in (2, 3, 7, 100, 17_000):
        assert np.array_equal(tables.compute(matrix[:size]), together[:size])


def grow_chain(features: int) -> Node:
    """Return a tree that splits on each feature once, along a path of low values."""
    node: Node = Leaf(cover=1, value=2.0)
    for feature in range(features):
        split = Split(feature, 0.5, frozenset(), "NaN", default_left=False)
        node = Branch(node.cover + 1, split, node, Leaf(cover=1, value=0.0))
    return node


@pytest.mark.parametrize("features", [12, 32, 33, 64, 65, 130])
def test_a_path_of_any_length_is_exact(features: int) -> None:
    splits: dict[Split, int] = {}
    parts = tuple(tabulate(grow_chain(features), (), splits))
    matrix = np.zeros((features + 1, features))
    matrix[range(1, features + 1), range(features)] = 1.0
    found = Contributions(tuple(splits), parts).compute(matrix).sum(axis=1)
    expected = [2.0] + [0.0] * features  # minus the mean: one row in all reaches the leaf
    assert found == pytest.approx(np.array(expected) - 2.0 / (features + 1), abs=1e-6)
