"""What happens around a run, beside the nodes."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import click
import mlflow
from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.validation import ParameterValidationError
from pydantic import ValidationError

from telco_churn import pipeline_registry
from telco_churn.datasets.registry_reach import ask_registry
from telco_churn.datasets.score_table import ScoreTable
from telco_churn.declarations import check_declarations
from telco_churn.errors import NothingToDo, WrongCallError
from telco_churn.examples import fingerprint_examples
from telco_churn.handover import hand_over
from telco_churn.parameters import BLOCKS, FeatureParams, LabelParams, ScoringParams
from telco_churn.runners import explain_unfit_runner

MADE_OF_A_DATE = {"customer_features", "churn_predictions", "contact_reasons", "churn_scores"}
PARTS_OF_A_PIPELINE = (
    "tags",
    "from_nodes",
    "to_nodes",
    "node_names",
    "from_inputs",
    "to_outputs",
    "namespaces",
)


class RefuseUnknownEnvironment:
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
        f"{fault['msg'].removeprefix('Value error, ').removesuffix('.')}"
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


class OneRunADate:
    """Lets one run at a time make the features and the scores of a date."""

    def __init__(self) -> None:
        self._claim = ExitStack()

    @hook_impl(wrapper=True, tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> Iterator[None]:
        """Claim the date, for as long as the run goes on.

        Raises:
            DateTakenError: When another run holds it.
        """
        if MADE_OF_A_DATE & pipeline.all_outputs():
            scores = cast(ScoreTable, catalog["churn_scores"])
            self._claim.enter_context(scores.claim())
        try:
            yield
        except BaseException:  # Kedro tells nobody of a run that ends before it began
            self._claim.close()
            raise

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Let go."""
        self._claim.close()

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Let go."""
        self._claim.close()


class RefuseOtherRunners:
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


class TagTrainingData:
    """Tags MLflow's run with the fingerprint of what it learns from, registered model or not."""

    def __init__(self) -> None:
        self._source = ""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """See whether the pipeline takes the fingerprint itself."""
        is_taken = "examples_facts" in pipeline.all_outputs()
        self._source = "examples_facts" if is_taken else "examples"

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Tag the run, where there is one."""
        active = mlflow.active_run()
        if dataset_name == self._source and active:
            taken = self._source == "examples_facts"
            found = data.fingerprint if taken else fingerprint_examples(data)
            mlflow.MlflowClient().set_tag(active.info.run_id, "data_fingerprint", found)


class SkipWhatIsScored:
    """Ends a run of scoring alone whose date has scores of the same model from the same data."""

    def __init__(self) -> None:
        self._parameters: dict[str, Any] = {}

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the parameters."""
        self._parameters = context.config_loader["parameters"]

    @hook_impl(tryfirst=True)
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """Compare what would be committed with what was, before any tracker hears of a run.

        Raises:
            NothingToDo: When they are the same.
        """
        is_whole = not any(run_params[part] for part in PARTS_OF_A_PIPELINE)
        if run_params["pipeline_names"] != ["scoring"] or not is_whole:
            return
        if ScoringParams.model_validate(self._parameters["scoring"]).rescore:
            return
        as_of = str(self._parameters["as_of"])
        history = catalog.load("score_history")
        commits = history[history["as_of"] == as_of]
        if commits.empty:
            return
        latest, champion = commits.iloc[-1], catalog.load("champion_model")
        if champion is None or (latest["model"], latest["model_version"]) != (
            champion.name,
            str(champion.version),
        ):
            return
        if latest["score_fingerprint"] == _fingerprint(pipeline, catalog):
            hand_over(catalog)  # the run that committed the date may have been killed before it did
            raise NothingToDo(
                f"as_of={as_of} was scored by {champion.name} version {champion.version} from the "
                f"same data, at {latest['committed_at']}: nothing to do but to write its contact "
                "list from that commit. To score it again: --params scoring.rescore=true."
            )


def _fingerprint(pipeline: Pipeline, catalog: DataCatalog) -> str:
    (node,) = pipeline.only_nodes_with_outputs("score_fingerprint").nodes
    return str(node.run({name: catalog.load(name) for name in node.inputs})["score_fingerprint"])


class ShowSummary:
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
