"""Models in MLflow's registry: one dataset registers versions, one follows an alias, one reads any.

What is packaged with a version, and how, is the business of `model_package`.
"""

import json
from dataclasses import dataclass
from typing import Any

import mlflow
from kedro.io import AbstractDataset, DatasetError
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as RegistryEntry
from mlflow.exceptions import MlflowException

from telco_churn.datasets.model_package import describe_package
from telco_churn.datasets.model_place import RemembersVersion
from telco_churn.datasets.model_version import load_version
from telco_churn.datasets.registry_reach import ask_registry
from telco_churn.datasets.run_ids import find_run_ids
from telco_churn.model.registered import ModelPackage, ModelVersion, VersionNumber

CHALLENGER = "challenger"
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
DESCRIPTION_REASONS = 5  # a description is read in a list of versions


class ModelRegistration(RemembersVersion, AbstractDataset[ModelPackage, ModelVersion]):
    """Saves a package as a new version of a registered model; loads the newest version."""

    def __init__(self, *, name: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model by name."""
        self._name = name
        self.metadata = metadata

    def save(self, data: ModelPackage) -> None:
        """Log the model to the active MLflow run, register it, and say what the gate decided."""
        with ask_registry(), describe_package(data) as package:
            logged = mlflow.pyfunc.log_model(
                name="churn_model", registered_model_name=self._name, **package
            )
            version = str(logged.registered_model_version)
            self._remember(self._name, version, logged.run_id)
            client = MlflowClient()
            for tag, value in (_list_tags(data) | find_run_ids()).items():
                client.set_model_version_tag(self._name, version, tag, value)
            client.update_model_version(self._name, version, _summarise(data))
            if data.promotion.standing == CHALLENGER:
                client.set_registered_model_alias(self._name, CHALLENGER, version)

    def load(self) -> ModelVersion:
        """Return the newest version."""
        with ask_registry():
            entries = _list_entries(self._name)
            if not entries:
                raise DatasetError(
                    f"MLflow has no model {self._name}. Run `kedro run --pipelines training` first."
                )
            newest = max(entries, key=lambda entry: int(entry.version))
            self._remember(newest.name, newest.version, newest.run_id)
            return load_version(newest)

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}


class ModelAlias(RemembersVersion, AbstractDataset[ModelVersion, ModelVersion | None]):
    """Loads the version under an alias, None if there is none; saves a version to move it."""

    def __init__(self, *, name: str, alias: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to an alias of a registered model."""
        self._name = name
        self._alias = alias
        self.metadata = metadata

    def load(self) -> ModelVersion | None:
        """Resolve the alias once and load that version."""
        with ask_registry():
            entry = _find_entry(self._name, self._alias)
            if entry is None:
                return None
            self._remember(entry.name, entry.version, entry.run_id)
            return load_version(entry)

    def save(self, data: ModelVersion) -> None:
        """Move the alias, and let the tag `standing` of both versions say so."""
        with ask_registry():
            former, version = _find_entry(self._name, self._alias), str(data.version)
            client = MlflowClient()
            client.set_registered_model_alias(self._name, self._alias, version)
            client.set_model_version_tag(self._name, version, "standing", self._alias)
            if former is not None and str(former.version) != version:
                client.set_model_version_tag(self._name, former.version, "standing", "replaced")
            challenger = _find_entry(self._name, CHALLENGER)
            if challenger is not None and str(challenger.version) == version:
                client.delete_registered_model_alias(self._name, CHALLENGER)
        self._remember(data.name, data.version, data.run_id)

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
            entry = _find_entry(self._name, self._alias)
            return None if entry is None else VersionNumber(self._name, int(entry.version))

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
        """
        with ask_registry():
            entries = {int(entry.version): entry for entry in _list_entries(self.name)}
            if version not in entries:
                raise DatasetError(
                    f"{self.name} has no version {version}; there are {sorted(entries)}. Choose "
                    "one of them; `make mlflow` shows what each is."
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


def _find_entry(name: str, alias: str) -> RegistryEntry | None:
    try:
        return MlflowClient().get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in NOT_THERE:
            return None
        raise


def _list_entries(name: str) -> list[RegistryEntry]:
    return list(MlflowClient().search_model_versions(f"name='{name}'"))


def _list_tags(data: ModelPackage) -> dict[str, str]:
    promotion = data.promotion
    digests = {
        name: data.facts[name]
        for name in ("features_digest", "data_fingerprint")
        if name in data.facts
    }
    evidence = {name: f"{value:.6g}" for name, value in promotion.evidence.items()}
    # What the gate said stays; what the version is changes with the alias.
    standing = {"standing": promotion.standing, "gate": promotion.standing}
    return evidence | digests | standing | {"reasons": json.dumps(promotion.reasons)}


def _summarise(data: ModelPackage) -> str:
    reasons = data.promotion.reasons[:DESCRIPTION_REASONS]
    return "\n".join(
        [f"The gate said: {data.promotion.standing}", *(f"- {reason}" for reason in reasons)]
    )
