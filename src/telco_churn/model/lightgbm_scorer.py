"""Scores with LightGBM's trees; the one module of a packaged model that imports LightGBM."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import lightgbm as lgb
import numpy as np

from telco_churn.model.encoding import Matrix
from telco_churn.model.scorers import Floats
from telco_churn.model.shap.shap_values import Contributions

# LightGBM's own names in a booster's text, and what they are.
SETTINGS = {
    "learning_rate": "learning rate",
    "num_leaves": "leaves a tree at most",
    "min_data_in_leaf": "rows a leaf at least",
    "feature_fraction": "share of features a tree",
    "lambda_l2": "L2 penalty",
}

_MAKING_TABLES = Lock()


@dataclass(frozen=True)
class LightGBMScorer:
    """A booster.

    Attributes:
        text: The booster in LightGBM's own text format.
    """

    text: str

    def __reduce__(self) -> tuple[Callable[[str], "LightGBMScorer"], tuple[str]]:
        """Pickle the text, not what was read from it."""
        return LightGBMScorer, (self.text,)

    @cached_property
    def booster(self) -> lgb.Booster:
        """The booster, read from its text once."""
        return lgb.Booster(model_str=self.text)

    @cached_property
    def tables(self) -> Contributions:
        """What `contributions` looks up, made of the booster once, by one thread for all."""
        with _MAKING_TABLES:
            made: Contributions | None = vars(self).get("tables")
            return made or Contributions.read(self.booster.dump_model())

    def raw_score(self, matrix: Matrix) -> Floats:
        """Add up the leaves that each row ends in."""
        if not len(matrix):
            return np.empty(0)
        return np.asarray(self.booster.predict(matrix, raw_score=True))

    def contributions(self, matrix: Matrix) -> Floats:
        """Compute exact SHAP values, those of LightGBM's `pred_contrib`."""
        return self.tables.compute(matrix)

    def importance(self) -> Floats:
        """Share of the gain of all splits."""
        gain = np.asarray(self.booster.feature_importance("gain"), dtype=np.float64)
        total = gain.sum()
        return gain / total if total > 0 else gain

    def describe(self) -> str:
        """Name the number of trees and the parameters they were grown with."""
        params: dict[str, Any] = self.booster.params
        settings = ", ".join(f"{title} {params[name]:g}" for name, title in SETTINGS.items())
        trees = self.booster.num_trees()
        return f"LightGBM, {trees:,} trees, as many as did best on the calibration rows: {settings}"

    def to_text(self) -> str:
        """Return the booster in LightGBM's own format."""
        return self.text

    @classmethod
    def from_text(cls, text: str) -> "LightGBMScorer":
        """Read a booster when it is first asked."""
        return cls(text)
