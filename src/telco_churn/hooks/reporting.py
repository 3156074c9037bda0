"""Print what a run understood of a table, and the summary at its end."""

import logging
from typing import Any

from kedro.framework.hooks import hook_impl

from kedro_asof.logs import show


class ShowSummaryHook:
    """Prints the overview of a table at once and the summary at the end.

    A log level above INFO hides both.
    """

    def __init__(self) -> None:
        self._summary = ""

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Clear the summary of an earlier run that failed."""
        self._summary = ""

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Store the summary; print an overview before the long work starts."""
        if dataset_name == "run_summary":
            self._summary = data
        if dataset_name == "table_overview":
            self._show(data)

    @hook_impl(trylast=True)
    def after_pipeline_run(self) -> None:
        """Print the summary."""
        self._show(self._summary)

    def _show(self, text: str) -> None:
        if logging.getLogger(__name__).isEnabledFor(logging.INFO):
            show(text)
