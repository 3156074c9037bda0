"""What the registry takes of a model, and what it gives back."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.errors import NotReadyError
from telco_churn.model.churn_model import ChurnModel

Status = Literal["champion", "challenger", "rejected"]

# The gate, summaries and the log read these of every version.
NEEDED_FACTS = ("as_of", "learnt_from")


@dataclass(frozen=True)
class Promotion:
    """The gate's decision about a candidate: the reasons, and the figures that they rest on."""

    status: Status
    reasons: tuple[str, ...]
    evidence: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelPackage:
    """A candidate with everything that is registered with it.

    Attributes:
        model: The fitted model.
        example: A few rows of features, for the signature.
        metrics: Metrics on rows that the model was not trained on, by name.
        promotion: The gate's decision.
        facts: Facts of its training, as text: `as_of`, `learnt_from` and others.
        files: Text files about it, by name: `model_card.md` and others.
        held_out: Its out-of-fold probabilities: `row`, a fingerprint, and `churn_probability`. None
            if a test split judged it.
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
    """The name and number of a registered version, which need not be loadable."""

    name: str
    version: int


@dataclass(frozen=True)
class ModelVersion(VersionNumber):
    """A registered version, loaded. It pickles, for executors.

    Attributes:
        run_id: The MLflow run that trained it.
        metrics: As packaged.
        facts: As packaged.
        promotion: The gate's decision, as packaged.
        columns: The features that it reads, in order.
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
        """Return itself: it is frozen, and a copy would load the model again."""
        return self

    def predict_probability(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Probability of churn, shape `(rows,)`; see `ChurnModel.predict_probability`."""
        return self.model.predict_probability(features)


class ChampionChangedError(NotReadyError):
    """The champion is no longer the one that a decision was made against."""


@dataclass(frozen=True)
class Appointment:
    """Which version becomes champion, and which champion it replaces.

    Attributes:
        champion: The next champion; None keeps the present one.
        replaces: The champion when the decision was made, None if there was none.
    """

    champion: ModelVersion | None
    replaces: VersionNumber | None

    def check_replaces(self, current: VersionNumber | None) -> None:
        """Compare the present champion with the one to replace.

        Raises:
            ChampionChangedError: When they differ.
        """
        if self.champion is None or _number(current) in {
            _number(self.replaces),
            self.champion.version,
        }:
            return
        name, version = self.champion.name, self.champion.version
        raise ChampionChangedError(
            f"The champion of {name} changed from version {_number(self.replaces) or 'none'} to "
            f"{_number(current) or 'none'} during this run, so version {version} was not made "
            "champion. Train again to compare with the present champion, or promote version "
            f"{version}: {write_promote_command(version)}."
        )


def write_promote_command(version: int | None = None) -> str:
    """Write the command that makes a version champion, for messages."""
    number = "N" if version is None else version
    return f"`kedro run --pipelines promote --params version={number}`, with the same --env"


def _number(version: VersionNumber | None) -> int | None:
    return version.version if version else None
