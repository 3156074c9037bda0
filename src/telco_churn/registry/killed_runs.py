"""Mark MLflow runs of killed processes, which MLflow itself shows as running forever.

Each run locks a file named after its MLflow run. If a later run can lock that file, the process of
the earlier run has ended.
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

RUNS = ".runs"  # in the data folder of an environment, which its machines share


@contextmanager
def hold_and_mark(folder: Path, run_id: str) -> Iterator[None]:
    """Mark the runs without a process, and lock one run; errors are only logged as a warning.

    Args:
        folder: The folder of lock files.
        run_id: The MLflow run to lock; empty for none.
    """
    with ExitStack() as held:
        try:
            if run_id:
                held.enter_context(_hold_lock(folder / run_id))
            for file in folder.glob("[!.]*"):
                _mark_if_dead(file)
        except Exception as error:  # the status of other runs must not fail this run
            logger.warning("Could not mark killed runs in MLflow: %s", take_first_line(error))
        yield


@contextmanager
def _hold_lock(file: Path) -> Iterator[None]:
    """Lock a file before moving it to its place, where a free file means a killed process."""
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
    # Ignore a lock that is held or belongs to another user.
    with suppress(Timeout, PermissionError), FileLock(file, blocking=False, fallback_to_soft=False):
        if file.read_text() == str(file.stat().st_ino):  # otherwise a copy of another project's
            _mark_killed(file.name)
        file.unlink()


def _mark_killed(run_id: str) -> None:
    client = mlflow.MlflowClient()
    try:
        info = client.get_run(run_id).info
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":  # the run is in an earlier registry
            return
        raise
    if info.status == "RUNNING" and info.lifecycle_stage == "active":
        client.set_terminated(run_id, "KILLED")
        logger.info("Marked MLflow run %s as KILLED: its process ended early.", run_id)
