"""Types that the registry saves and loads: packages, versions and appointments."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.errors import ChampionChangedError
from telco_churn.model.churn_model import ChurnModel

Status = Literal["champion", "challenger", "rejected"]

# The gate, summaries and the log read these facts of every version.
NEEDED_FACTS = ("as_of", "learnt_from")


@dataclass(frozen=True)
class Promotion:
    """The gate's decision about a candidate: the status, and the reasons with their figures."""

    status: Status
    reasons: tuple[str, ...]
    evidence: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelPackage:
    """A candidate and everything that is registered with it.

    Attributes:
        model: The fitted model.
        example: A few rows of features, which show what the model reads.
        metrics: Metrics on held-out rows, by name.
        promotion: The gate's decision.
        facts: Facts about its training, as text: `as_of`, `learnt_from` and others.
        files: Text files about the model, by name: `model_card.md` and others.
        held_out: The out-of-fold probabilities: `row`, a fingerprint, and `churn_probability`. None
            for a model that was evaluated on a test split.
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
    """The name and number of a registered version, even of one that cannot be loaded."""

    name: str
    version: int


@dataclass(frozen=True)
class ModelVersion(VersionNumber):
    """A registered version, loaded. It can be pickled, for Spark's executors.

    Attributes:
        run_id: The MLflow run that trained it.
        metrics: As in `ModelPackage`.
        facts: As in `ModelPackage`.
        promotion: As in `ModelPackage`.
        columns: The features that the model reads, in order.
        model: The model.
        held_out: As in `ModelPackage`.
    """

    run_id: str
    metrics: dict[str, float]
    facts: dict[str, str]
    promotion: Promotion
    columns: list[str]
    model: ChurnModel
    held_out: pd.DataFrame | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "ModelVersion":
        """Return the object itself: it is frozen, and a copy would load the model again."""
        return self

    def predict_probability(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return churn probabilities, shape `(rows,)`; see `ChurnModel.predict_probability`."""
        return self.model.predict_probability(features)


@dataclass(frozen=True)
class Appointment:
    """The version that becomes champion, and the champion that it replaces.

    Attributes:
        champion: The next champion; None keeps the current one.
        replaces: The champion at the time of the decision, None without a champion.
    """

    champion: ModelVersion | None
    replaces: VersionNumber | None

    def check_replaces(self, current: VersionNumber | None) -> None:
        """Compare the current champion with the champion to replace.

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
            f"{_number(current) or 'none'} during this run. Version {version} was not promoted. "
            f"Train again to compare with the current champion, or promote version {version}: "
            f"{write_promote_command(version)}."
        )


def write_promote_command(version: int | None = None) -> str:
    """Return the command that promotes a version, for messages."""
    number = "N" if version is None else version
    return f"`kedro run --pipelines promote --params version={number}`, with the same --env"


def _number(version: VersionNumber | None) -> int | None:
    return version.version if version else None
