"""A LightGBM booster as trees of questions.

In: a booster, as LightGBM dumps it. Out: the root of each tree; features are positions in the
matrix.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

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
        # What is missing counts as 0 here.
        is_left = ~(values > self.threshold) if self.threshold >= 0 else values <= self.threshold
        if self.missing_type == "None":
            return is_left
        return np.where(~(np.abs(values) > ZERO), self.default_left, is_left)

    def _has_category(self, codes: Values) -> Bits:
        beyond = max(self.categories) + 1
        is_member = np.zeros(beyond + 1, bool)
        is_member[list(self.categories)] = True
        # What is no code at all counts as one beyond: it is no member.
        places = np.where((codes >= 0) & (codes < beyond), codes, beyond)
        return is_member[places.astype(np.intp)]


@dataclass(frozen=True)
class Leaf:
    """Where a row ends.

    Attributes:
        cover: Rows of the training data that ended here.
        value: What it adds to the raw score.
    """

    cover: float
    value: float


@dataclass(frozen=True)
class Branch:
    """Where a row is asked.

    Attributes:
        cover: Rows of the training data that came here.
        split: The question.
        left: Where a row goes that meets it.
        right: Where the others go.
    """

    cover: float
    split: Split
    left: "Node"
    right: "Node"

    @property
    def steps(self) -> tuple["Step", "Step"]:
        """The two ways on from here."""
        return Step(self, is_left=True), Step(self, is_left=False)


Node = Branch | Leaf


class Step(NamedTuple):
    """A way from a branch to what is below it."""

    branch: Branch
    is_left: bool

    @property
    def below(self) -> Node:
        """Where it leads."""
        return self.branch.left if self.is_left else self.branch.right

    @property
    def cover(self) -> float:
        """Share of the rows at the branch that take it."""
        return self.below.cover / self.branch.cover


def read_trees(dumped: Mapping[str, Any]) -> list[Branch]:
    """Read the trees of a booster with one output, from what LightGBM's `dump_model` gives.

    Returns:
        The roots of those that split; those of one leaf say the same of every row.
    """
    trees = dumped["tree_info"]
    return [
        root
        for root in (_read_node(tree["tree_structure"]) for tree in trees)
        if isinstance(root, Branch)
    ]


def list_branches(node: Node) -> list[Branch]:
    """List the branches from a node downwards, each before those below it."""
    if isinstance(node, Leaf):
        return []
    return [node, *list_branches(node.left), *list_branches(node.right)]


def _read_node(described: Mapping[str, Any]) -> Node:
    if "split_feature" not in described:
        # A tree of one leaf has no count.
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
