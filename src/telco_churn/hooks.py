"""What happens around a run, beside the nodes."""

from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.validation import ParameterValidationError
from pydantic import ValidationError

from telco_churn.parameters import BLOCKS


class RefuseUnknownParameters:
    """Ends a run that was given a parameter that nothing reads: most often it is a misspelt one.

    Kedro checks the blocks that the chosen pipelines read; this one looks at all of them.
    """

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Compare the parameters with the blocks that there are."""
        parameters = context.config_loader["parameters"]
        unknown = sorted(set(parameters) - set(BLOCKS))
        if unknown:
            raise ParameterValidationError(
                f"Unknown parameters {unknown}; there are {sorted(BLOCKS)}. Correct --params or "
                "the files in conf/."
            )
        for name, value in parameters.items():
            try:
                BLOCKS[name].model_validate(value)
            except ValidationError as error:
                raise ParameterValidationError(f"Parameter '{name}': {error}") from error


class ShowSummary:
    """Prints the run's summary as its last words."""

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
        click.echo(self._summary)
        self._summary = ""
