"""Marks MLflow's runs of processes that were killed; MLflow itself calls them running for ever.

A run holds a lock on a file named like MLflow's run. Another that gets the lock knows that the
owner is dead.
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import mlflow
from filelock import FileLock, Timeout
from mlflow.exceptions import MlflowException

from kedro_asof.errors import take_first_line

logger = logging.getLogger(__name__)

RUNS = ".runs"  # beside the outputs of an environment, which all machines that run it share


@contextmanager
def hold_and_mark(folder: Path, run_id: str) -> Iterator[None]:
    """Mark the runs without an owner, and hold one; an error is logged as a warning.

    Args:
        folder: The folder of locks.
        run_id: MLflow's run to hold; empty for none.
    """
    with ExitStack() as held:
        try:
            if run_id:
                held.enter_context(_hold_lock(folder / run_id))
            for file in folder.glob("[!.]*"):
                _mark_if_dead(file)
        except Exception as error:  # no run is worth less for the status of another
            logger.warning("Killed runs are not marked in MLflow: %s", take_first_line(error))
        yield


@contextmanager
def _hold_lock(file: Path) -> Iterator[None]:
    """Put a file in its place that is locked already: one that is free tells of a dead owner."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{uuid.uuid4().hex}")
    new.touch()
    new.write_text(str(new.stat().st_ino))
    try:
        with FileLock(new, blocking=False, fallback_to_soft=False):
            new.rename(file)
            yield
            file.unlink()
    finally:
        new.unlink(missing_ok=True)


def _mark_if_dead(file: Path) -> None:
    # A lock of another user, or one that is held, is left alone.
    with suppress(Timeout, PermissionError), FileLock(file, blocking=False, fallback_to_soft=False):
        if file.read_text() == str(file.stat().st_ino):  # else a copy, in a copy of the project
            _mark_killed(file.name)
        file.unlink()


def _mark_killed(run_id: str) -> None:
    client = mlflow.MlflowClient()
    try:
        info = client.get_run(run_id).info
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":  # in a registry that was used before
            return
        raise
    if info.status == "RUNNING" and info.lifecycle_stage == "active":
        client.set_terminated(run_id, "KILLED")
        logger.info("MLflow's run %s was killed and is marked so now.", run_id)
