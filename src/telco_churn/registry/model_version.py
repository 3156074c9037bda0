"""Reads a version of a registered model from its package, if its files were not changed."""

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
from telco_churn.registry.registry_types import (
    NEEDED_FACTS,
    ModelVersion,
    Promotion,
    write_promote_command,
)

log = logging.getLogger(__name__)

DIGESTS = "files"  # the tag of a version that holds the digests of its files, JSON
RECOVERY = (
    f"If it is the champion, promote another version: {write_promote_command()}, or `--pipelines "
    "rollback`; `make mlflow` lists the versions. If there is no other, remove its alias champion "
    "there: the next candidate is then compared with none."
)


def load_version(entry: RegistryEntry) -> ModelVersion:
    """Load the model of an entry of the registry.

    Raises:
        ChangedPackageError: When its files are not those that were registered.
        DatasetError: When its files cannot be read, hold another kind of model, or lack facts that
            every version needs.
    """
    try:
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/{entry.name}/{entry.version}"))
        _check_package(entry, folder)
        return _read_version(entry, folder)
    except ChangedPackageError as error:
        raise ChangedPackageError(
            f"Version {entry.version} of {entry.name} is not what was registered: {error}. It was "
            f"not used. Restore its files. {RECOVERY}"
        ) from error
    except (MlflowException, OSError) as error:
        if is_unreachable(error):
            raise
        raise DatasetError(
            f"Version {entry.version} of {entry.name} is registered, but its files cannot be read "
            f"from {entry.source}: {error}. Restore them. {RECOVERY}"
        ) from error
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"Version {entry.version} of {entry.name} was packaged by another version of this "
            f"project, and this one cannot read it ({type(error).__name__}: {error}). Score "
            f"with the code that made it. {RECOVERY}"
        ) from error


def _check_package(entry: RegistryEntry, folder: Path) -> None:
    digests = entry.tags.get(DIGESTS)
    if digests is None:
        log.warning(
            "Version %s of %s was registered without digests of its files, so changes in them "
            "cannot be detected.",
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
            decided.get("status") or decided["standing"],  # the name of the status before 0.2
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
