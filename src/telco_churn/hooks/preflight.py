"""Ends runs that could only go wrong, before anything is read or made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.validation import ParameterValidationError
from pydantic import ValidationError

from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.errors import WrongCallError
from telco_churn import pipeline_registry
from telco_churn.hooks.runners import explain_unfit_runner
from telco_churn.parameters import BLOCKS
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.renamed import refuse_renamed
from telco_churn.pipelines.features.feature_config import check_feature_config
from telco_churn.registry.registry_errors import (
    abandon_runs,
    ask_registry,
    explain_lost_registry,
    hide_credentials,
)


class CheckEnvironmentHook:
    """Ends a run whose environment has no folder, before anybody looks into it."""

    @hook_impl(wrapper=True, tryfirst=True)
    def after_context_created(self, context: KedroContext) -> Iterator[None]:
        """Compare the name with the folders of conf/.

        Raises:
            WrongCallError: Lists them.
        """
        loader = cast(OmegaConfigLoader, context.config_loader)
        conf, env = Path(loader.conf_source), loader.env or loader.default_run_env
        if conf.is_dir() and not (conf / env).is_dir():
            known = sorted(folder.name for folder in conf.iterdir() if folder.is_dir())
            raise WrongCallError(
                f"There is no environment {env!r}: {conf} has {known}. Correct --env or KEDRO_ENV."
            )
        yield


class RegistryErrorsHook:
    """Names a registry that does not answer at the start of a run, or is lost during it."""

    @hook_impl(wrapper=True)
    def after_context_created(self, context: KedroContext) -> Iterator[None]:
        """Let all others have their turn."""
        address = context.config_loader["mlflow"]["server"]["mlflow_tracking_uri"]
        hide_credentials(address)
        with ask_registry(address):
            yield

    @hook_impl(wrapper=True)
    def on_pipeline_error(self, error: Exception) -> Iterator[None]:
        """Let trackers close their runs; a lost registry fails them too, and is one fault."""
        is_lost = explain_lost_registry(error) is not None
        if is_lost:
            abandon_runs()
        try:
            yield
        except Exception:
            if not is_lost:
                raise


class CheckParametersHook:
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
        refuse_renamed(parameters)
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
        check_feature_config(features, label, find_contracts(catalog, features.windows))


class CheckRunnerHook:
    """Ends a run by a runner that would fail half-way."""

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Look at the runner before any tracker hears of a run.

        Raises:
            ParameterValidationError: When it cannot run this pipeline.
        """
        runner = str(run_params["runner"])
        reason = explain_unfit_runner(runner, pipeline, catalog)
        if reason:
            name = "ThreadRunner" if "ThreadRunner" in runner else "ParallelRunner"
            raise ParameterValidationError(
                f"{name} cannot run this pipeline: {reason}. Leave out --runner: the engine uses "
                "all cores by itself."
            )


def _explain(block: str, error: ValidationError) -> str:
    """Say in one line a fault what is where, and what is allowed."""
    faults = [
        f"{'.'.join([block, *(str(part) for part in fault['loc'])])} is {fault['input']!r}: "
        f"{fault['msg'].removeprefix('Value error, ').removesuffix('.')}"
        for fault in error.errors()
    ]
    return "; ".join(faults) + f". Correct --params or the block {block} in conf/."
