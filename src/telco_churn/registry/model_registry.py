"""Datasets of the model registry: register a version, follow an alias, load any version."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
from kedro.io import AbstractDataset, DatasetError
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as RegistryEntry
from mlflow.utils import logging_utils

from kedro_asof.datasets.run_ids import find_run_ids
from kedro_asof.datasets.run_inputs import ReadOnlyDataset
from kedro_asof.errors import InvalidDataError, NotReadyError, WrongCallError
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

DESCRIPTION_REASONS = 5  # MLflow shows the description in a list of versions


class _LineageMixin:
    """Describes the version that a dataset last loaded or saved, for trackers."""

    _place: dict[str, str] | None = None

    def describe_place(self) -> dict[str, str] | None:
        """Return name, version, URI and digest of the version; None before a load or save."""
        return self._place

    def _remember(self, name: str, version: object, run_id: object) -> None:
        # The run id keeps the digest unique: another registry may have the same number.
        digest = hashlib.sha256(f"{name} {version} {run_id}".encode()).hexdigest()
        uri = f"models:/{name}/{version}"
        self._place = {"name": name, "type": "model", "uri": uri, "digest": digest}
        self._place["version"] = str(version)


class ModelRegistration(_LineageMixin, AbstractDataset[ModelPackage, ModelVersion]):
    """Saves a package as a new version of a registered model; loads only that version."""

    def __init__(self, *, name: str, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model.

        Args:
            name: The name of the registered model.
            filepath: The lock file of a training. Kedro makes an argument of this name absolute.
            metadata: Options of other plugins.
        """
        self._name = name
        self._lock = Path(filepath)
        self._registered: str | None = None
        self.metadata = metadata

    def save(self, data: ModelPackage) -> None:
        """Log the model to the active MLflow run, then register it.

        The version is created with the gate's decision and the digests of its files. A run that is
        killed therefore leaves a complete version or none.
        """
        with ask_registry(), describe_package(data) as package:
            mend_statuses(self._name)
            logged = mlflow.pyfunc.log_model(name="churn_model", **package)
            files = digest_files(Path(mlflow.artifacts.download_artifacts(logged.model_uri)))
            tags = _list_tags(data) | find_run_ids() | {DIGESTS: json.dumps(files)}
            with _quiet_mlflow():
                entry = mlflow.register_model(logged.model_uri, self._name, tags=tags)
            self._registered = str(entry.version)
            self._remember(self._name, entry.version, logged.run_id)
            client = MlflowClient()
            client.update_model_version(self._name, entry.version, _summarize(data))
            if data.promotion.status == CHALLENGER:
                client.set_registered_model_alias(self._name, CHALLENGER, entry.version)

    def load(self) -> ModelVersion:
        """Return the version that this run registered.

        Raises:
            DatasetError: When this run registered none: the newest may belong to another run.
        """
        if self._registered is None:
            raise DatasetError(
                f"Cannot load {self._name}: this run registered no version. Run `kedro run "
                "--pipelines training` again, or promote a registered version: "
                f"{write_promote_command()}."
            )
        with ask_registry():
            return load_version(MlflowClient().get_model_version(self._name, self._registered))

    def lock(self) -> AbstractContextManager[None]:
        """Lock the training of this model against other runs, which write to the same places.

        Raises:
            NotReadyError: When another run trains the model.
        """
        return hold_lock(
            self._lock,
            NotReadyError(
                f"Another run is training {self._name}. This run changed nothing. Try again when "
                "the other run has ended."
            ),
        )

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}


@contextmanager
def _quiet_mlflow() -> Iterator[None]:
    """Stop MLflow from printing that it registers a version; the summary of the run says it."""
    logging_utils.MLFLOW_LOGGING_STREAM.enabled = False
    try:
        yield
    finally:
        logging_utils.MLFLOW_LOGGING_STREAM.enabled = True


class ModelAlias(_LineageMixin, AbstractDataset[Appointment, ModelVersion | None]):
    """Loads the version under an alias, None without one; saves an `Appointment`, which moves it.

    The first load resolves the alias; later loads return the same version. The dataset lives for
    one run; in a notebook, `%reload_kedro` creates a new one.
    """

    def __init__(self, *, name: str, alias: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to an alias of a registered model.

        Args:
            name: The name of the registered model.
            alias: The alias.
            metadata: Options of other plugins.
        """
        self._name = name
        self._alias = alias
        self._loaded: tuple[ModelVersion | None] | None = None
        self.metadata = metadata

    def load(self) -> ModelVersion | None:
        """Resolve the alias once per run and return its version."""
        if self._loaded is None:
            with ask_registry():
                entry = find_entry(self._name, self._alias)
                self._loaded = (load_version(entry) if entry else None,)
            if entry:
                self._remember(entry.name, entry.version, entry.run_id)
        return self._loaded[0]

    def save(self, data: Appointment) -> None:
        """Move the alias, then update the status tags of all versions.

        Raises:
            ChampionChangedError: When the alias no longer points to the version to replace.
        """
        with ask_registry():
            mend_statuses(self._name)  # tags the current champion, which becomes `replaced`
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
    """Loads the version number under an alias, None without one; does not load the version."""

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
            WrongCallError: When the version does not exist; lists the versions that do.
            InvalidDataError: When the version was registered without the gate's decision.
        """
        with ask_registry():
            entries = {int(entry.version): entry for entry in list_entries(self.name)}
            if version not in entries:
                raise WrongCallError(
                    f"Unknown version {version} of {self.name}: expected one of {sorted(entries)}. "
                    "Choose one of them; `make mlflow` shows each."
                )
            if "gate" not in entries[version].tags:
                raise InvalidDataError(
                    f"Version {version} of {self.name} is incomplete: the run that registered it "
                    "ended before it wrote the gate's decision. Train again, or choose another "
                    "version; `make mlflow` shows each."
                )
            return load_version(entries[version])


class RegisteredVersions(ReadOnlyDataset[Versions]):
    """Loads a `Versions` object, which gives access to any version of a registered model."""

    def __init__(self, *, name: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model by name."""
        self._name = name
        self.metadata = metadata

    def load(self) -> Versions:
        """Return the versions; `get` reads one of them."""
        return Versions(self._name)

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}


def _read_number(entry: RegistryEntry | None) -> VersionNumber | None:
    return VersionNumber(entry.name, int(entry.version)) if entry else None


def _list_tags(data: ModelPackage) -> dict[str, str]:
    promotion, digests = data.promotion, ("features_digest", "data_fingerprint")
    # `gate` stores the decision; `status` follows the alias, which has not moved yet.
    is_chosen = promotion.status == CHAMPION
    return {
        **{name: f"{value:.6g}" for name, value in promotion.evidence.items()},
        **{name: data.facts[name] for name in digests if name in data.facts},
        "status": CHALLENGER if is_chosen else promotion.status,
        "gate": promotion.status,
        "reasons": json.dumps(promotion.reasons),
    }


def _summarize(data: ModelPackage) -> str:
    reasons = data.promotion.reasons[:DESCRIPTION_REASONS]
    decision = f"Decision of the gate: {data.promotion.status}"
    return "\n".join([decision, *(f"- {reason}" for reason in reasons)])
