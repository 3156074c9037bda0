"""What each feature adds to each raw score: exact path-dependent SHAP values, by table look-up.

In: a booster, then matrices. Out: contributions, which add up to the raw score less its mean.

A tree asks a few yes-or-no questions about a row, and its contributions depend on the answers
alone. The values of a leaf for every pattern of answers are kept, added up over neighbouring
leaves, and looked up for each row. A row never meets the others of its batch, so
its contributions are the same bits in any.

Source: Nadel and Wettenstein, From Decision Trees to Boolean Logic: A Fast and Unified SHAP
Algorithm, 2026; Lundberg et al., Consistent Individualized Feature Attribution for Tree Ensembles,
2018.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.shapley import compute_shapley, list_patterns
from telco_churn.model.trees import Leaf, Node, Split, Step, list_branches, read_trees

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
Answers = list[Bits]

TABLE_BITS = 11  # answers that one table is looked up by: one of 2,048 columns stays in cache
BLOCK_ROWS = 16_384
BYTE = 8  # bits that are put together before they become wide enough to look up by

# Answers that must all be as said, each the position of a split and whether the row goes left.
Condition = tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class Table:
    """The contributions of neighbouring leaves for every pattern of conditions.

    Attributes:
        conditions: The bits of a pattern, the highest first.
        features: Positions in the matrix.
        values: Shape `(features, patterns)`.
    """

    conditions: tuple[Condition, ...]
    features: tuple[int, ...]
    values: npt.NDArray[np.float32]

    def add(self, answers: Answers, totals: Floats) -> None:
        """Add to totals of shape `(features of the matrix, rows)`."""
        found = np.take(self.values, _encode_patterns(self.conditions, answers), axis=1)
        for feature, values in zip(self.features, found, strict=True):
            totals[feature] += values


@dataclass(frozen=True)
class DeepLeaf:
    """A leaf under too many features for a table; only the patterns that occur are computed.

    Attributes:
        conditions: One for each feature on the path.
        features: Positions in the matrix.
        covers: Share of the training rows that follow the path, by feature.
        value: Of the leaf.
    """

    conditions: tuple[Condition, ...]
    features: tuple[int, ...]
    covers: Floats
    value: float

    def add(self, answers: Answers, totals: Floats) -> None:
        """Add to totals of shape `(features of the matrix, rows)`."""
        codes = _encode_patterns(self.conditions, answers)
        rows, patterns = pd.factorize(codes)
        met = patterns >> np.arange(len(self.features) - 1, -1, -1)[:, None] & 1 == 1
        values = compute_shapley(met, self.covers, self.value)
        for feature, column in zip(self.features, values, strict=True):
            totals[feature] += column[rows]


@dataclass(frozen=True)
class Contributions:
    """The tables of a booster.

    Attributes:
        splits: Every question that its trees ask, each once.
        parts: Tables and deep leaves.
    """

    splits: tuple[Split, ...]
    parts: tuple[Table | DeepLeaf, ...]

    @classmethod
    def read(cls, booster: lgb.Booster) -> "Contributions":
        """Make the tables of a booster with one output."""
        positions: dict[Split, int] = {}
        roots = read_trees(booster)
        parts = tuple(part for root in roots for part in _tabulate(root, (), positions))
        return cls(tuple(positions), parts)

    def compute(self, matrix: Floats) -> Floats:
        """Contributions in log odds, of the shape of the matrix: `(rows, features)`."""
        totals = np.zeros(matrix.shape[::-1])
        for start in range(0, len(matrix), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            columns = np.ascontiguousarray(matrix[rows].T)
            answers = [split.goes_left(columns[split.feature]) for split in self.splits]
            for part in self.parts:
                part.add(answers, totals[:, rows])
        return totals.T


def _encode_patterns(conditions: Sequence[Condition], answers: Answers) -> Codes:
    """Number the pattern of each row, shape `(rows,)`."""
    codes: Codes = np.zeros(1, np.intp)
    for start in range(0, len(conditions), BYTE):
        group = conditions[start : start + BYTE]
        byte = _hold(group[0], answers).view(np.uint8)
        for condition in group[1:]:
            byte = byte + byte + _hold(condition, answers).view(np.uint8)  # faster than shifting
        codes = codes * 2 ** len(group) + byte
    return codes


def _hold(condition: Condition, answers: Answers) -> Bits:
    """Whether each row meets a condition, shape `(rows,)`."""
    parts = [answers[split] if is_left else ~answers[split] for split, is_left in condition]
    met = parts[0]
    for part in parts[1:]:
        met = met & part
    return met


def _tabulate(
    node: Node, path: tuple[Step, ...], positions: dict[Split, int]
) -> Iterator[Table | DeepLeaf]:
    """Cut a tree into the largest pieces that a table holds, from a node downwards."""
    above = _gather_conditions(path, positions)
    if len(above) + len(list_branches(node)) <= TABLE_BITS:
        yield _make_table(node, path, positions)
    elif isinstance(node, Leaf):
        yield DeepLeaf(tuple(above.values()), tuple(above), _find_covers(path), node.value)
    else:
        for step in node.steps:
            yield from _tabulate(step.below, (*path, step), positions)


def _make_table(node: Node, path: tuple[Step, ...], positions: dict[Split, int]) -> Table:
    """Add up the leaves below a node: its path gives a bit per feature, each split below another.

    What holds for a leaf follows from these bits, for each of their patterns.
    """
    above, branches = _gather_conditions(path, positions), list_branches(node)
    below = [((_place(branch.split, positions), True),) for branch in branches]
    bits = list_patterns(len(above) + len(below))
    goes_left = dict(zip(map(id, branches), bits[len(above) :], strict=True))
    features = dict.fromkeys([*above, *(branch.split.feature for branch in branches)])
    rows = {feature: row for row, feature in enumerate(features)}
    values = np.zeros((len(rows), bits.shape[1]))
    for leaf, way in _list_leaves(node):
        met = dict(zip(above, bits, strict=False))
        for branch, is_left in way:
            feature, is_met = branch.split.feature, goes_left[id(branch)] == is_left
            met[feature] = met[feature] & is_met if feature in met else is_met
        patterns = np.ravel_multi_index(tuple(met.values()), (2,) * len(met))
        found = compute_shapley(list_patterns(len(met)), _find_covers((*path, *way)), leaf.value)
        values[[rows[feature] for feature in met]] += found[:, patterns]
    return Table((*above.values(), *below), tuple(rows), values.astype(np.float32))


def _list_leaves(node: Node, way: tuple[Step, ...] = ()) -> Iterator[tuple[Leaf, tuple[Step, ...]]]:
    """Give each leaf below a node, with the way to it."""
    if isinstance(node, Leaf):
        yield node, way
    else:
        for step in node.steps:
            yield from _list_leaves(step.below, (*way, step))


def _gather_conditions(path: tuple[Step, ...], positions: dict[Split, int]) -> dict[int, Condition]:
    """Say what a row must answer to follow a path, by feature in the order of the path."""
    conditions: dict[int, Condition] = {}
    for branch, is_left in path:
        feature, answer = branch.split.feature, (_place(branch.split, positions), is_left)
        conditions[feature] = (*conditions.get(feature, ()), answer)
    return conditions


def _find_covers(path: tuple[Step, ...]) -> Floats:
    """Share of the training rows that follow a path, by feature in the order of the path."""
    covers: dict[int, float] = {}
    for step in path:
        feature = step.branch.split.feature
        covers[feature] = covers.get(feature, 1.0) * step.cover
    return np.array(list(covers.values()))


def _place(split: Split, positions: dict[Split, int]) -> int:
    return positions.setdefault(split, len(positions))
