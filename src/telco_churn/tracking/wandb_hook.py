"""Logs a Kedro run to W&B: parameters, and the datasets whose catalog entry asks for it.

Tracking can never fail a run: whatever goes wrong here is said once and left.
"""

import functools
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from pydantic import BaseModel

from telco_churn.tracking.wandb_config import WandbConfig, WandbEntry

logger = logging.getLogger(__name__)


def never_fail(method: Callable[..., None]) -> Callable[..., None]:
    """Say once what could not be tracked, then track no more in this run."""

    @functools.wraps(method)
    def guarded(self: "WandbHook", **kwargs: Any) -> None:
        if self.is_broken:
            return
        try:
            method(self, **kwargs)
        except Exception as error:  # tracking is never worth a run, whatever the reason
            self.is_broken = True
            logger.warning("W&B does not track this run: %s: %s", type(error).__name__, error)

    return guarded


class WandbHook:
    """One W&B run per Kedro run."""

    def __init__(self) -> None:
        self.is_broken = False
        self._config: WandbConfig | None = None
        self._entries: dict[str, WandbEntry] = {}
        self._env = ""
        self._folder = Path()
        self._run: Any = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read `wandb.yml`; a mistake in it is an error, no such file means no tracking.

        Raises:
            pydantic.ValidationError: When it has an unknown key or value.
        """
        try:
            self._config = WandbConfig(**context.config_loader["wandb"])
        except (MissingConfigException, KeyError):
            return
        self._env = context.env or "base"
        self._folder = context.project_path / self._config.folder

    @hook_impl
    def after_catalog_created(self, conf_catalog: dict[str, Any]) -> None:
        """Collect which datasets to log.

        Raises:
            pydantic.ValidationError: When an entry asks for something unknown.
        """
        asked = {
            name: (entry.get("metadata") or {}).get("wandb")
            for name, entry in conf_catalog.items()
            if isinstance(entry, dict)
        }
        self._entries = {name: WandbEntry(**asks) for name, asks in asked.items() if asks}

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], catalog: Any) -> None:
        """Start the run."""
        self.is_broken, self._run = False, None
        if self._config and self._config.mode != "disabled":
            self._start(run_params=run_params, parameters=catalog.load("parameters"))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Log the dataset if its entry asks for it."""
        if self._run and dataset_name in self._entries:
            self._log(name=dataset_name, data=data)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """End the run well."""
        self._end(exit_code=0)

    @hook_impl
    def on_pipeline_error(self) -> None:
        """End the run as failed."""
        self._end(exit_code=1)

    @never_fail
    def _start(self, run_params: dict[str, Any], parameters: dict[str, Any]) -> None:
        import wandb  # noqa: PLC0415  (slow to import, and may be missing)

        assert self._config is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        pipelines = run_params.get("pipeline_names") or ["__default__"]
        self._run = wandb.init(
            project=self._config.project,
            entity=self._config.entity,
            mode=self._config.mode,
            dir=self._folder.parent,
            group="+".join(pipelines),
            tags=[self._env],
            config={name: _as_plain(value) for name, value in parameters.items()},
            settings=wandb.Settings(silent=True, console="off", x_disable_machine_info=True),
        )
        _link_to_mlflow(self._run)

    @never_fail
    def _log(self, name: str, data: Any) -> None:
        if self._entries[name].log == "metrics":
            self._run.log(data)
        else:
            import wandb  # noqa: PLC0415

            assert self._config is not None
            frame = data if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
            self._run.log({name: wandb.Table(dataframe=frame.head(self._config.table_rows))})

    def _end(self, exit_code: int) -> None:
        """Close the run, also one that could not be tracked to its end."""
        self.is_broken = False
        self._finish(exit_code=exit_code)

    @never_fail
    def _finish(self, exit_code: int) -> None:
        if self._run is None:
            return
        folder = Path(self._run.dir).parent
        self._run.finish(exit_code=exit_code)
        self._run = None
        if self._config and self._config.mode == "offline":
            logger.info("W&B run kept offline. To send it: wandb sync %s", folder)


def _as_plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _link_to_mlflow(run: Any) -> None:
    """Tell each tracker the other's id, where MLflow tracks this run too."""
    mlflow = sys.modules.get("mlflow")
    active = mlflow.active_run() if mlflow else None
    if mlflow and active:
        run.config.update({"mlflow_run_id": active.info.run_id})
        mlflow.set_tag("wandb_run_id", run.id)
