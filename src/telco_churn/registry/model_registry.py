"""Datasets of MLflow's registry: one registers versions, one follows an alias, one reads any."""

import hashlib
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
from kedro_asof.datasets.run_inputs import ReadOnlyDataset
from kedro_asof.errors import NotReadyError, RefusedError
from kedro_asof.locks import hold_lock
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
    write_promote_command,
)

DESCRIPTION_REASONS = 5  # a description is read in a list of versions


class _LineageMixin:
    """Names the version that a dataset last loaded or saved, for trackers."""

    _place: dict[str, str] | None = None

    def describe_place(self) -> dict[str, str] | None:
        """Return name, version, address and digest of the version; None before there is one."""
        return self._place

    def _remember(self, name: str, version: object, run_id: object) -> None:
        # Another registry may have the same number.
        digest = hashlib.sha256(f"{name} {version} {run_id}".encode()).hexdigest()
        uri = f"models:/{name}/{version}"
        self._place = {"name": name, "type": "model", "uri": uri, "digest": digest}
        self._place["version"] = str(version)


class ModelRegistration(_LineageMixin, AbstractDataset[ModelPackage, ModelVersion]):
    """Saves a package as a new version of a registered model; loads that version alone."""

    def __init__(self, *, name: str, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model.

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

        The version has the gate's decision and the digests of its files from its creation: a run
        that is killed leaves a complete version or none.
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
                f"training` again, or promote a registered version: {write_promote_command()}."
            )
        with ask_registry():
            return load_version(MlflowClient().get_model_version(self._name, self._registered))

    def lock(self) -> AbstractContextManager[None]:
        """Lock the training of this model against other runs: they write to the same places.

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


class ModelAlias(_LineageMixin, AbstractDataset[Appointment, ModelVersion | None]):
    """Loads the version under an alias, None if there is none; saves an appointment to move it.

    The first load resolves the alias for as long as this dataset lives, which is one run. In a
    notebook, `%reload_kedro` makes a new one.
    """

    def __init__(self, *, name: str, alias: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to an alias of a registered model.

        Args:
            name: The name of the registered model.
            alias: The alias.
            metadata: For plugins.
        """
        self._name = name
        self._alias = alias
        self._loaded: tuple[ModelVersion | None] | None = None
        self.metadata = metadata

    def load(self) -> ModelVersion | None:
        """Resolve the alias once and load that version: the run keeps it."""
        if self._loaded is None:
            with ask_registry():
                entry = find_entry(self._name, self._alias)
                self._loaded = (load_version(entry) if entry else None,)
            if entry:
                self._remember(entry.name, entry.version, entry.run_id)
        return self._loaded[0]

    def save(self, data: Appointment) -> None:
        """Move the alias, then let the tags of all versions follow.

        Raises:
            ChampionChangedError: When the alias no longer points to the version to replace.
        """
        with ask_registry():
            mend_statuses(self._name)  # marks the present champion, which becomes `replaced`
            data.check_replaces(_read_number(find_entry(self._name, self._alias)))
            if data.champion:
                version = data.champion
                MlflowClient().set_registered_model_alias(
                    self._name, self._alias, str(version.version)
                )
                self._loaded = None
                self._remember(version.name, version.version, version.run_id)
                mend_statuses(self._name)

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "alias": self._alias}


class AliasNumber(ReadOnlyDataset[VersionNumber | None]):
    """Loads the number under an alias, None if there is none; the version need not be loadable."""

    def __init__(self, *, name: str, alias: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to an alias of a registered model."""
        self._name = name
        self._alias = alias
        self.metadata = metadata

    def load(self) -> VersionNumber | None:
        """Resolve the alias."""
        with ask_registry():
            return _read_number(find_entry(self._name, self._alias))

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "alias": self._alias}


@dataclass(frozen=True)
class Versions:
    """The versions of a registered model, by number."""

    name: str

    def get(self, version: int) -> ModelVersion:
        """Load a version.

        Raises:
            DatasetError: When there is no such version; lists those that exist.
            RefusedError: When it was registered without the gate's decision.
        """
        with ask_registry():
            entries = {int(entry.version): entry for entry in list_entries(self.name)}
            if version not in entries:
                raise DatasetError(
                    f"{self.name} has no version {version}; versions are {sorted(entries)}. Choose "
                    "one of them; `make mlflow` describes each."
                )
            if "gate" not in entries[version].tags:
                raise RefusedError(
                    f"Version {version} of {self.name} is incomplete: the run that registered it "
                    "ended before the gate's decision was written. Train again, or choose "
                    "another version; `make mlflow` describes each."
                )
            return load_version(entries[version])


class RegisteredVersions(ReadOnlyDataset[Versions]):
    """Loads access to any version of a registered model."""

    def __init__(self, *, name: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model by name."""
        self._name = name
        self.metadata = metadata

    def load(self) -> Versions:
        """Return the versions; each is read when `get` asks for it."""
        return Versions(self._name)

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}


def _read_number(entry: RegistryEntry | None) -> VersionNumber | None:
    return VersionNumber(entry.name, int(entry.version)) if entry else None


def _list_tags(data: ModelPackage) -> dict[str, str]:
    promotion, digests = data.promotion, ("features_digest", "data_fingerprint")
    # `gate` keeps the decision. `status` follows the alias, which has not moved yet.
    is_chosen = promotion.status == CHAMPION
    return {
        **{name: f"{value:.6g}" for name, value in promotion.evidence.items()},
        **{name: data.facts[name] for name in digests if name in data.facts},
        "status": CHALLENGER if is_chosen else promotion.status,
        "gate": promotion.status,
        "reasons": json.dumps(promotion.reasons),
    }


def _summarise(data: ModelPackage) -> str:
    reasons = data.promotion.reasons[:DESCRIPTION_REASONS]
    decision = f"Decision of the gate: {data.promotion.status}"
    return "\n".join([decision, *(f"- {reason}" for reason in reasons)])
