"""A fitted churn model. In: a frame of features. Out: probabilities, expected values, reasons."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.calibration import SigmoidCalibration
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureEncoding
from telco_churn.model.explanation import explain_rows
from telco_churn.model.feature_selection import select_features
from telco_churn.model.lightgbm_scorer import LightGBMScorer
from telco_churn.model.linear_scorer import LinearScorer
from telco_churn.model.scorers import Scorer

DESCRIPTION_FILE = "model.json"
# Types of scorers by the name of the file with their text.
SCORERS: dict[str, type[Scorer]] = {
    "booster.txt": LightGBMScorer,
    "regression.json": LinearScorer,
}

GiveReasons = Literal["all", "worth_contact", "none"]


@dataclass(frozen=True)
class ChurnModel:
    """A churn model, saved as text and JSON: a package contains no pickle.

    Attributes:
        scorer: Computes raw scores from encoded features.
        encoding: Columns that the model reads, and their types.
        calibration: Converts raw scores to probabilities.
        decision: Converts probabilities to expected values and risk bands.
        templates: Reason templates by feature, from `reasons.resolve_templates`.
        source_columns: Name of the column in a user's flat table, by feature; empty for features
            that were computed from an operator's tables.
    """

    scorer: Scorer
    encoding: FeatureEncoding
    calibration: SigmoidCalibration
    decision: Decision
    templates: dict[str, dict[str, str]] = field(default_factory=dict)
    source_columns: dict[str, str] = field(default_factory=dict)

    def with_decision(self, decision: Decision) -> "ChurnModel":
        """Return the same model with other costs, benefits and risk bands."""
        return replace(self, decision=decision)

    def with_source_columns(self, source_columns: Mapping[str, str]) -> "ChurnModel":
        """Return the same model with the names of a user's columns, by feature.

        Features that the model does not read are left out.
        """
        known = {
            name: source_columns[name] for name in self.encoding.columns if name in source_columns
        }
        return replace(self, source_columns=known)

    def select_features(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
        """Select the features from a user's frame, under their names or those of their columns.

        Returns:
            The features, as `predict` takes them, and the names of the columns left out.

        Raises:
            FeatureMismatchError: If a column is missing or occurs twice.
        """
        return select_features(frame, self.encoding.columns, self.source_columns)

    def predict_probability(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the probability of churn within the horizon, shape `(rows,)`."""
        return self.calibration.probability(self.scorer.raw_score(self.encoding.encode(features)))

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Predict churn and the expected value of a contact.

        Args:
            features: One row per customer, with exactly the columns of `encoding`.

        Returns:
            A frame with the same index: `churn_probability`, `risk_band`, `expected_value` in
            currency.

        Raises:
            FeatureMismatchError: If columns are missing, extra or mistyped, or values infinite.
        """
        probability = self.predict_probability(features)
        return pd.DataFrame(
            {
                "churn_probability": probability,
                "risk_band": pd.array(self.decision.risk_band(probability), dtype="str"),
                "expected_value": self.decision.expected_value(probability),
            },
            index=features.index,
        )

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the contribution of each feature to each raw score, as the scorer defines it.

        Returns:
            A frame of shape `(rows, features)` with the same index, in log odds before calibration.

        Raises:
            FeatureMismatchError: As `predict`.
        """
        shares = self.scorer.contributions(self.encoding.encode(features))
        return pd.DataFrame(shares, features.index, self.encoding.columns)

    def explain(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the three features that raise each score most, in words.

        Returns:
            A frame with the same index: for each of three reasons `reason_1`, `reason_1_feature`,
            `reason_1_value` as text and `reason_1_contribution` in log odds before calibration.
            Null if fewer features raise the score, and in all rows if the calibration has slope 0;
            the text of a missing value is null too.

        Raises:
            FeatureMismatchError: As `predict`.
        """
        matrix = self.encoding.encode(features)
        ranks = self.calibration.ranks
        shares = self.scorer.contributions(matrix) if ranks else np.zeros(matrix.shape)
        return explain_rows(features, matrix, shares, self.encoding, self.templates)

    def score(self, features: pd.DataFrame, reasons: GiveReasons = "all") -> pd.DataFrame:
        """Return predictions and reasons.

        Args:
            features: As `predict`.
            reasons: Rows that get reasons: `all`, `worth_contact` (expected value above 0) or
                `none`. Reasons of the other rows are null.

        Returns:
            A frame with the columns of `predict` and of `explain`.

        Raises:
            FeatureMismatchError: As `predict`.
            ValueError: If `reasons` has another value.
        """
        scores = self.predict(features)
        asked = {
            "all": np.ones(len(scores), bool),
            "worth_contact": scores["expected_value"].to_numpy() > 0,
            "none": np.zeros(len(scores), bool),
        }
        if reasons not in asked:
            raise ValueError(f"Invalid reasons {reasons!r}: expected one of {list(asked)}.")
        rows = np.flatnonzero(asked[reasons])
        explained = self.explain(features.iloc[rows]).set_axis(rows, axis="index")
        spread = explained.reindex(np.arange(len(scores))).set_axis(scores.index, axis="index")
        return pd.concat([scores, spread], axis="columns")

    def save(self, folder: Path) -> None:
        """Write the model to an existing folder, as text and JSON."""
        description = {
            "encoding": asdict(self.encoding),
            "calibration": asdict(self.calibration),
            "decision": asdict(self.decision),
            "templates": self.templates,
            "source_columns": self.source_columns,
        }
        (file,) = (name for name, kind in SCORERS.items() if kind is type(self.scorer))
        (folder / file).write_text(self.scorer.to_text(), encoding="utf-8")
        (folder / DESCRIPTION_FILE).write_text(json.dumps(description, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "ChurnModel":
        """Read a model from a folder that `save` wrote."""
        parts: dict[str, Any] = json.loads((folder / DESCRIPTION_FILE).read_text("utf-8"))
        encoding = parts["encoding"]
        (file,) = (name for name in SCORERS if (folder / name).exists())
        return cls(
            scorer=SCORERS[file].from_text((folder / file).read_text("utf-8")),
            encoding=FeatureEncoding(
                tuple(encoding["numeric"]),
                {column: tuple(values) for column, values in encoding["categories"].items()},
            ),
            calibration=SigmoidCalibration(**parts["calibration"]),
            decision=Decision(**parts["decision"]),
            templates=parts.get("templates", {}),
            source_columns=parts.get("source_columns", {}),
        )
