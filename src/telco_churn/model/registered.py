"""What the registry keeps of a model, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from telco_churn.model.churn_model import ChurnModel

Standing = Literal["champion", "rejected"]


@dataclass(frozen=True)
class Promotion:
    """What the gate decided for a candidate, and why."""

    standing: Standing
    reason: str


@dataclass(frozen=True)
class ModelPackage:
    """A candidate with all that the registry should know of it.

    Attributes:
        model: The fitted model.
        example: A few rows of features, for the signature.
        metrics: How good it is on rows it was not trained on.
        promotion: What the gate decided.
        facts: What it was trained on, as text.
    """

    model: ChurnModel
    example: pd.DataFrame
    metrics: dict[str, float]
    promotion: Promotion
    facts: dict[str, str]


@dataclass(frozen=True)
class ModelVersion:
    """A version in the registry.

    Attributes:
        name: Of the registered model.
        version: Its number.
        run_id: The MLflow run that trained it.
        metrics: As packaged.
        facts: As packaged.
        columns: The features it reads, in order.
        predict: Takes a frame of these features, gives scores; pickles, for executors.
    """

    name: str
    version: int
    run_id: str
    metrics: dict[str, float]
    facts: dict[str, str]
    columns: list[str]
    predict: Callable[[pd.DataFrame], pd.DataFrame]

    def __deepcopy__(self, memo: dict[int, Any]) -> "ModelVersion":
        """Frozen: a copy would only load the model again."""
        return self
