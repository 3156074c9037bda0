"""The Kedro hook: one W&B run per Kedro run.

In: Kedro's calls before and after each run, node and dataset. Out: a run that a `Recorder` writes.

Tracking never fails a run: an error is logged once. Only a mistake in `wandb.yml` or in a catalog
entry stops the run, before the first node.
"""

import atexit
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_wandb.config import WandbConfig, choose_mode, read_config
from kedro_wandb.event_queue import EventQueue
from kedro_wandb.log_specs import read_metadata
from kedro_wandb.mlflow_link import MlflowLink
from kedro_wandb.observer import Observer
from kedro_wandb.recorder import Recorder
from kedro_wandb.run_config import Plan, choose_id, describe_run, join_path, make_plan
from kedro_wandb.safeguards import Scratch, Termination, never_fail
from kedro_wandb.wandb_log import Sender
from kedro_wandb.wandb_run import WandbRun

INTERRUPTED, TERMINATED = 130, 143  # exit codes that a shell gives after SIGINT and SIGTERM


class WandbHook:
    """Logs to W&B the parameters, and the datasets with a `wandb` block in their metadata."""

    def __init__(self) -> None:
        self._config: WandbConfig | None = None
        self._credentials: dict[str, str] | None = None
        self._env = ""
        self._project = Path()
        self._recorder: Recorder | None = None
        self._observer: Observer | None = None
        self._process = 0  # process that created the observer
        self._sender = Sender()
        self._scratch = Scratch()
        self._termination = Termination(lambda: self._abandon(exit_code=TERMINATED))

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read `wandb.yml`; without the file, nothing is tracked.

        Raises:
            ParameterValidationError: If the file has an unknown key or an invalid value.
        """
        self._config = None
        try:
            config = read_config(context.config_loader["wandb"])
        except (MissingConfigException, KeyError):
            return
        given = _read_credentials(context)
        mode = choose_mode(config, bool(os.environ.get("WANDB_API_KEY") or given.get("api_key")))
        self._config = None if mode == "disabled" else config
        self._credentials = given if mode == "online" else None
        self._env = context.env or getattr(context.config_loader, "default_run_env", "") or "base"
        self._project = Path(context.project_path)

    @hook_impl
    def after_catalog_created(self, conf_catalog: dict[str, Any]) -> None:
        """Validate the metadata of all catalog entries, before the first node runs.

        Raises:
            ParameterValidationError: If a `wandb` block has an unknown key or an invalid value.
        """
        for name, entry in conf_catalog.items():
            if isinstance(entry, dict):
                read_metadata(name, entry.get("metadata"))

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any
    ) -> None:
        """Start the W&B run, after MLflow has started its run."""
        self._recorder = self._observer = None
        self._begin(run_params, pipeline, catalog)

    @hook_impl
    def before_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Start timing a load."""
        self._observe(lambda observer: observer.begin(node.name, "load", dataset_name))

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Record a loaded input."""
        self._observe(lambda observer: observer.note_loaded(node.name, dataset_name))

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Start timing a node."""
        self._observe(lambda observer: observer.begin(node.name, "run"))

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Record the duration of a node."""
        self._observe(lambda observer: observer.note_run(node.name))

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Start timing a save."""
        self._observe(lambda observer: observer.begin(node.name, "save", dataset_name))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Record a saved output, and log it if its catalog entry has a `wandb` block."""
        self._observe(lambda observer: observer.note_saved(node.name, dataset_name, data))

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Close the run as finished."""
        self._end(exit_code=0)

    @hook_impl(tryfirst=True)  # because the hook of another tracker may fail
    def on_pipeline_error(self) -> None:
        """Close the run as failed."""
        self._end(exit_code=1)

    @never_fail
    def _begin(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        if self._config is None:
            return
        self._scratch.enter()
        plan = make_plan(self._config, pipeline, catalog, self._project)
        description = describe_run(plan, run_params, catalog.load("parameters"), self._env)
        mlflow, run_id = MlflowLink(), choose_id()
        description["config"]["mlflow_run_id"] = mlflow.run_id
        run = WandbRun(run_id, description, self._project / self._config.folder)
        recorder = Recorder(plan, run, mlflow, self._sender)
        recorder.start()
        self._recorder, self._process = recorder, os.getpid()
        self._observer = Observer(plan, recorder.take)
        atexit.register(self._abandon)
        self._termination.watch()
        if not recorder.has_failed:
            path = join_path(self._config, run_id)
            mlflow.set_tags({"wandb_run_id": run_id, "wandb_run_path": path})

    @never_fail
    def _observe(self, note: Callable[[Observer], None]) -> None:
        """Call the observer of this process; each child process of ParallelRunner creates one."""
        if self._process != os.getpid():
            self._observer, self._process = None, os.getpid()
            if queue := EventQueue.find():
                self._observer = Observer(Plan.model_validate_json(queue.read_plan()), queue.put)
        if self._observer:
            note(self._observer)

    @never_fail
    def _end(self, exit_code: int) -> None:
        recorder, self._recorder, self._observer = self._recorder, None, None
        try:
            if recorder:
                atexit.unregister(self._abandon)
                self._termination.forget()
                recorder.finish(exit_code, self._credentials)
        finally:
            self._scratch.leave()

    @never_fail
    def _abandon(self, exit_code: int = INTERRUPTED) -> None:
        """Close the run if the process ends without a last call from Kedro, as after Ctrl-C."""
        if self._recorder and self._process == os.getpid():
            recorder, self._recorder = self._recorder, None
            recorder.abandon(exit_code)
            self._scratch.remove()  # because exit handlers do not run after SIGTERM


def _read_credentials(context: KedroContext) -> dict[str, str]:
    """Read `wandb:` in credentials.yml: `api_key`, and `base_url` of a self-hosted server."""
    try:
        given = context.config_loader["credentials"].get("wandb") or {}
    except (MissingConfigException, KeyError):
        return {}
    return {name: str(given[name]) for name in ("api_key", "base_url") if name in given}
