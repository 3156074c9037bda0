"""Reads a version of a registered model from what was packaged with it, if that was not changed."""

import json
import logging
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from kedro.io import DatasetError
from mlflow.entities.model_registry import ModelVersion as RegistryEntry
from mlflow.exceptions import MlflowException

from telco_churn.registry.model_package import ChangedPackageError, check_files
from telco_churn.registry.registry_errors import is_unreachable
from telco_churn.registry.registry_types import NEEDED_FACTS, ModelVersion, Promotion

log = logging.getLogger(__name__)

DIGESTS = "files"  # the tag of a version that holds the digests of its files, JSON
RECOVERY = (
    "Where it is the champion, another version can be: `kedro run --pipelines promote --params "
    "version=N` or `--pipelines rollback`, with the same --env; make mlflow lists them. Without "
    "another, take the alias champion away there: the next candidate is compared with none."
)


def load_version(entry: RegistryEntry) -> ModelVersion:
    """Load the model of an entry of the registry.

    Raises:
        ChangedPackageError: When its files are not those that were registered.
        DatasetError: When its files cannot be read, hold another kind of model, or do not say
            what is needed of it.
    """
    try:
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/{entry.name}/{entry.version}"))
        _check_package(entry, folder)
        return _read_version(entry, folder)
    except ChangedPackageError as error:
        raise ChangedPackageError(
            f"Version {entry.version} of {entry.name} is not what was registered: {error}. Nothing "
            f"was done with it. Restore its files. {RECOVERY}"
        ) from error
    except (MlflowException, OSError) as error:
        if is_unreachable(error):
            raise
        raise DatasetError(
            f"Version {entry.version} of {entry.name} is registered, but its files cannot be read "
            f"from {entry.source}: {error}. Bring them back. {RECOVERY}"
        ) from error
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"Version {entry.version} of {entry.name} was packaged by another version of this "
            f"project and cannot be read by this one ({type(error).__name__}: {error}). Score "
            f"with the code that made it. {RECOVERY}"
        ) from error


def _check_package(entry: RegistryEntry, folder: Path) -> None:
    digests = entry.tags.get(DIGESTS)
    if digests is None:
        log.warning(
            "Version %s of %s was registered without digests of its files: whether they were "
            "changed is not known.",
            entry.version,
            entry.name,
        )
    else:
        check_files(folder, json.loads(digests))


def _read_version(entry: RegistryEntry, folder: Path) -> ModelVersion:
    model = mlflow.pyfunc.load_model(str(folder))
    described = model.metadata.metadata
    _check_described(described)
    packaged = model.unwrap_python_model()
    held_out: pd.DataFrame | None = packaged.held_out
    decided = described["promotion"]
    return ModelVersion(
        name=entry.name,
        version=int(entry.version),
        run_id=str(entry.run_id),
        metrics=described["metrics"],
        facts=described["facts"],
        promotion=Promotion(
            # Versions registered before 0.2 have it under its former name.
            decided.get("status") or decided["standing"],
            tuple(decided["reasons"]),
            decided["evidence"],
        ),
        columns=model.metadata.get_input_schema().input_names(),
        model=packaged.model,
        held_out=held_out,
    )


def _check_described(described: dict[str, Any]) -> None:
    lacking = [name for name in NEEDED_FACTS if name not in described["facts"]]
    if lacking:
        raise ValueError(f"its facts lack {lacking}")
