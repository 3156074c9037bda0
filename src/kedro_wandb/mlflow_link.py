"""Connects both trackers: MLflow's run gets the W&B run's id, pictures, digests and parameters.

In: the MLflow run that another hook has started; there may be none, nor MLflow itself. Out: its
tags, plots, data sets and parameters.
"""

import contextlib
import hashlib
import json
import logging
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from kedro_wandb.config import Redaction, read_config
from kedro_wandb.event_queue import Picture, Reference
from kedro_wandb.redaction import Redactor
from kedro_wandb.serialize import as_plain

logger = logging.getLogger(__name__)

DIGEST_LENGTH = 36  # characters that MLflow takes
BATCH = 100  # parameters that MLflow takes at once
VALUE_LENGTH = 6000  # characters of a value that MLflow takes
FILE = "parameters.json"


def _find_active_run() -> tuple[Any, str | None]:
    """Return MLflow, if a hook that tracks with it has imported it, and the id of its run."""
    mlflow: Any = sys.modules.get("mlflow")
    active = mlflow.active_run() if mlflow else None
    return mlflow, active.info.run_id if active else None


class MlflowLink:
    """The MLflow run beside the W&B run; without one, nothing happens.

    Attributes:
        run_id: MLflow's id, or None.
    """

    def __init__(self) -> None:
        self._mlflow, self.run_id = _find_active_run()

    def set_tags(self, tags: dict[str, str]) -> None:
        """Tag the run."""
        if self.run_id:
            for name, value in tags.items():
                self._mlflow.MlflowClient().set_tag(self.run_id, name, value)

    def log_pictures(self, pictures: Sequence[Picture]) -> None:
        """Keep pictures under `plots/`."""
        if self.run_id is None or not pictures:
            return
        with tempfile.TemporaryDirectory() as folder:
            for picture in pictures:
                file = Path(folder, f"{picture.name}{picture.suffix}")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(picture.content)
            self._mlflow.MlflowClient().log_artifacts(self.run_id, folder, "plots")

    def log_datasets(self, references: Iterable[Reference]) -> None:
        """Note which data the run has read and written, by digest."""
        if self.run_id is None:
            return
        from mlflow.entities import Dataset, DatasetInput, InputTag  # noqa: PLC0415

        datasets = [
            DatasetInput(
                Dataset(
                    name=reference.name,
                    digest=reference.digest[:DIGEST_LENGTH],
                    source_type="kedro",
                    source=json.dumps({"uri": reference.uri}),
                    profile=json.dumps(reference.facts),
                ),
                tags=[InputTag("mlflow.data.context", "input" if reference.is_input else "output")],
            )
            for reference in references
            if reference.digest
        ]
        if datasets:
            self._mlflow.MlflowClient().log_inputs(self.run_id, datasets)

    def end_as_killed(self) -> None:
        """Mark the run killed: at the exit of a process MLflow would call it finished."""
        if self.run_id and self._mlflow.active_run():
            self._mlflow.end_run("KILLED")
        elif self.run_id:  # in another thread than the run's own, for which MLflow has none
            self._mlflow.MlflowClient().set_terminated(self.run_id, "KILLED")


class MlflowParameters:
    """A hook that logs all parameters of a run to MLflow, one by one, whole, in one request.

    kedro-mlflow logs those of each node as that node runs: a typed block as one text, cut at 6,000
    characters or warned about. This hook leaves it none.
    """

    def __init__(self) -> None:
        self._has_logged = False
        self._redactor = Redactor(Redaction(identifiers=()))

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read from `wandb.yml` which names to keep back.

        Raises:
            ParameterValidationError: When it has an unknown key or value.
        """
        with contextlib.suppress(MissingConfigException, KeyError):
            self._redactor = Redactor(read_config(context.config_loader["wandb"]).redact)

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any
    ) -> None:
        """Log the parameters that the pipeline reads, once MLflow's run has begun."""
        self._has_logged = False
        mlflow, run_id = _find_active_run()
        if run_id is None:
            return
        names = sorted(name for name in pipeline.inputs() if name.startswith("params:"))
        read = {name.removeprefix("params:"): as_plain(catalog.load(name)) for name in names}
        values = self._redactor.redact(read)
        try:
            _log_batches(mlflow, run_id, dict(_flatten(values)))
            mlflow.MlflowClient().log_dict(run_id, values, FILE)
            self._has_logged = True
            if given := run_params.get("runtime_params"):  # kedro-mlflow tags the run with it
                redacted = json.dumps(self._redactor.redact(as_plain(given)))
                mlflow.MlflowClient().set_tag(run_id, "runtime_params", redacted)
        except mlflow.exceptions.MlflowException as error:
            logger.warning("MLflow did not take the parameters at once: %s", error)

    @hook_impl(tryfirst=True)
    def before_node_run(self, inputs: dict[str, Any]) -> None:
        """Take the parameters out of the inputs that other hooks see; the node has its own copy."""
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
    if len(text) <= VALUE_LENGTH:
        return text
    return f"sha256 {hashlib.sha256(text.encode()).hexdigest()}, whole in {FILE}"
