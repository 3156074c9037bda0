"""Link between both trackers: the MLflow run gets the W&B run's id, pictures and digests.

In: the MLflow run that another hook has started, if MLflow is installed and a run is active. Out:
tags, plots, datasets and parameters of that run.
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

DIGEST_LENGTH = 36  # characters; MLflow's limit for a digest
BATCH = 100  # parameters; MLflow's limit for one request
VALUE_LENGTH = 6000  # characters; MLflow's limit for the value of a parameter
FILE = "parameters.json"


def _find_active_run() -> tuple[Any, str | None]:
    """Return MLflow, if another hook has imported it, and the id of its active run."""
    mlflow: Any = sys.modules.get("mlflow")
    active = mlflow.active_run() if mlflow else None
    return mlflow, active.info.run_id if active else None


class MlflowLink:
    """The MLflow run of the same Kedro run; without an active run, its methods do nothing.

    Attributes:
        run_id: Id of the MLflow run, or None.
    """

    def __init__(self) -> None:
        self._mlflow, self.run_id = _find_active_run()

    def set_tags(self, tags: dict[str, str]) -> None:
        """Set tags of the MLflow run."""
        if self.run_id:
            for name, value in tags.items():
                self._mlflow.MlflowClient().set_tag(self.run_id, name, value)

    def log_pictures(self, pictures: Sequence[Picture]) -> None:
        """Log pictures as artifacts under `plots/`."""
        if self.run_id is None or not pictures:
            return
        with tempfile.TemporaryDirectory() as folder:
            for picture in pictures:
                file = Path(folder, f"{picture.name}{picture.suffix}")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(picture.content)
            self._mlflow.MlflowClient().log_artifacts(self.run_id, folder, "plots")

    def log_datasets(self, references: Iterable[Reference]) -> None:
        """Log the datasets that the run read and wrote, each with its digest."""
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
        """Mark the run killed; MLflow's exit handler would mark it finished."""
        if self.run_id and self._mlflow.active_run():
            self._mlflow.end_run("KILLED")
        elif self.run_id:  # MLflow's active run belongs to the thread that started it
            self._mlflow.MlflowClient().set_terminated(self.run_id, "KILLED")


class MlflowParameters:
    """A hook that logs all parameters of a run to MLflow before the first node runs.

    Each value is logged separately and in full, in few requests. kedro-mlflow logs parameters node
    by node: it turns a typed block into one text, and cuts it at 6,000 characters or warns.
    This hook removes the parameters from the inputs that kedro-mlflow sees.
    """

    def __init__(self) -> None:
        self._has_logged = False
        self._redactor = Redactor(Redaction(identifiers=()))

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read the names to redact from `wandb.yml`.

        Raises:
            ParameterValidationError: If the file has an unknown key or an invalid value.
        """
        with contextlib.suppress(MissingConfigException, KeyError):
            self._redactor = Redactor(read_config(context.config_loader["wandb"]).redact)

    @hook_impl(trylast=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any
    ) -> None:
        """Log the parameters that the pipeline reads, after MLflow's run has started."""
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
            if given := run_params.get("runtime_params"):  # overwrites kedro-mlflow's tag
                redacted = json.dumps(self._redactor.redact(as_plain(given)))
                mlflow.MlflowClient().set_tag(run_id, "runtime_params", redacted)
        except mlflow.exceptions.MlflowException as error:
            logger.warning("Cannot log all parameters to MLflow before the run: %s", error)

    @hook_impl(tryfirst=True)
    def before_node_run(self, inputs: dict[str, Any]) -> None:
        """Remove parameters from the inputs that other hooks see; the node has its own copy."""
        if self._has_logged:
            for name in [name for name in inputs if name.startswith("params:")]:
                del inputs[name]


def _log_batches(mlflow: Any, run_id: str, values: dict[str, str]) -> None:
    from mlflow.entities import Param  # noqa: PLC0415  (optional dependency)

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
    return f"sha256 {hashlib.sha256(text.encode()).hexdigest()}, full value in {FILE}"
