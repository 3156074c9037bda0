"""A LightGBM booster as trees that woodelf can explain, categorical splits included.

In: a booster. Out: woodelf's `DecisionTreesEnsemble`, whose features are positions in the matrix.
woodelf's own parser refuses categorical splits; its nodes may split as they like.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd
from woodelf.core.trees.decision_trees_ensemble import DecisionTreeNode, DecisionTreesEnsemble

ZERO = np.float32(1e-35)  # LightGBM takes for zero what is not further from it than this

Values = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """A question that a tree asks of one feature: is the row to go left?

    The answers are those of LightGBM's `Tree::NumericalDecision` and `Tree::CategoricalDecision`.

    Attributes:
        feature: Position in the matrix.
        threshold: Numbers up to it go left; None for a split of categories.
        categories: Codes that go left.
        missing_type: What counts as missing: nothing (NaN is 0), NaN, or zero and NaN.
        default_left: Where a missing number goes; a missing category goes right.
    """

    feature: int
    threshold: float | None
    categories: frozenset[int]
    missing_type: Literal["None", "NaN", "Zero"]
    default_left: bool

    def goes_left(self, values: Values) -> Bits:
        """Answer for each value of the feature, shape `(rows,)`."""
        if self.threshold is None:
            return self._has_category(values)
        if self.missing_type == "NaN":
            return ~(values > self.threshold) if self.default_left else values <= self.threshold
        numbers = np.nan_to_num(values, nan=0.0)
        is_left = numbers <= self.threshold
        if self.missing_type == "None":
            return is_left
        return np.where(np.abs(numbers) <= ZERO, self.default_left, is_left)

    def _has_category(self, codes: Values) -> Bits:
        beyond = max(self.categories) + 1
        is_member = np.zeros(beyond + 1, bool)
        is_member[list(self.categories)] = True
        # What is no code at all counts as one beyond: it is no member.
        places = np.where((codes >= 0) & (codes < beyond), codes, beyond)
        return is_member[places.astype(np.intp)]


class SplitNode(DecisionTreeNode):  # type: ignore[misc]  # woodelf ships no types
    """A node of woodelf's that asks a `Split`; a leaf has none."""

    split: Split

    def shall_go_left(self, row: pd.DataFrame, GPU: bool = False) -> pd.Series:  # noqa: ARG002, N803
        """Answer for each row of a frame whose columns are positions in the matrix."""
        values = row[self.split.feature].to_numpy(np.float64)
        return pd.Series(self.split.goes_left(values), index=row.index)


def read_trees(booster: lgb.Booster) -> DecisionTreesEnsemble | None:
    """Read the trees of a booster with one output.

    Returns:
        The trees that split; those of one leaf say the same of every row. None if all are such.
    """
    roots = [_read_tree(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
    splitting = [root for root in roots if not root.is_leaf()]
    return DecisionTreesEnsemble(splitting) if splitting else None


def _read_tree(structure: Mapping[str, Any]) -> SplitNode:
    """Number the nodes from the root down, as woodelf does: indexes are what it knows them by."""
    root = _read_node(structure, 0)
    waiting, count = [(root, structure)], 1
    while waiting:
        node, described = waiting.pop(0)
        if not _is_split(described):
            continue
        node.left = _read_node(described["left_child"], count)
        node.right = _read_node(described["right_child"], count + 1)
        node.left.parent = node.right.parent = node
        waiting += [(node.left, described["left_child"]), (node.right, described["right_child"])]
        count += 2
    root.depth = root.get_depth()
    return root


def _read_node(described: Mapping[str, Any], index: int) -> SplitNode:
    if not _is_split(described):
        cover = described.get("leaf_count")  # a tree of one leaf has none
        return SplitNode(None, described["leaf_value"], None, None, index=index, cover=cover)
    split = _read_split(described)
    node = SplitNode(
        split.feature,
        np.nan if split.threshold is None else split.threshold,
        right=None,
        left=None,
        nan_go_left=split.default_left,
        index=index,
        cover=described["internal_count"],
    )
    node.split = split
    return node


def _is_split(described: Mapping[str, Any]) -> bool:
    return "split_feature" in described


def _read_split(described: Mapping[str, Any]) -> Split:
    is_categorical = described["decision_type"] == "=="
    threshold = described["threshold"]
    return Split(
        feature=described["split_feature"],
        threshold=None if is_categorical else float(threshold),
        categories=frozenset(map(int, threshold.split("||")) if is_categorical else ()),
        missing_type=described["missing_type"],
        default_left=described["default_left"],
    )
