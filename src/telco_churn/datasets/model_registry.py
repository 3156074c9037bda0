"""Models in MLflow's registry: one dataset registers versions, another follows an alias."""

import shutil
import tempfile
from dataclasses import asdict
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import mlflow
from kedro.io import AbstractDataset, DatasetError
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as RegistryEntry
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature, infer_signature

import telco_churn
from telco_churn.model import packaged
from telco_churn.model.registered import ModelPackage, ModelVersion

PACKAGE = Path(telco_churn.__file__).parent
SHIPPED = {"__init__.py", "errors.py", "model"}
NEEDED_TO_PREDICT = ("lightgbm", "numpy", "pandas", "scikit-learn")


class ModelRegistration(AbstractDataset[ModelPackage, ModelVersion]):
    """Saves a package as a new version of a registered model; loads the newest version."""

    def __init__(self, *, name: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a registered model by name."""
        self._name = name
        self.metadata = metadata

    def save(self, data: ModelPackage) -> None:
        """Log the model to the active MLflow run, register it, tag it with the gate's decision."""
        description = asdict(data.promotion) | {"metrics": data.metrics, "facts": data.facts}
        with tempfile.TemporaryDirectory() as place:
            files, code = Path(place) / "model", Path(place) / "telco_churn"
            files.mkdir()
            data.model.save(files)
            shutil.copytree(PACKAGE, code, ignore=_leave_out_what_predicts_nothing)
            logged = mlflow.pyfunc.log_model(
                name="churn_model",
                python_model=packaged.__file__,
                artifacts={"model": str(files)},
                code_paths=[str(code)],
                signature=_sign(data),
                input_example=data.example,
                pip_requirements=[f"{name}=={installed(name)}" for name in NEEDED_TO_PREDICT],
                metadata=description,
                registered_model_name=self._name,
            )
        version = str(logged.registered_model_version)
        for tag, value in asdict(data.promotion).items():
            MlflowClient().set_model_version_tag(self._name, version, tag, value)

    def load(self) -> ModelVersion:
        """Return the newest version."""
        versions = MlflowClient().search_model_versions(f"name='{self._name}'")
        if not versions:
            raise DatasetError(
                f"MLflow has no model {self._name}. Run `kedro run --pipelines training` first."
            )
        return _load(max(versions, key=lambda entry: int(entry.version)))

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}


class ModelAlias(AbstractDataset[ModelVersion, ModelVersion | None]):
    """Loads the version under an alias, None if there is none; saves a version to move it."""

    def __init__(self, *, name: str, alias: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to an alias of a registered model."""
        self._name = name
        self._alias = alias
        self.metadata = metadata

    def load(self) -> ModelVersion | None:
        """Resolve the alias once and load that version."""
        try:
            entry = MlflowClient().get_model_version_by_alias(self._name, self._alias)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        return _load(entry)

    def save(self, data: ModelVersion) -> None:
        """Move the alias."""
        MlflowClient().set_registered_model_alias(self._name, self._alias, str(data.version))

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "alias": self._alias}


def _leave_out_what_predicts_nothing(folder: str, names: list[str]) -> set[str]:
    is_top = Path(folder) == PACKAGE
    return {"__pycache__"} | ({name for name in names if name not in SHIPPED} if is_top else set())


def _sign(data: ModelPackage) -> ModelSignature:
    return infer_signature(data.example, data.model.score(data.example))


def _load(entry: RegistryEntry) -> ModelVersion:
    try:
        model = mlflow.pyfunc.load_model(f"models:/{entry.name}/{entry.version}")
    except (MlflowException, OSError) as error:
        raise DatasetError(
            f"Version {entry.version} of {entry.name} is registered, but its files cannot be read "
            f"from {entry.source}: {error}. Bring them back, or move the alias (make mlflow)."
        ) from error
    described = model.metadata.metadata
    return ModelVersion(
        name=entry.name,
        version=int(entry.version),
        run_id=str(entry.run_id),
        metrics=described["metrics"],
        facts=described["facts"],
        columns=model.metadata.get_input_schema().input_names(),
        predict=model.unwrap_python_model().model.score,  # text and numbers: it can be sent around
    )
