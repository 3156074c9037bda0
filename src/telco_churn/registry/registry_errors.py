"""Explain why MLflow's registry cannot be used: its address, the reason and the fix."""

import contextlib
import os
import re
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
from kedro_asof.file_errors import UnreadableFileError

# MLflow wraps HTTP errors in its exception without an error code.
SIGNS = ("failed with exception", "Max retries exceeded", "timed out")
DAMAGE = re.compile("database disk image is malformed|file is not a database")
SQLITE = b"SQLite format 3\0"  # the first bytes of every database
RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
ADDRESS = "mlflow_tracking_uri in conf/base/mlflow.yml"
LOCKED = "database is locked"
KINDS = ("sqlite", *DATABASE_ENGINES, "http", "https", "databricks", "databricks-uc", "uc")
INSTALL = {"postgresql": " (uv pip install 'psycopg[binary]')"}

# MLflow tries ten times to reach a database, for 100 seconds, and has no setting for this.
mlflow.store.db.utils.MAX_RETRY_COUNT = 4


class UnreachableRegistryError(DatasetError):
    """MLflow's registry does not answer."""


@contextmanager
def ask_registry(address: str | None = None) -> Iterator[None]:
    """Replace errors of a registry that does not answer with an error that names the registry.

    Args:
        address: The address of the registry; None for the address that MLflow uses.

    Raises:
        UnreachableRegistryError: Instead of the error of MLflow, the database or HTTP.
        WrongCallError: When the address is invalid or its driver is not installed.
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
    """Find a registry that does not answer among the causes of an error.

    Args:
        error: The error of a run.
        address: As for `ask_registry`.

    Returns:
        The error to show instead; None when the registry is not the cause.
    """
    causes = list(walk_causes(error))
    for cause in causes:
        if isinstance(cause, UnreachableRegistryError):
            return cause
    # A database or HTTP error that MLflow did not wrap may be about a table.
    if not any(isinstance(cause, MlflowException) and is_unreachable(cause) for cause in causes):
        return None
    return _name_registry(address or mlflow.get_tracking_uri(), _find_reason(causes))


def explain_damaged_registry(error: BaseException) -> UnreadableFileError | None:
    """Find a damaged SQLite file among the causes of an error; None for other errors."""
    for cause in walk_causes(error):
        if found := DAMAGE.search(str(cause)):
            return _name_damage(mlflow.get_registry_uri().removeprefix("sqlite:///"), found[0])
    return None


def is_unreachable(error: BaseException) -> bool:
    """Return whether an error means that the server did not answer, not that it answered no."""
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
    """Stop MLflow from printing links if the address has a password, which MLflow does not mask."""
    if mask_credentials(address) != address:
        os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"


def abandon_runs() -> None:
    """Close the active MLflow runs, and mark them as failed if the registry still answers.

    Otherwise MLflow would ask the registry again for each run when the process exits.
    """
    os.environ[RETRIES] = "0"
    while mlflow.active_run():
        with contextlib.suppress(Exception):  # the registry does not answer
            mlflow.end_run(RunStatus.to_string(RunStatus.FAILED))


def _find_reason(causes: list[BaseException]) -> str:
    """Return the message of the first cause; for a database, the message of its driver."""
    first = [cause for cause in causes if is_unreachable(cause)][-1]
    return str(getattr(first, "orig", None) or first) or type(first).__name__


def _name_registry(address: str, reason: str) -> UnreachableRegistryError:
    return UnreachableRegistryError(
        mask_credentials(
            f"MLflow's registry at {address} does not answer: {take_first_line(reason)}. The "
            f"champion is unchanged. Start the registry, or correct its address: {ADDRESS}."
        )
    )


def _name_damage(file: str | Path, reason: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"Damaged file {file}: {reason}. It contains MLflow's registry, with all runs and model "
        "versions. Restore it from a backup; without one, move it away and train again."
    )


def _check_address(address: str) -> None:
    """Check a file or driver before MLflow, which retries a failed connection for a long time."""
    engine = str(address).partition(":")[0].partition("+")[0]
    if engine not in KINDS:
        raise WrongCallError(
            f"Invalid registry {mask_credentials(str(address))!r}: expected an address that begins "
            f"with one of {sorted(set(KINDS))}. Correct {ADDRESS}."
        )
    if address.startswith("sqlite:///"):
        _check_database_file(address)
    elif engine in DATABASE_ENGINES:
        _check_driver(address, engine)


def _check_driver(address: str, engine: str) -> None:
    try:
        sqlalchemy.make_url(address).get_dialect().import_dbapi()
    except (ImportError, ValueError, sqlalchemy.exc.ArgumentError) as error:
        raise WrongCallError(
            f"Cannot open MLflow's registry at {mask_credentials(address)}: {error}. Install the "
            f"driver{INSTALL.get(engine, '')}, or correct the address: {ADDRESS}."
        ) from error


def _check_database_file(address: str) -> None:
    file = Path(address.removeprefix("sqlite:///"))
    try:
        if file.exists():
            with file.open("r+b") as database:
                start = database.read(len(SQLITE))
            if start and start != SQLITE:
                raise _name_damage(file, "it is not a database")
        else:
            folder = next(parent for parent in file.absolute().parents if parent.exists())
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = f"cannot open {file} for reading and writing: {error}"
        raise _name_registry(address, reason) from error
