"""Logs a Kedro run to W&B: parameters, and the datasets whose catalog entry asks for it.

Tracking can never fail a run: whatever goes wrong is said once and left. Only a mistake in
`wandb.yml` or in an entry ends it, before anything has run.
"""

import atexit
import os
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from telco_churn.tracking.config import WandbConfig, choose_mode, read_config
from telco_churn.tracking.entries import read_entry
from telco_churn.tracking.environment import describe_environment
from telco_churn.tracking.guard import never_fail
from telco_churn.tracking.mlflow_link import MlflowLink
from telco_churn.tracking.plan import Plan, make_plan
from telco_churn.tracking.recorder import Recorder
from telco_churn.tracking.run_facts import choose_id, describe_run, join_path
from telco_churn.tracking.scratch import Scratch
from telco_churn.tracking.sender import Sender
from telco_churn.tracking.spool import Spool
from telco_churn.tracking.termination import Termination
from telco_churn.tracking.wandb_run import WandbRun
from telco_churn.tracking.watching import Watcher

INTERRUPTED, TERMINATED = 130, 143  # as shells number what SIGINT and SIGTERM end


class WandbHook:
    """One W&B run per Kedro run."""

    def __init__(self) -> None:
        self._config: WandbConfig | None = None
        self._credentials: dict[str, str] | None = None
        self._env = ""
        self._project = Path()
        self._plan: Plan | None = None
        self._recorder: Recorder | None = None
        self._spool: Spool | None = None
        self._watcher: Watcher | None = None
        self._process = 0  # for which the watcher was made
        self._sender = Sender()
        self._scratch = Scratch()
        self._termination = Termination(lambda: self._abandon(exit_code=TERMINATED))

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read `wandb.yml`; no such file means no tracking.

        Raises:
            ParameterValidationError: When it has an unknown key or value.
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
        """Check what entries ask for, before anything runs.

        Raises:
            ParameterValidationError: When one asks for something unknown.
        """
        for name, entry in conf_catalog.items():
            asked = (entry.get("metadata") or {}).get("wandb") if isinstance(entry, dict) else None
            if asked:
                read_entry(asked, f"metadata.wandb of {name} in the catalog")

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any
    ) -> None:
        """Start the run, after MLflow has started its own."""
        self._recorder = self._spool = self._watcher = None
        self._begin(run_params, pipeline, catalog)

    @hook_impl
    @never_fail
    def before_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Take the time."""
        if watcher := self._find_watcher():
            watcher.begin(node.name, "load", dataset_name)

    @hook_impl
    @never_fail
    def after_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """Note an input."""
        if watcher := self._find_watcher():
            watcher.note_loaded(node.name, dataset_name)

    @hook_impl
    @never_fail
    def before_node_run(self, node: Node) -> None:
        """Take the time."""
        if watcher := self._find_watcher():
            watcher.begin(node.name, "run")

    @hook_impl
    @never_fail
    def after_node_run(self, node: Node) -> None:
        """Note how long it took."""
        if watcher := self._find_watcher():
            watcher.note_run(node.name)

    @hook_impl
    @never_fail
    def before_dataset_saved(self, dataset_name: str, node: Node) -> None:
        """Take the time."""
        if watcher := self._find_watcher():
            watcher.begin(node.name, "save", dataset_name)

    @hook_impl
    @never_fail
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """Log the dataset if its entry asks for it."""
        if watcher := self._find_watcher():
            watcher.note_saved(node.name, dataset_name, data)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """End the run well."""
        self._end(exit_code=0)

    @hook_impl(tryfirst=True)  # the hook of another tracker may fail
    def on_pipeline_error(self) -> None:
        """End the run as failed."""
        self._end(exit_code=1)

    @never_fail
    def _begin(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        if self._config is None:
            return
        self._scratch.enter()
        plan = make_plan(self._config, pipeline, catalog, self._project)
        about = describe_run(plan, run_params, catalog.load("parameters"), self._env)
        mlflow, run_id = MlflowLink(), choose_id()
        about["config"] |= describe_environment(self._project) | {"mlflow_run_id": mlflow.run_id}
        run = WandbRun(run_id, about, self._project / self._config.folder)
        recorder, spool = Recorder(run, mlflow, self._config, self._sender), Spool.open(plan)
        recorder.start()
        self._plan, self._recorder, self._spool = plan, recorder, spool
        self._watcher, self._process = Watcher(plan, recorder.take), os.getpid()
        atexit.register(self._abandon)
        self._termination.watch()
        if not recorder.has_failed:
            path = join_path(self._config, run_id)
            mlflow.set_tags({"wandb_run_id": run_id, "wandb_run_path": path})

    def _find_watcher(self) -> Watcher | None:
        """Return that of this process: a child that ParallelRunner started makes its own."""
        if self._process != os.getpid():
            spool = Spool.find()
            self._watcher = Watcher(spool.read_plan(), spool.write) if spool else None
            self._process = os.getpid()
        return self._watcher

    @never_fail
    def _end(self, exit_code: int) -> None:
        try:
            self._finish(exit_code)
        finally:
            self._scratch.leave()

    def _finish(self, exit_code: int) -> None:
        recorder, spool, plan = self._recorder, self._spool, self._plan
        self._recorder = self._spool = self._watcher = None
        if recorder is None or spool is None or plan is None:
            return
        atexit.unregister(self._abandon)
        self._termination.forget()
        for event in spool.drain():
            recorder.take(event)
        recorder.take_outputs(plan)
        recorder.finish(exit_code, self._credentials)

    @never_fail
    def _abandon(self, exit_code: int = INTERRUPTED) -> None:
        """Close a run whose process ends without Kedro's saying how, at Ctrl-C for one."""
        if self._recorder and self._spool and self._process == os.getpid():
            self._spool.close()
            recorder, self._recorder = self._recorder, None
            recorder.abandon(exit_code)
            self._scratch.remove()  # a process that SIGTERM ends does nothing at its exit


def _read_credentials(context: KedroContext) -> dict[str, str]:
    """Take `wandb:` of credentials.yml: `api_key`, and `base_url` of a server of your own."""
    try:
        given = context.config_loader["credentials"].get("wandb") or {}
    except (MissingConfigException, KeyError):
        return {}
    return {name: str(given[name]) for name in ("api_key", "base_url") if name in given}
