"""Says what a run made: its summary on the screen, the fingerprint of its data in MLflow."""

import logging
from typing import Any

import click
import mlflow
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from telco_churn.learning.training_examples import fingerprint_examples


class ShowSummaryHook:
    """Prints the run's summary as its last words, unless only warnings are asked for."""

    def __init__(self) -> None:
        self._summary = ""

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Keep the summary."""
        if dataset_name == "run_summary":
            self._summary = data

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Print it."""
        if logging.getLogger(__name__).isEnabledFor(logging.INFO):
            click.echo(self._summary)
        self._summary = ""


class TagTrainingDataHook:
    """Tags MLflow's run with the fingerprint of what it learns from, registered model or not."""

    def __init__(self) -> None:
        self._source = ""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """See whether the pipeline takes the fingerprint itself."""
        is_taken = "examples_summary" in pipeline.all_outputs()
        self._source = "examples_summary" if is_taken else "examples"

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Tag the run, where there is one."""
        active = mlflow.active_run()
        if dataset_name == self._source and active:
            taken = self._source == "examples_summary"
            found = data.fingerprint if taken else fingerprint_examples(data)
            mlflow.MlflowClient().set_tag(active.info.run_id, "data_fingerprint", found)
