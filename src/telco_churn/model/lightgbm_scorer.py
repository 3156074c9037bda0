"""The scorer of a LightGBM model; in a packaged model, only this module imports LightGBM."""

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

# LightGBM's names of parameters, and their names in the model card.
SETTINGS = {
    "learning_rate": "learning rate",
    "num_leaves": "maximum leaves per tree",
    "min_data_in_leaf": "minimum rows per leaf",
    "feature_fraction": "share of features per tree",
    "lambda_l2": "L2 penalty",
}

_MAKING_TABLES = Lock()


@dataclass(frozen=True)
class LightGBMScorer:
    """A LightGBM booster.

    Attributes:
        text: The booster in LightGBM's text format.
    """

    text: str

    def __reduce__(self) -> tuple[Callable[[str], "LightGBMScorer"], tuple[str]]:
        """Pickle the text, not the objects read from it."""
        return LightGBMScorer, (self.text,)

    @cached_property
    def booster(self) -> lgb.Booster:
        """Booster, read from the text at the first access."""
        return lgb.Booster(model_str=self.text)

    @cached_property
    def tables(self) -> Contributions:
        """SHAP tables of the booster; one thread builds them at the first access."""
        with _MAKING_TABLES:
            made: Contributions | None = vars(self).get("tables")
            return made or Contributions.read(self.booster.dump_model())

    def raw_score(self, matrix: Matrix) -> Floats:
        """Return the sum of the leaf values of each row in log odds, shape `(rows,)`."""
        if not len(matrix):
            return np.empty(0)
        return np.asarray(self.booster.predict(matrix, raw_score=True))

    def contributions(self, matrix: Matrix) -> Floats:
        """Compute exact SHAP values in log odds, equal to LightGBM's `pred_contrib`."""
        return self.tables.compute(matrix)

    def importance(self) -> Floats:
        """Return the share of each feature in the gain of all splits."""
        gain = np.asarray(self.booster.feature_importance("gain"), dtype=np.float64)
        total = gain.sum()
        return gain / total if total > 0 else gain

    def describe(self) -> str:
        """Return the number of trees and the main parameters, for the model card."""
        params: dict[str, Any] = self.booster.params
        settings = ", ".join(f"{title} {params[name]:g}" for name, title in SETTINGS.items())
        trees = self.booster.num_trees()
        return f"LightGBM, {trees:,} trees (lowest log loss on the calibration rows): {settings}"

    def to_text(self) -> str:
        """Return the booster in LightGBM's text format."""
        return self.text

    @classmethod
    def from_text(cls, text: str) -> "LightGBMScorer":
        """Create a scorer; the booster is read at its first use."""
        return cls(text)
