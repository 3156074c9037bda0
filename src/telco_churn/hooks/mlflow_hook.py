"""The hook of kedro-mlflow with readable runs, without the import of every dataset."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner

from kedro_asof.git_commit import find_commit

# MLflow warns about a class of kedro-mlflow without type hints, and ignores warning filters.
with warnings.catch_warnings(record=True) as caught:
    from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook as KedroMlflowHook
for warning in caught:
    if "type hint" not in str(warning.message):
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


METRICS = "kedro_mlflow.io.metrics."  # the module of the metric datasets
# Options of `kedro run` whose names differ from those of Kedro's run parameters.
OPTIONS = {"pipeline_names": "pipelines", "node_names": "nodes"}
LISTS = ("tags", "from_nodes", "to_nodes", "from_inputs", "to_outputs", "namespaces")
# kedro-mlflow would tag Kedro's session as `run_id`, which is not the id of the MLflow run, and
# parameters as Python text; `MlflowParameters` logs them as JSON, without redacted values.
NOT_TAGGED = ("run_id", "runtime_params")


class MlflowHook(KedroMlflowHook):  # type: ignore[misc]
    """Names runs, tags and metric datasets for people, and leaves other datasets to the nodes."""

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog, conf_catalog: dict[str, Any]) -> None:
        """Pass only the metric datasets: reading an entry imports and creates it."""
        types = {name: str(conf_catalog.get(name, {}).get("type")) for name in catalog}
        named = {name: catalog[name] for name, of in types.items() if of.startswith(METRICS)}
        super().after_catalog_created(named, conf_catalog, {}, {}, "", {})
        for name, dataset in named.items():
            catalog[name] = dataset

    @hook_impl
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Start a run named after its pipelines and its date, with readable tags."""
        run = self.mlflow_config.tracking.run
        pipelines = "+".join(run_params.get("pipeline_names") or ["__default__"])
        run.name = run.name or f"{pipelines} {catalog.load('params:as_of')}"
        tagged = {name: given for name, given in run_params.items() if name not in NOT_TAGGED}
        super().before_pipeline_run(tagged, pipeline, catalog)
        if self._is_mlflow_enabled:
            mlflow.set_tags(describe_call(tagged) | describe_commit(Path(tagged["project_path"])))


def describe_call(run_params: Mapping[str, Any]) -> dict[str, str]:
    """Return tags for the call of a run: its options as text, and the command without `--params`.

    Args:
        run_params: The parameters of the run that Kedro passes to hooks.
    """
    listed = ("env", "pipeline_names", "node_names", *LISTS)
    options = {name: _join(run_params[name]) for name in listed if run_params.get(name)}
    command = ["kedro run", *(f"--{_name_option(name)} {options[name]}" for name in options)]
    # Kedro gives the name of a class, the text of an instance, or the text None for its default.
    given = str(run_params.get("runner")).replace("None", SequentialRunner.__name__)
    runner = given.partition(" object at")[0].rpartition(".")[2]
    return options | {"runner": runner, "kedro_command": " ".join(command)}


def describe_commit(project: Path) -> dict[str, str]:
    """Return tags for the git commit of a project; an empty dict if there is none."""
    commit = find_commit(project)
    if commit is None:
        return {}
    return {
        "mlflow.source.git.commit": commit.sha,  # MLflow shows it next to the source of a run
        "git_commit": commit.sha,
        "git_is_clean": str(commit.is_clean).lower(),
    }


def _join(given: str | list[str]) -> str:
    return given if isinstance(given, str) else ",".join(given)


def _name_option(name: str) -> str:
    return OPTIONS.get(name, name).replace("_", "-")
