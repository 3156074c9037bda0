"""Models in MLflow's registry: one dataset registers versions, one follows an alias, one reads any.

What is packaged with a version, and how, is the business of `model_package`.
"""

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from kedro.io import AbstractDataset, DatasetError
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as RegistryEntry

from kedro_asof.datasets.run_ids import find_run_ids
from kedro_asof.errors import NotReadyError, RefusedError
from kedro_asof.locks import hold_lock
from telco_churn.registry.model_lineage import LineageMixin
from telco_churn.registry.model_package import describe_package, digest_files
from telco_churn.registry.model_statuses import (
    CHALLENGER,
    CHAMPION,
    find_entry,
    list_entries,
    mend_statuses,
)
from telco_churn.registry.model_version import DIGESTS, load_version
from telco_churn.registry.registry_errors import ask_registry
from telco_churn.registry.registry_types import (
    Appointment,
    ModelPackage,
    ModelVersion,
    VersionNumber,
)

DESCRIPTION_REASONS = 5  # a description is read in a list of versions
PROMOTE = "`kedro run --pipelines promote --params version=N`, with the same --env"


class ModelRegistration(LineageMixin, AbstractDataset[ModelPackage, ModelVersion]):
    """Saves a package as a new version of a registered model; loads that version, and no other."""

    def __init__(self, *, name: str, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model by name.

        Args:
            name: The name of the registered model.
            filepath: The file that a training locks. Kedro makes it absolute by this name.
            metadata: For plugins.
        """
        self._name = name
        self._lock = Path(filepath)
        self._registered: str | None = None
        self.metadata = metadata

    def save(self, data: ModelPackage) -> None:
        """Log the model to the active MLflow run, then register it.

        The gate's decision and the digests of the files are there from the first moment: a run
        that is killed leaves a whole version or none.
        """
        with ask_registry(), describe_package(data) as package:
            mend_statuses(self._name)
            logged = mlflow.pyfunc.log_model(name="churn_model", **package)
            files = digest_files(Path(mlflow.artifacts.download_artifacts(logged.model_uri)))
            tags = _list_tags(data) | find_run_ids() | {DIGESTS: json.dumps(files)}
            entry = mlflow.register_model(logged.model_uri, self._name, tags=tags)
            self._registered = str(entry.version)
            self._remember(self._name, entry.version, logged.run_id)
            client = MlflowClient()
            client.update_model_version(self._name, entry.version, _summarise(data))
            if data.promotion.status == CHALLENGER:
                client.set_registered_model_alias(self._name, CHALLENGER, entry.version)

    def load(self) -> ModelVersion:
        """Return the version that this run registered.

        Raises:
            DatasetError: When it registered none: the newest may be that of another run.
        """
        if self._registered is None:
            raise DatasetError(
                f"This run registered no version of {self._name}. Run `kedro run --pipelines "
                f"training` again, or promote a version that is registered: {PROMOTE}."
            )
        with ask_registry():
            return load_version(MlflowClient().get_model_version(self._name, self._registered))

    def lock(self) -> AbstractContextManager[None]:
        """Keep the training of this model to this run: it has one place for all that it makes.

        Raises:
            NotReadyError: When another run trains it.
        """
        return hold_lock(
            self._lock,
            NotReadyError(
                f"Another run is training {self._name}. This one changed nothing. Try again when "
                "that has ended."
            ),
        )

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}


class ModelAlias(LineageMixin, AbstractDataset[Appointment, ModelVersion | None]):
    """Loads the version under an alias, None if there is none; saves an appointment to move it."""

    def __init__(self, *, name: str, alias: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to an alias of a registered model.

        Args:
            name: The name of the registered model.
            alias: Of one of its versions.
            metadata: For plugins.
        """
        self._name = name
        self._alias = alias
        self._answer: tuple[ModelVersion | None] | None = None
        self.metadata = metadata

    def load(self) -> ModelVersion | None:
        """Resolve the alias once and load that version: the run keeps it."""
        if self._answer:
            return self._answer[0]
        with ask_registry():
            entry = find_entry(self._name, self._alias)
            version = load_version(entry) if entry else None
        if entry:
            self._remember(entry.name, entry.version, entry.run_id)
        self._answer = (version,)
        return version

    def save(self, data: Appointment) -> None:
        """Move the alias, and let the tags of all versions follow.

        Raises:
            ChampionChangedError: When it no longer stands for the version to replace.
        """
        with ask_registry():
            mend_statuses(self._name)  # the champion of now must be known as one to become replaced
            data.check_replaces(_read_number(find_entry(self._name, self._alias)))
            if data.champion:
                version = data.champion
                self._answer = None
                MlflowClient().set_registered_model_alias(
                    self._name, self._alias, str(version.version)
                )
                self._remember(version.name, version.version, version.run_id)
                mend_statuses(self._name)

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "alias": self._alias}


class AliasNumber(AbstractDataset[None, VersionNumber | None]):
    """Loads the number under an alias, whether or not that version can be loaded; None if none."""

    def __init__(self, *, name: str, alias: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to an alias of a registered model."""
        self._name = name
        self._alias = alias
        self.metadata = metadata

    def load(self) -> VersionNumber | None:
        """Resolve the alias once."""
        with ask_registry():
            return _read_number(find_entry(self._name, self._alias))

    def save(self, data: None) -> None:  # noqa: ARG002  (Kedro's own signature)
        """Refuse: aliases are moved by `ModelAlias`."""
        raise DatasetError(f"The alias {self._alias} of {self._name} is moved by ModelAlias.")

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "alias": self._alias}


@dataclass(frozen=True)
class Versions:
    """The versions of a registered model, to take one by its number."""

    name: str

    def get(self, version: int) -> ModelVersion:
        """Load a version.

        Raises:
            DatasetError: When there is no such version; says which there are.
            RefusedError: When it was registered without the gate's decision.
        """
        with ask_registry():
            entries = {int(entry.version): entry for entry in list_entries(self.name)}
            if version not in entries:
                raise DatasetError(
                    f"{self.name} has no version {version}; there are {sorted(entries)}. Choose "
                    "one of them; `make mlflow` shows what each is."
                )
            if "gate" not in entries[version].tags:
                raise RefusedError(
                    f"Version {version} of {self.name} is incomplete: the run that registered it "
                    "ended before the gate's decision was written. Train again, or choose "
                    "another version; `make mlflow` shows what each is."
                )
            return load_version(entries[version])


class RegisteredVersions(AbstractDataset[None, Versions]):
    """Loads a way to any version of a registered model. Nothing is saved."""

    def __init__(self, *, name: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model by name."""
        self._name = name
        self.metadata = metadata

    def load(self) -> Versions:
        """Return the versions; each is read when asked for."""
        return Versions(self._name)

    def save(self, data: None) -> None:  # noqa: ARG002  (Kedro's own signature)
        """Refuse: versions are registered by `ModelRegistration`."""
        raise DatasetError(f"The versions of {self._name} are registered by churn_model.")

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}


def _read_number(entry: RegistryEntry | None) -> VersionNumber | None:
    return VersionNumber(entry.name, int(entry.version)) if entry else None


def _list_tags(data: ModelPackage) -> dict[str, str]:
    promotion = data.promotion
    digests = {
        name: data.facts[name]
        for name in ("features_digest", "data_fingerprint")
        if name in data.facts
    }
    evidence = {name: f"{value:.6g}" for name, value in promotion.evidence.items()}
    # What the gate said stays; what the version is changes with the alias, which it has not yet.
    is_chosen = promotion.status == CHAMPION
    status = {
        "status": CHALLENGER if is_chosen else promotion.status,
        "gate": promotion.status,
    }
    return evidence | digests | status | {"reasons": json.dumps(promotion.reasons)}


def _summarise(data: ModelPackage) -> str:
    reasons = data.promotion.reasons[:DESCRIPTION_REASONS]
    return "\n".join(
        [f"The gate said: {data.promotion.status}", *(f"- {reason}" for reason in reasons)]
    )
