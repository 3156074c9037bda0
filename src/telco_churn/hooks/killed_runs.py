"""Marks MLflow's runs of processes that were killed; MLflow itself calls them running for ever."""

import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import mlflow
from filelock import FileLock, Timeout
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from mlflow.exceptions import MlflowException

logger = logging.getLogger(__name__)

RUNS = ".runs"  # beside the outputs of an environment, which all machines that run it share


class MarkKilledRunsHook:
    """Holds a lock named like MLflow's run: the run that gets it later knows its owner is dead."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._began = 0
        self._held = ExitStack()

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Find the folder of locks; an object store has none."""
        data = str(context.config_loader["globals"]["data"])
        self._folder = None if "://" in data else Path(context.project_path, data, RUNS)
        self._began = int(time.time() * 1000)  # as MLflow counts

    @hook_impl(trylast=True)
    def before_pipeline_run(self) -> None:
        """Lock MLflow's run, where there is one, and mark those whose lock is free."""
        self._release()
        active = mlflow.active_run()
        if self._folder is None or active is None:
            return
        try:
            if active.info.start_time >= self._began:  # else its owner may outlive this process
                self._held.enter_context(_hold_lock(self._folder / active.info.run_id))
            for file in self._folder.glob("[!.]*"):
                _mark_if_dead(file)
        except Exception as error:  # no run is worth less for the status of another
            logger.warning("Killed runs are not marked in MLflow: %s", str(error).split("\n")[0])

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Let go: MLflow's run has ended."""
        self._release()

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        """Let go: MLflow's run has ended."""
        self._release()

    def _release(self) -> None:
        with suppress(OSError):  # the next run removes the file
            self._held.close()


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
