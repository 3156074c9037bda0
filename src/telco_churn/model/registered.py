"""What the registry keeps of a model, and what it gives back."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.model.churn_model import ChurnModel

Standing = Literal["champion", "challenger", "rejected"]

# What is told of every version, by the gate, in summaries and in the log.
NEEDED_FACTS = ("as_of", "learnt_from")
NEEDED_METRICS = tuple(
    prefix + metric
    for prefix in ("", "logistic_regression_")
    for metric in ("roc_auc", "average_precision", "lift_at_5_percent")
)


@dataclass(frozen=True)
class Promotion:
    """What the gate decided for a candidate, why, and the figures that it rests on."""

    standing: Standing
    reasons: tuple[str, ...]
    evidence: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelPackage:
    """A candidate with all that the registry should know of it.

    Attributes:
        model: The fitted model.
        example: A few rows of features, for the signature.
        metrics: How good it is on rows it was not trained on.
        promotion: What the gate decided.
        facts: What it was trained on, as text.
        files: Text files that tell of it, by name: `model_card.md` and others.
        held_out: Its probabilities where each row was judged out of fold: `row`, a fingerprint,
            and `churn_probability`. None where a test split judges.
    """

    model: ChurnModel
    example: pd.DataFrame
    metrics: dict[str, float]
    promotion: Promotion
    facts: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    held_out: pd.DataFrame | None = None


@dataclass(frozen=True)
class VersionNumber:
    """Names a version in the registry, whether or not it can be loaded.

    Attributes:
        name: Of the registered model.
        version: Its number.
    """

    name: str
    version: int


@dataclass(frozen=True)
class ModelVersion(VersionNumber):
    """A version in the registry, loaded. It pickles, for executors.

    Attributes:
        run_id: The MLflow run that trained it.
        metrics: As packaged.
        facts: As packaged.
        columns: The features it reads, in order.
        model: The model.
        held_out: As packaged.
    """

    run_id: str
    metrics: dict[str, float]
    facts: dict[str, str]
    columns: list[str]
    model: ChurnModel
    held_out: pd.DataFrame | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "ModelVersion":
        """Frozen: a copy would only load the model again."""
        return self

    def predict_probability(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Probability of churn, shape `(rows,)`; see `ChurnModel.predict_probability`."""
        return self.model.predict_probability(features)
