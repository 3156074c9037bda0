"""Says in one sentence that MLflow's registry does not answer, where it is and what to do."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import requests
import sqlalchemy
from kedro.io import DatasetError
from mlflow.exceptions import MlflowException

# What is raised when nobody answers: over HTTP, and from a database. MLflow wraps either in its
# own exception, without a code of its own.
SIGNS = ("failed with exception", "Max retries exceeded", "OperationalError", "timed out")


class UnreachableRegistryError(DatasetError):
    """MLflow's registry does not answer."""


@contextmanager
def ask_registry(place: str | None = None) -> Iterator[None]:
    """Name the registry if it does not answer to what is asked within.

    Args:
        place: Its address, where MLflow was not told yet.

    Raises:
        UnreachableRegistryError: In the place of what MLflow raises.
    """
    try:
        _check_database_file(place or mlflow.get_registry_uri())
        yield
    except Exception as error:
        if not is_unreachable(error):
            raise
        raise UnreachableRegistryError(
            f"MLflow's registry at {place or mlflow.get_tracking_uri()} does not answer: "
            f"{str(error).splitlines()[0]}. Start it, or correct the address: mlflow_tracking_uri "
            "in conf/base/mlflow.yml, or MLFLOW_TRACKING_URI. The champion stays as it is."
        ) from error


def is_unreachable(error: Exception) -> bool:
    """Whether an error means that nobody answered, not that the answer was no."""
    if isinstance(error, MlflowException):
        return any(sign in str(error) for sign in SIGNS)
    return isinstance(
        error,
        requests.exceptions.ConnectionError
        | requests.exceptions.Timeout
        | sqlalchemy.exc.OperationalError
        | ConnectionError,
    )


def _check_database_file(uri: str) -> None:
    """Look before MLflow does: it tries for two minutes to open what is none."""
    if not uri.startswith("sqlite:///"):
        return
    file = Path(uri.removeprefix("sqlite:///"))
    try:
        if file.exists():
            file.open("r+b").close()
        else:
            folder = next(parent for parent in file.absolute().parents if parent.exists())
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ConnectionError(f"{file} cannot be opened to read and to write: {error}") from error
