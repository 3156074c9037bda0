"""Package a model for MLflow: text files, the code that reads them, and its requirements.

In: a `ModelPackage`. Out: the arguments of `mlflow.pyfunc.log_model` or `save_model`, and the
digests of the files that MLflow writes.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

import telco_churn
from telco_churn.errors import ChangedPackageError
from telco_churn.model import packaged
from telco_churn.registry.registry_types import ModelPackage

PACKAGE = Path(telco_churn.__file__).parent
SHIPPED = {"__init__.py", "model"}
# pandas stores text in pyarrow. The requirements of these packages are their own dependencies.
NEEDED_TO_PREDICT = ("lightgbm", "numpy", "pandas", "pyarrow")
MADE_BY_LOADING = {"registered_model_meta", "__pycache__"}  # MLflow and Python add these


@contextmanager
def describe_package(data: ModelPackage) -> Iterator[dict[str, Any]]:
    """Write the files of a model to a temporary folder, from which MLflow copies them.

    Yields:
        The arguments: the model from code, its artifacts (`model`, and `about` and `held_out` if
        they exist), code, signature, example, pinned requirements and metadata.
    """
    with tempfile.TemporaryDirectory() as place:
        folder, code = Path(place), Path(place) / "code" / "telco_churn"
        shutil.copytree(PACKAGE, code, ignore=_leave_out_what_predicts_nothing)
        yield {
            "python_model": packaged.__file__,
            "artifacts": _write_artifacts(data, folder),
            "code_paths": [str(code)],
            "signature": _sign(data),
            "input_example": data.example,
            "pip_requirements": [f"{name}=={installed(name)}" for name in NEEDED_TO_PREDICT],
            "metadata": {
                "promotion": asdict(data.promotion),
                "metrics": data.metrics,
                "facts": data.facts,
            },
        }


def digest_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a package, by its relative path."""
    files = [file.relative_to(folder) for file in sorted(folder.rglob("*")) if file.is_file()]
    return {
        file.as_posix(): hashlib.sha256((folder / file).read_bytes()).hexdigest()
        for file in files
        if not MADE_BY_LOADING & {*file.parts}
    }


def check_files(folder: Path, registered: Mapping[str, str]) -> None:
    """Compare the files of a package with their digests at registration.

    Raises:
        ChangedPackageError: Lists the files that were changed, added or removed.
    """
    found = digest_files(folder)
    changed = [
        f"{file} was {'added' if file not in registered else fault}"
        for file in sorted(found | dict(registered))
        for fault in ["changed" if file in found else "removed"]
        if found.get(file) != registered.get(file)
    ]
    if changed:
        raise ChangedPackageError(f"{', '.join(changed)} in {folder}")


def _write_artifacts(data: ModelPackage, folder: Path) -> dict[str, str]:
    model, about, held_out = folder / "model", folder / "about", folder / "held_out.parquet"
    model.mkdir()
    data.model.save(model)
    artifacts = {"model": str(model)}
    if data.files:
        about.mkdir()
        for name, text in data.files.items():
            (about / name).write_text(text, encoding="utf-8")
        artifacts["about"] = str(about)
    if data.held_out is not None:
        data.held_out.to_parquet(held_out, index=False)
        artifacts["held_out"] = str(held_out)
    return artifacts


def _leave_out_what_predicts_nothing(folder: str, names: list[str]) -> set[str]:
    is_top = Path(folder) == PACKAGE
    return {name for name in names if name not in SHIPPED} if is_top else {"__pycache__"}


def _sign(data: ModelPackage) -> ModelSignature:
    """Describe output and parameters; only reasons may be null in the output.

    The model checks its input itself. MLflow's check would refuse whole numbers in a column of
    doubles (int64 with values above 1) and the names of a user's columns, and would print the rows.
    """
    scores = data.model.score(data.example.head(1), reasons="none")
    outputs = [
        ColSpec(
            DataType.double if dtype == np.float64 else DataType.string,
            str(column),
            required=not str(column).startswith("reason_"),
        )
        for column, dtype in scores.dtypes.items()
    ]
    return ModelSignature(
        outputs=Schema(list[ColSpec | TensorSpec](outputs)),
        params=ParamSchema([ParamSpec("reasons", DataType.string, "all")]),
    )
