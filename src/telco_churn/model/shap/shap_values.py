"""Exact path-dependent SHAP values through table lookup.

In: a booster, then matrices. Out: contributions, which add up to the raw score minus its mean.

A tree asks a few yes-or-no questions about a row, and only the answers determine the contributions.
Tables hold the contributions for every pattern of answers, added up over neighboring leaves. Each
row is looked up separately, so its contributions have the same bits in any batch.

Source: Nadel and Wettenstein, From Decision Trees to Boolean Logic: A Fast and Unified SHAP
Algorithm, 2026; Lundberg et al., Consistent Individualized Feature Attribution for Tree Ensembles,
2018.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from telco_churn.model.shap.build_tables import tabulate
from telco_churn.model.shap.tables import DeepLeaf, Table
from telco_churn.model.shap.trees import Split, read_trees

Floats = npt.NDArray[np.float64]

BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class Contributions:
    """The tables of a booster.

    Attributes:
        splits: Distinct splits of all trees.
        parts: Tables and deep leaves.
    """

    splits: tuple[Split, ...]
    parts: tuple[Table | DeepLeaf, ...]

    @classmethod
    def read(cls, dumped: Mapping[str, Any]) -> "Contributions":
        """Build the tables of a booster with one output, from LightGBM's `dump_model`."""
        positions: dict[Split, int] = {}
        roots = read_trees(dumped)
        parts = tuple(part for root in roots for part in tabulate(root, (), positions))
        return cls(tuple(positions), parts)

    def compute(self, matrix: Floats) -> Floats:
        """Return contributions in log odds, in the shape of the matrix: `(rows, features)`."""
        totals = np.zeros(matrix.shape[::-1])
        for start in range(0, len(matrix), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            columns = np.ascontiguousarray(matrix[rows].T)
            answers = [split.goes_left(columns[split.feature]) for split in self.splits]
            for part in self.parts:
                part.add(answers, totals[:, rows])
        return totals.T
