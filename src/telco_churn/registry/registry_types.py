"""What the registry keeps of a model, and what it gives back."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.errors import NotReadyError
from telco_churn.model.churn_model import ChurnModel

Status = Literal["champion", "challenger", "rejected"]

# What is told of every version, by the gate, in summaries and in the log.
NEEDED_FACTS = ("as_of", "learnt_from")


@dataclass(frozen=True)
class Promotion:
    """What the gate decided for a candidate, why, and the figures that it rests on."""

    status: Status
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
        promotion: What the gate decided for it, as packaged.
        columns: The features it reads, in order.
        model: The model.
        held_out: As packaged.
    """

    run_id: str
    metrics: dict[str, float]
    facts: dict[str, str]
    promotion: Promotion
    columns: list[str]
    model: ChurnModel
    held_out: pd.DataFrame | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "ModelVersion":
        """Frozen: a copy would only load the model again."""
        return self

    def predict_probability(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Probability of churn, shape `(rows,)`; see `ChurnModel.predict_probability`."""
        return self.model.predict_probability(features)


class ChampionChangedError(NotReadyError):
    """The champion is no longer the one that a decision was about."""


@dataclass(frozen=True)
class Appointment:
    """Which version becomes champion, and which champion that was decided against.

    Attributes:
        champion: From now on; None leaves the champion that there is.
        replaces: The champion when that was decided, None where there was none.
    """

    champion: ModelVersion | None
    replaces: VersionNumber | None

    def check_replaces(self, current: VersionNumber | None) -> None:
        """Compare the champion that there is now with the one to replace.

        Raises:
            ChampionChangedError: When it is another one.
        """
        if self.champion is None or _number(current) in {
            _number(self.replaces),
            self.champion.version,
        }:
            return
        name, version = self.champion.name, self.champion.version
        raise ChampionChangedError(
            f"The champion of {name} changed from version {_number(self.replaces) or 'none'} to "
            f"{_number(current) or 'none'} while this run was at work, so version {version} was "
            f"not made champion. Train again to compare with the champion of now, or promote "
            f"version {version}: `kedro run --pipelines promote --params version={version}`, with "
            "the same --env."
        )


def _number(version: VersionNumber | None) -> int | None:
    return version.version if version else None
