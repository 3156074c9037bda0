"""Explains in one sentence why MLflow's registry cannot be used, where it is and what to do."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import mlflow.store.db.utils
import requests
import sqlalchemy
from kedro.io import DatasetError
from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException
from mlflow.store.db.db_types import DATABASE_ENGINES

from kedro_asof.credentials import mask_credentials
from kedro_asof.errors import WrongCallError, take_first_line, walk_causes

# MLflow wraps errors of HTTP in its own exception, without a code of its own.
SIGNS = ("failed with exception", "Max retries exceeded", "timed out")
RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
ADDRESS = "mlflow_tracking_uri in conf/base/mlflow.yml, or MLFLOW_TRACKING_URI"
INSTALL = {"postgresql": " (pip install '.[postgresql]')"}

# MLflow tries ten times to reach a database, for 100 seconds, and has no setting for it.
mlflow.store.db.utils.MAX_RETRY_COUNT = 4


class UnreachableRegistryError(DatasetError):
    """MLflow's registry does not answer."""


@contextmanager
def ask_registry(address: str | None = None) -> Iterator[None]:
    """Name the registry if it does not answer.

    Args:
        address: The address, where MLflow does not know it yet.

    Raises:
        UnreachableRegistryError: In place of what MLflow, the database or HTTP raises.
        WrongCallError: When the address is wrong or its driver is not installed.
    """
    try:
        _check_address(address or mlflow.get_registry_uri())
        yield
    except UnreachableRegistryError:
        raise
    except Exception as error:
        causes = list(walk_causes(error))
        if not any(is_unreachable(cause) for cause in causes):
            raise
        place = address or mlflow.get_tracking_uri()
        raise _name_registry(place, _find_reason(causes)) from error


def explain_lost_registry(
    error: BaseException, address: str | None = None
) -> UnreachableRegistryError | None:
    """Look for a registry that does not answer among the causes of an error.

    Args:
        error: What a run ended with.
        address: As for `ask_registry`.

    Returns:
        The error to show in its place; None when the registry has nothing to do with it.
    """
    causes = list(walk_causes(error))
    for cause in causes:
        if isinstance(cause, UnreachableRegistryError):
            return cause
    # Alone, errors of databases and HTTP may be those of a table: MLflow must have wrapped them.
    if not any(isinstance(cause, MlflowException) and is_unreachable(cause) for cause in causes):
        return None
    return _name_registry(address or mlflow.get_tracking_uri(), _find_reason(causes))


def is_unreachable(error: BaseException) -> bool:
    """Whether an error means that the server did not answer, not that its answer was no."""
    if isinstance(error, MlflowException):
        is_down = error.error_code == "TEMPORARILY_UNAVAILABLE"
        return is_down or any(sign in str(error) for sign in SIGNS)
    return isinstance(
        error,
        requests.exceptions.ConnectionError
        | requests.exceptions.Timeout
        | sqlalchemy.exc.OperationalError,
    )


def hide_credentials(address: str) -> None:
    """Let MLflow print no links of its own where the address holds a password: it masks none."""
    if mask_credentials(address) != address:
        os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"


def abandon_runs() -> None:
    """Close the active runs of MLflow, as failed where the registry still takes it.

    Each has its own entry, and at the exit of the process MLflow would ask again for each.
    """
    os.environ[RETRIES] = "0"
    while mlflow.active_run():
        with contextlib.suppress(Exception):  # the registry is known not to answer
            mlflow.end_run(RunStatus.to_string(RunStatus.FAILED))


def _find_reason(causes: list[BaseException]) -> str:
    """Take the words of what all others were raised from; of a database, those of its driver."""
    first = [cause for cause in causes if is_unreachable(cause)][-1]
    return str(getattr(first, "orig", None) or first) or type(first).__name__


def _name_registry(address: str, reason: str) -> UnreachableRegistryError:
    return UnreachableRegistryError(
        mask_credentials(
            f"MLflow's registry at {address} does not answer: {take_first_line(reason)}. Start it, "
            f"or correct the address: {ADDRESS}. The champion stays as it is."
        )
    )


def _check_address(address: str) -> None:
    """Look before MLflow does: it tries for a long time to open what cannot be opened."""
    engine = address.partition("://")[0].partition("+")[0]
    if address.startswith("sqlite:///"):
        _check_database_file(address)
    elif engine in DATABASE_ENGINES:
        _check_driver(address, engine)


def _check_driver(address: str, engine: str) -> None:
    try:
        sqlalchemy.make_url(address).get_dialect().import_dbapi()
    except (ImportError, ValueError, sqlalchemy.exc.ArgumentError) as error:
        raise WrongCallError(
            f"MLflow's registry at {mask_credentials(address)} cannot be opened: {error}. Install "
            f"the driver{INSTALL.get(engine, '')}, or correct the address: {ADDRESS}."
        ) from error


def _check_database_file(address: str) -> None:
    file = Path(address.removeprefix("sqlite:///"))
    try:
        if file.exists():
            file.open("r+b").close()
        else:
            folder = next(parent for parent in file.absolute().parents if parent.exists())
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = f"{file} cannot be opened to read and to write: {error}"
        raise _name_registry(address, reason) from error
