"""Print the summary of a run."""

import logging
from typing import Any

import click
from kedro.framework.hooks import hook_impl


class ShowSummaryHook:
    """Prints the summary at the end of a run, unless the log level hides INFO."""

    def __init__(self) -> None:
        self._summary = ""

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Clear the summary of an earlier run that failed."""
        self._summary = ""

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Store the summary."""
        if dataset_name == "run_summary":
            self._summary = data

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Print the summary."""
        if logging.getLogger(__name__).isEnabledFor(logging.INFO):
            click.echo(self._summary)
