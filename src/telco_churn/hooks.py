"""What happens around a run, beside the nodes."""

from collections.abc import Iterator
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.validation import ParameterValidationError
from pydantic import ValidationError

from telco_churn import pipeline_registry
from telco_churn.datasets.registry_reach import ask_registry
from telco_churn.declarations import check_declarations
from telco_churn.parameters import BLOCKS, FeatureParams, LabelParams


class RefuseBadParameters:
    """Ends a run that was given a parameter that nothing reads, or a value that cannot be meant.

    Kedro checks the blocks that the chosen pipelines read; this one looks at all of them, and at
    the contracts of the tables from which features are declared.
    """

    def __init__(self) -> None:
        self._parameters: dict[str, Any] = {}

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Check each block, then let the pipelines be built for them."""
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
                raise ParameterValidationError(_explain(name, error)) from error
        pipeline_registry.build_for(parameters)
        self._parameters = parameters

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog) -> None:
        """Compare the declared features with the contracts of their tables."""
        features = FeatureParams.model_validate(self._parameters["features"])
        label = LabelParams.model_validate(self._parameters["label"])
        check_declarations(features, label, catalog)


def _explain(block: str, error: ValidationError) -> str:
    """Say in one line a fault what is where, and what is allowed."""
    faults = [
        f"{'.'.join([block, *(str(part) for part in fault['loc'])])} is {fault['input']!r}: "
        f"{fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors()
    ]
    return "; ".join(faults) + f". Correct --params or the block {block} in conf/."


class NameUnreachableRegistry:
    """Says which registry does not answer, when kedro-mlflow asks it at the start of a run."""

    @hook_impl(wrapper=True)
    def after_context_created(self, context: KedroContext) -> Iterator[None]:
        """Let all others have their turn."""
        with ask_registry(context.config_loader["mlflow"]["server"]["mlflow_tracking_uri"]):
            yield


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
