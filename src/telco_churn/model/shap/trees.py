"""A LightGBM booster as trees of splits.

In: the result of LightGBM's `dump_model`. Out: the root of each tree; features are positions in the
matrix.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

ZERO = np.float32(1e-35)  # LightGBM treats absolute values up to this limit as zero

Values = npt.NDArray[np.float64]
Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """A yes-or-no question about one feature: does the row go left?

    The answers equal LightGBM's `Tree::NumericalDecision` and `Tree::CategoricalDecision`.

    Attributes:
        feature: Position of the feature in the matrix.
        threshold: Largest number that goes left; None for a split of categories.
        categories: Category codes that go left.
        missing_type: Values treated as missing: none (NaN counts as 0), NaN, or zero and NaN.
        default_left: Whether a missing number goes left; a missing category goes right.
    """

    feature: int
    threshold: float | None
    categories: frozenset[int]
    missing_type: Literal["None", "NaN", "Zero"]
    default_left: bool

    def goes_left(self, values: Values) -> Bits:
        """Return whether each value of the feature goes left, shape `(rows,)`."""
        if self.threshold is None:
            return self._has_category(values)
        if self.missing_type == "NaN":
            return ~(values > self.threshold) if self.default_left else values <= self.threshold
        # Missing values count as 0 here.
        is_left = ~(values > self.threshold) if self.threshold >= 0 else values <= self.threshold
        if self.missing_type == "None":
            return is_left
        return np.where(~(np.abs(values) > ZERO), self.default_left, is_left)

    def _has_category(self, codes: Values) -> Bits:
        beyond = max(self.categories) + 1
        is_member = np.zeros(beyond + 1, bool)
        is_member[list(self.categories)] = True
        # Invalid codes get the position `beyond`, which is not a member.
        places = np.where((codes >= 0) & (codes < beyond), codes, beyond)
        return is_member[places.astype(np.intp)]


@dataclass(frozen=True)
class Leaf:
    """A node without a split.

    Attributes:
        cover: Number of training rows in this leaf.
        value: Contribution of the leaf to the raw score, in log odds.
    """

    cover: float
    value: float


@dataclass(frozen=True)
class Branch:
    """A node with a split.

    Attributes:
        cover: Number of training rows at this node.
        split: Split of the node.
        left: Next node of the rows that go left.
        right: Next node of the other rows.
    """

    cover: float
    split: Split
    left: "Node"
    right: "Node"

    @property
    def steps(self) -> tuple["Step", "Step"]:
        """Steps to the left and to the right."""
        return Step(self, is_left=True), Step(self, is_left=False)


Node = Branch | Leaf


class Step(NamedTuple):
    """A step from a branch to one of the nodes below it."""

    branch: Branch
    is_left: bool

    @property
    def below(self) -> Node:
        """Node that the step leads to."""
        return self.branch.left if self.is_left else self.branch.right

    @property
    def cover(self) -> float:
        """Share of the training rows at the branch that take this step."""
        return self.below.cover / self.branch.cover


def read_trees(dumped: Mapping[str, Any]) -> list[Branch]:
    """Read the trees of a booster with one output, from the result of LightGBM's `dump_model`.

    Returns:
        The roots of all trees with a split; a tree with one leaf contributes nothing.
    """
    trees = dumped["tree_info"]
    return [
        root
        for root in (_read_node(tree["tree_structure"]) for tree in trees)
        if isinstance(root, Branch)
    ]


def list_branches(node: Node) -> list[Branch]:
    """List the branches from a node downward, each before the branches below it."""
    if isinstance(node, Leaf):
        return []
    return [node, *list_branches(node.left), *list_branches(node.right)]


def _read_node(described: Mapping[str, Any]) -> Node:
    if "split_feature" not in described:
        # LightGBM gives no row count for a tree with a single leaf.
        return Leaf(described.get("leaf_count", 0), described["leaf_value"])
    return Branch(
        cover=described["internal_count"],
        split=_read_split(described),
        left=_read_node(described["left_child"]),
        right=_read_node(described["right_child"]),
    )


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
