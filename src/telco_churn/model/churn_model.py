"""A fitted churn model: a feature frame in, scores with reasons out."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.calibration import SigmoidCalibration
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureEncoding, Matrix

REASONS = 3
BOOSTER_FILE = "booster.txt"
DESCRIPTION_FILE = "model.json"


@dataclass(frozen=True)
class ChurnModel:
    """Text and numbers only, so that a packaged model holds no pickle.

    Attributes:
        booster_text: The LightGBM booster in its own text format.
        encoding: Which columns it reads, and how.
        calibration: From raw score to probability.
        decision: From probability to money.
    """

    booster_text: str
    encoding: FeatureEncoding
    calibration: SigmoidCalibration
    decision: Decision

    @cached_property
    def booster(self) -> lgb.Booster:
        """The booster, read from its text once."""
        return lgb.Booster(model_str=self.booster_text)

    def predict_probability(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Probability of churn within the horizon, shape `(rows,)`."""
        return self._probability(self.encoding.encode(features))

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score customers.

        Args:
            features: One row per customer, the columns of `encoding` and no other.

        Returns:
            The same index; `churn_probability`, `risk_band`, `expected_value` in currency,
            `contact`, and `reason_1` to `reason_3`, null for customers not to be contacted.

        Raises:
            FeatureMismatchError: When columns are missing, extra or mistyped.
        """
        matrix = self.encoding.encode(features)
        probability = self._probability(matrix)
        value = self.decision.expected_value(probability)
        contact = value > 0
        scores = pd.DataFrame(
            {
                "churn_probability": probability,
                "risk_band": self.decision.risk_band(probability),
                "expected_value": value,
                "contact": contact,
            },
            index=features.index,
        )
        return scores.join(self._reasons(features[contact], matrix[contact]))

    def save(self, folder: Path) -> None:
        """Write the model as text and JSON."""
        description = {
            "encoding": asdict(self.encoding),
            "calibration": asdict(self.calibration),
            "decision": asdict(self.decision),
        }
        (folder / BOOSTER_FILE).write_text(self.booster_text)
        (folder / DESCRIPTION_FILE).write_text(json.dumps(description, indent=2))

    @classmethod
    def load(cls, folder: Path) -> "ChurnModel":
        """Read what `save` wrote."""
        parts: dict[str, Any] = json.loads((folder / DESCRIPTION_FILE).read_text())
        encoding = parts["encoding"]
        return cls(
            booster_text=(folder / BOOSTER_FILE).read_text(),
            encoding=FeatureEncoding(
                tuple(encoding["numeric"]),
                {column: tuple(values) for column, values in encoding["categories"].items()},
            ),
            calibration=SigmoidCalibration(**parts["calibration"]),
            decision=Decision(**parts["decision"]),
        )

    def _probability(self, matrix: Matrix) -> npt.NDArray[np.float64]:
        return self.calibration.probability(
            np.asarray(self.booster.predict(matrix, raw_score=True))
        )

    def _reasons(self, features: pd.DataFrame, matrix: Matrix) -> pd.DataFrame:
        """The features that raise each score most, as `name is value`."""
        names = [f"reason_{number}" for number in range(1, REASONS + 1)]
        if features.empty:
            return pd.DataFrame(columns=names, index=features.index, dtype="str")
        shares = np.asarray(self.booster.predict(matrix, pred_contrib=True))[:, :-1]
        strongest = np.argsort(-shares, axis=1)[:, :REASONS]
        columns = self.encoding.columns
        texts = [
            [_explain(row, columns[position], share[position]) for position in positions]
            for row, positions, share in zip(
                features.to_dict("records"), strongest, shares, strict=True
            )
        ]
        padded = [line + [None] * (REASONS - len(line)) for line in texts]
        return pd.DataFrame(padded, columns=names, index=features.index, dtype="str")


def _explain(row: Mapping[Hashable, Any], column: str, share: float) -> str | None:
    if share <= 0:
        return None
    value = row[column]
    if pd.isna(value):
        return f"{column} is not known"
    return f"{column} is {value:g}" if isinstance(value, float) else f"{column} is {value}"
