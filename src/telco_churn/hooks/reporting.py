"""Shows what a run made."""

import logging
from typing import Any

import click
from kedro.framework.hooks import hook_impl


class ShowSummaryHook:
    """Prints the run's summary as its last words, unless only warnings are asked for."""

    def __init__(self) -> None:
        self._summary = ""

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Forget the summary of a run that failed after it."""
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
