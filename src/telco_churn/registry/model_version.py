"""Load a version of a registered model from its package, after checking its files."""

import json
import logging
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.entities.model_registry import ModelVersion as RegistryEntry
from mlflow.exceptions import MlflowException
from packaging.requirements import Requirement

from kedro_asof.file_errors import UnreadableFileError
from telco_churn.errors import ChangedPackageError
from telco_churn.registry.model_package import check_files
from telco_churn.registry.registry_errors import is_unreachable
from telco_churn.registry.registry_types import (
    NEEDED_FACTS,
    ModelVersion,
    Promotion,
    write_promote_command,
)

log = logging.getLogger(__name__)

DIGESTS = "files"  # the tag of a version with the digests of its files, as JSON
RECOVERY = (
    f"If it is the champion, promote another version: {write_promote_command()}, or `--pipelines "
    "rollback`; `make mlflow` lists the versions. If no other version exists, remove its alias "
    "champion in MLflow; the next training then runs without a champion to compare with."
)


def load_version(entry: RegistryEntry) -> ModelVersion:
    """Load the version of a registry entry.

    Raises:
        ChangedPackageError: When its files differ from the registered files.
        UnreadableFileError: When its files cannot be read, contain another type of model, or lack
            facts that every version needs.
    """
    try:
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/{entry.name}/{entry.version}"))
        _check_package(entry, folder)
        return _read_version(entry, folder)
    except ChangedPackageError as error:
        raise ChangedPackageError(
            f"Version {entry.version} of {entry.name} differs from the registered files: {error}. "
            f"It was not used. Restore its files. {RECOVERY}"
        ) from error
    except (MlflowException, OSError) as error:
        if is_unreachable(error):
            raise
        raise UnreadableFileError(
            f"Cannot read the files of version {entry.version} of {entry.name} from "
            f"{entry.source}: {error}. Restore them. {RECOVERY}"
        ) from error
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        raise UnreadableFileError(
            f"Cannot read version {entry.version} of {entry.name}, which was packaged by another "
            f"version of this project ({type(error).__name__}: {error}). Score with the code that "
            f"registered it. {RECOVERY}"
        ) from error


def _check_package(entry: RegistryEntry, folder: Path) -> None:
    digests = entry.tags.get(DIGESTS)
    if digests is None:
        log.warning(
            "Version %s of %s was registered without digests of its files: changed files cannot "
            "be detected. Train again to register a version with digests.",
            entry.version,
            entry.name,
        )
    else:
        check_files(folder, json.loads(digests))


def compare_packages(entry: RegistryEntry, folder: Path, python: str) -> None:
    """Warn of packages that are missing or have another version than in training."""
    lines = (folder / "requirements.txt").read_text("utf-8").splitlines()
    other = [note for line in lines if line.strip() for note in _compare_package(line)]
    if python.split(".")[:2] != [*platform.python_version_tuple()[:2]]:
        other.append(f"Python {platform.python_version()}, not {python}")
    if other:
        log.warning(
            "Version %s of %s runs with other packages than it was trained with: %s. Its scores "
            "may differ. Install those versions, or train again.",
            entry.version,
            entry.name,
            "; ".join(other),
        )


def _compare_package(line: str) -> Iterator[str]:
    """Yield a note if the environment does not meet a line of requirements.txt."""
    required = Requirement(line)
    try:
        found = version(required.name)
    except PackageNotFoundError:
        found = "missing"
    if found == "missing" or not required.specifier.contains(found, prereleases=True):
        yield f"{required.name} {found}, not {str(required.specifier).removeprefix('==')}"


def _read_version(entry: RegistryEntry, folder: Path) -> ModelVersion:
    # To compare packages, MLflow reads the list of files of everything that is installed.
    model = mlflow.pyfunc.load_model(str(folder), suppress_warnings=True)
    python = model.metadata.flavors["python_function"]["python_version"]
    compare_packages(entry, folder, python)
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
            decided.get("status") or decided["standing"],  # the key before 0.2
            tuple(decided["reasons"]),
            decided["evidence"],
        ),
        columns=packaged.model.encoding.columns,
        model=packaged.model,
        held_out=held_out,
    )


def _check_described(described: dict[str, Any]) -> None:
    lacking = [name for name in NEEDED_FACTS if name not in described["facts"]]
    if lacking:
        raise ValueError(f"its facts lack {lacking}")
