"""Logs all parameters of a run to MLflow, one by one, whole, in one request.

kedro-mlflow logs those of each node as that node runs: a typed block as one text, cut at 6,000
characters or warned about. It finds none left here.
"""

import contextlib
import hashlib
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from telco_churn.tracking.config import Redaction, read_config
from telco_churn.tracking.redaction import Redactor
from telco_churn.tracking.run_facts import as_plain

logger = logging.getLogger(__name__)

BATCH = 100  # as many as MLflow takes at once
LONGEST = 6000  # characters of a value that MLflow takes
FILE = "parameters.json"


class MlflowParameters:
    """Puts parameters where `kedro experiments` and MLflow's own pages compare them."""

    def __init__(self) -> None:
        self._has_logged = False
        self._redactor = Redactor(Redaction(identifiers=()))

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read from `wandb.yml` what is kept back.

        Raises:
            ParameterValidationError: When it has an unknown key or value.
        """
        with contextlib.suppress(MissingConfigException, KeyError):
            self._redactor = Redactor(read_config(context.config_loader["wandb"]).redact)

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any
    ) -> None:
        """Log what the pipeline reads, once MLflow's run has begun."""
        mlflow: Any = sys.modules.get("mlflow")
        self._has_logged = False
        active = mlflow.active_run() if mlflow else None
        if active is None:
            return
        names = sorted(name for name in pipeline.inputs() if name.startswith("params:"))
        read = {name.removeprefix("params:"): as_plain(catalog.load(name)) for name in names}
        values = self._redactor.redact(read)
        try:
            _log_batches(mlflow, active.info.run_id, dict(_flatten(values)))
            mlflow.MlflowClient().log_dict(active.info.run_id, values, FILE)
            self._has_logged = True
            if given := run_params.get("runtime_params"):  # kedro-mlflow tags the run with it
                told = json.dumps(self._redactor.redact(as_plain(given)))
                mlflow.MlflowClient().set_tag(active.info.run_id, "runtime_params", told)
        except mlflow.exceptions.MlflowException as error:
            logger.warning("MLflow did not take the parameters at once: %s", error)

    @hook_impl(tryfirst=True)
    def before_node_run(self, inputs: dict[str, Any]) -> None:
        """Take the parameters out of what the other hooks see; the node has a copy of its own."""
        if self._has_logged:
            for name in [name for name in inputs if name.startswith("params:")]:
                del inputs[name]


def _log_batches(mlflow: Any, run_id: str, values: dict[str, str]) -> None:
    from mlflow.entities import Param  # noqa: PLC0415  (a project may have none)

    params = [Param(name, value) for name, value in values.items()]
    for start in range(0, len(params), BATCH):
        mlflow.MlflowClient().log_batch(run_id, params=params[start : start + BATCH])


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flatten(value, f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", _shorten(value)


def _shorten(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) <= LONGEST:
        return text
    return f"sha256 {hashlib.sha256(text.encode()).hexdigest()}, whole in {FILE}"
