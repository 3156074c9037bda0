"""Hooks for MLflow runs: errors of the registry, the status of a run, the data fingerprint."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import mlflow
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from kedro_asof.errors import WrongCallError
from telco_churn.learning.training_examples import fingerprint_examples
from telco_churn.registry.killed_runs import RUNS, hold_and_mark
from telco_churn.registry.registry_errors import (
    abandon_runs,
    ask_registry,
    explain_lost_registry,
    hide_credentials,
)

ADDRESS = "mlflow_tracking_uri"


def _read_address(context: KedroContext) -> str:
    """Return the address of the registry, or an error for a misspelt key of mlflow.yml."""
    server = (context.config_loader["mlflow"] or {}).get("server") or {}
    if ADDRESS not in server:
        found = next(iter(server), "nothing")
        raise WrongCallError(
            f"Missing server.{ADDRESS} in conf/base/mlflow.yml: found {found}. Correct the file."
        )
    return str(server[ADDRESS])


class RegistryErrorsHook:
    """Explains a registry that does not answer, at the start of a run or during the run."""

    @hook_impl(wrapper=True)
    def after_context_created(self, context: KedroContext) -> Iterator[None]:
        """Run all other hooks, which may ask the registry."""
        address = _read_address(context)
        hide_credentials(address)
        with ask_registry(address):
            yield

    @hook_impl(wrapper=True)
    def on_pipeline_error(self, error: Exception) -> Iterator[None]:
        """Let trackers close their runs; ignore their errors if the registry is lost."""
        is_lost = explain_lost_registry(error) is not None
        if is_lost:
            abandon_runs()
        try:
            yield
        except Exception:
            if not is_lost:
                raise


class MarkKilledRunsHook(threading.local):
    """Ends an MLflow run together with its Kedro run, and marks runs of killed processes.

    It is local to a thread, as active runs of MLflow are: Kedro's server uses many threads.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._began = 0  # milliseconds since 1970, as in MLflow
        self._run_id = ""  # the MLflow run, if it started with this Kedro run
        self._held = ExitStack()

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Find the folder of locks (an object store has none), and end a run left by Ctrl-C.

        Otherwise kedro-mlflow would log this Kedro run to the MLflow run that is still open.
        """
        self._end("KILLED")
        data = str(context.config_loader["globals"]["data"])
        self._folder = None if "://" in data else Path(context.project_path, data, RUNS)
        self._began = int(time.time() * 1000)

    @hook_impl(trylast=True)
    def before_pipeline_run(self) -> None:
        """Lock the active MLflow run, if any, and mark the runs whose lock is free."""
        active = mlflow.active_run()
        if active is None:
            return
        if active.info.start_time >= self._began:  # an older run belongs to the caller
            self._run_id = active.info.run_id
        if self._folder:
            self._held.enter_context(hold_and_mark(self._folder, self._run_id))

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """End the MLflow run, if kedro-mlflow has not ended it."""
        self._end("FINISHED")

    @hook_impl(trylast=True)
    def on_pipeline_error(self) -> None:
        """End the MLflow run, if kedro-mlflow has not ended it."""
        self._end("FAILED")

    def _end(self, status: str) -> None:
        try:
            while (active := mlflow.active_run()) and active.info.run_id == self._run_id:
                mlflow.end_run(status)
        finally:
            self._run_id = ""
            with suppress(OSError):  # the next run removes the lock file
                self._held.close()


class TagTrainingDataHook:
    """Tags the MLflow run with the fingerprint of its training data, even without a new model."""

    def __init__(self) -> None:
        self._source = ""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Find the dataset that gives the fingerprint in this pipeline."""
        is_taken = "examples_summary" in pipeline.all_outputs()
        self._source = "examples_summary" if is_taken else "examples"

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Tag the active run, if any."""
        active = mlflow.active_run()
        if dataset_name == self._source and active:
            taken = self._source == "examples_summary"
            found = data.fingerprint if taken else fingerprint_examples(data)
            mlflow.MlflowClient().set_tag(active.info.run_id, "data_fingerprint", found)
