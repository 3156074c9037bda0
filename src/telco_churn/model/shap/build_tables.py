"""Building of the tables in which the contributions of rows are looked up.

In: the root of a tree. Out: tables of the largest possible subtrees, and leaves that are too deep.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from telco_churn.model.shap.shapley import compute_shapley, list_patterns
from telco_churn.model.shap.tables import Condition, DeepLeaf, Table
from telco_churn.model.shap.trees import Leaf, Node, Split, Step, list_branches

Floats = npt.NDArray[np.float64]

TABLE_BITS = 11  # answers per table: a table of 2,048 columns fits into the processor's cache


def tabulate(
    node: Node, path: tuple[Step, ...], positions: dict[Split, int]
) -> Iterator[Table | DeepLeaf]:
    """Cut the tree below a node into the largest subtrees that fit into a table.

    `path` leads from the root to the node. New splits are added to `positions`.
    """
    above = _gather_conditions(path, positions)
    if len(above) + len(list_branches(node)) <= TABLE_BITS:
        yield _make_table(node, path, positions)
    elif isinstance(node, Leaf):
        yield DeepLeaf(tuple(above.values()), tuple(above), _find_covers(path), node.value)
    else:
        for step in node.steps:
            yield from tabulate(step.below, (*path, step), positions)


def _make_table(node: Node, path: tuple[Step, ...], positions: dict[Split, int]) -> Table:
    """Add up the contributions of the leaves below a node for every pattern of bits.

    A pattern has a bit per feature on the path to the node, and a bit per split below the node.
    These bits determine which conditions of a leaf are met.
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
    """Yield each leaf below a node, with the steps to it."""
    if isinstance(node, Leaf):
        yield node, way
    else:
        for step in node.steps:
            yield from _list_leaves(step.below, (*way, step))


def _gather_conditions(path: tuple[Step, ...], positions: dict[Split, int]) -> dict[int, Condition]:
    """Return the answers that lead along a path, by feature in the order of the path."""
    conditions: dict[int, Condition] = {}
    for branch, is_left in path:
        feature, answer = branch.split.feature, (_place(branch.split, positions), is_left)
        conditions[feature] = (*conditions.get(feature, ()), answer)
    return conditions


def _find_covers(path: tuple[Step, ...]) -> Floats:
    """Return the share of training rows that follow a path, by feature in the order of the path."""
    covers: dict[int, float] = {}
    for step in path:
        feature = step.branch.split.feature
        covers[feature] = covers.get(feature, 1.0) * step.cover
    return np.array(list(covers.values()))


def _place(split: Split, positions: dict[Split, int]) -> int:
    return positions.setdefault(split, len(positions))
