"""What each feature adds to each raw score: exact path-dependent SHAP values, by table look-up.

In: a booster, then matrices. Out: contributions, which add up to the raw score less its mean.

A tree answers a few yes-or-no questions about a row, and its contributions depend on the answers
alone. woodelf gives the values of a leaf for every pattern of answers; we keep them, added up over
neighbouring leaves, and look them up for each row. A row never meets the others of its batch, so
its contributions are the same bits in any.

Source: Nadel and Wettenstein, From Decision Trees to Boolean Logic: A Fast and Unified SHAP
Algorithm, 2026; Lundberg et al., Consistent Individualized Feature Attribution for Tree Ensembles,
2018.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from woodelf.core.cube_metric import ShapleyValues
from woodelf.core.path_to_s_vectors.lts_recursive_p2s import LTSRecursivePathToSVectors
from woodelf.core.utils import get_covers_vector

from telco_churn.model.trees import Split, SplitNode, read_trees

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Bits = npt.NDArray[np.bool_]
Answers = list[Bits]

TABLE_BITS = 11  # answers that one table is looked up by: one of 2,048 columns stays in cache
BLOCK_ROWS = 16_384
SMALLEST_COVER = 1e-12  # woodelf divides by the share of rows that follow a path

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
        patterns, rows = np.unique(_encode_patterns(self.conditions, answers), return_inverse=True)
        # numpy adds up a lone column in another order than one of several.
        several = np.append(patterns, [0, 0])
        values = _compute_shap(self.features, several, self.covers, self.value)
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
        ensemble = read_trees(booster)
        positions: dict[Split, int] = {}
        roots = ensemble.trees if ensemble else []
        parts = tuple(part for root in roots for part in _tabulate(root, [], positions))
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


def _encode_patterns(conditions: Iterable[Condition], answers: Answers) -> Codes:
    """Number the pattern of each row, shape `(rows,)`."""
    bits = [_hold(condition, answers) for condition in conditions]
    codes = bits[0].astype(np.min_scalar_type(2 ** len(bits) - 1))
    for bit in bits[1:]:
        codes <<= 1
        codes |= bit
    return codes.astype(np.intp, copy=False)


def _hold(condition: Condition, answers: Answers) -> Bits:
    """Whether each row meets a condition, shape `(rows,)`."""
    parts = [answers[split] if is_left else ~answers[split] for split, is_left in condition]
    met = parts[0]
    for part in parts[1:]:
        met = met & part
    return met


def _tabulate(
    node: SplitNode, path: list[SplitNode], positions: dict[Split, int]
) -> Iterator[Table | DeepLeaf]:
    """Cut a tree into the largest pieces that a table holds, from a node downwards."""
    before = _gather_conditions([*path, node], positions)
    inner = node.bfs(including_leaves=False)
    if len(before) + len(inner) <= TABLE_BITS:
        yield _make_table(node, path, positions)
    elif node.is_leaf():
        covers = _read_covers([*path, node], list(before))
        yield DeepLeaf(tuple(before.values()), tuple(before), covers, node.value)
    else:
        yield from _tabulate(node.left, [*path, node], positions)
        yield from _tabulate(node.right, [*path, node], positions)


def _make_table(node: SplitNode, path: list[SplitNode], positions: dict[Split, int]) -> Table:
    """Add up the leaves below a node: its path gives a bit per feature, each split below another.

    What holds for a leaf follows from these bits, for each of their patterns.
    """
    before = _gather_conditions([*path, node], positions)
    inner = node.bfs(including_leaves=False)
    conditions = [*before.values(), *(((_place(each.split, positions), True),) for each in inner)]
    bits = _list_bits(len(conditions))
    above = dict(zip(before, bits[: len(before)], strict=True))
    below = dict(zip([each.index for each in inner], bits[len(before) :], strict=True))
    values: dict[int, Floats] = {}
    for leaf, steps in node.get_all_leaves_with_paths(only_feature_names=False):
        holds = dict(above)
        for step, following in zip(steps, [*steps, leaf][1:], strict=True):
            feature = step.split.feature
            is_met = below[step.index] == (following is step.left)
            holds[feature] = holds.get(feature, True) & is_met
        patterns = np.zeros(bits.shape[1], np.int64)
        for bit in holds.values():
            patterns = 2 * patterns + bit
        covers = _read_covers([*path, *steps, leaf], list(holds))
        found = _compute_shap(tuple(holds), np.arange(2 ** len(holds)), covers, leaf.value)
        for feature, column in zip(holds, found, strict=True):
            values[feature] = values.get(feature, 0.0) + column[patterns]
    return Table(tuple(conditions), tuple(values), np.array(list(values.values()), np.float32))


def _gather_conditions(path: list[SplitNode], positions: dict[Split, int]) -> dict[int, Condition]:
    """Say what a row must answer to follow a path, by feature in the order of the path."""
    conditions: dict[int, Condition] = {}
    for node, following in pairwise(path):
        answer = (_place(node.split, positions), following is node.left)
        feature = node.split.feature
        conditions[feature] = (*conditions.get(feature, ()), answer)
    return conditions


def _place(split: Split, positions: dict[Split, int]) -> int:
    return positions.setdefault(split, len(positions))


def _list_bits(count: int) -> npt.NDArray[np.bool_]:
    """Every pattern of so many bits, shape `(bits, patterns)`, the highest bit first."""
    return (np.arange(2**count) >> np.arange(count - 1, -1, -1)[:, None] & 1).astype(bool)


def _read_covers(path: list[SplitNode], features: list[int]) -> Floats:
    return np.maximum(get_covers_vector(path, features), SMALLEST_COVER)


def _compute_shap(
    features: tuple[int, ...], patterns: Codes, covers: Floats, value: float
) -> list[Floats]:
    """Have woodelf compute a leaf's values, one array of shape `(patterns,)` for each feature."""
    calculator = LTSRecursivePathToSVectors(ShapleyValues(), max_depth=len(features))
    found = calculator.get_path_dependent_s_matrix(list(features), patterns, covers, value)
    return [found[feature].astype(np.float64) for feature in features]
