"""Keeps runs of one date or training apart, and ends those that would only repeat what was done."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any, cast

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from kedro_asof.cleanup import ON_THE_WAY
from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.delivery import write_contact_lists
from kedro_asof.errors import NothingToDo, OnlyListMissing
from telco_churn.parameters.scoring import ScoringParams
from telco_churn.registry.model_registry import ModelRegistration

MADE_OF_A_DATE = {*ON_THE_WAY, "churn_scores"}
MADE_BY_TRAINING = {"labelled_features", "training_examples", "promotion", "churn_model"}
HANDED_OVER = ("contact_list", "contact_list_csv")
PARTS_OF_A_PIPELINE = (
    "tags",
    "from_nodes",
    "to_nodes",
    "node_names",
    "from_inputs",
    "to_outputs",
    "namespaces",
)


class RunLockHook:
    """Lets one run at a time make the scores of a date, and one train a model."""

    def __init__(self) -> None:
        self._claims = ExitStack()

    @hook_impl(wrapper=True, tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> Iterator[None]:
        """Claim what the run makes, for as long as it goes on.

        Raises:
            NotReadyError: When another run holds one of them.
        """
        self._claims.close()  # Kedro tells of no run that Ctrl-C ended in a notebook
        try:
            for claim in find_claims(pipeline, catalog):
                self._claims.enter_context(claim)
            yield
        except BaseException:  # Kedro tells nobody of a run that ends before it began
            self._claims.close()
            raise

    @hook_impl(tryfirst=True)
    def after_pipeline_run(self) -> None:
        """Let go."""
        self._claims.close()

    @hook_impl(tryfirst=True)  # the hook of a tracker may fail
    def on_pipeline_error(self) -> None:
        """Let go."""
        self._claims.close()


class SkipIfScoredHook:
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
            NothingToDo: When they are the same; `OnlyListMissing` when there was no contact list.
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
        latest, champion = commits.iloc[-1], catalog.load("champion")
        if champion is None or (latest["model"], latest["model_version"]) != (
            champion.name,
            str(champion.version),
        ):
            return
        if latest["score_fingerprint"] == _fingerprint(pipeline, catalog):
            has_lists = all(catalog.exists(name) for name in HANDED_OVER)
            write_contact_lists(
                catalog
            )  # the run that committed the date may have been killed before it did
            # Whoever fetches the lists waits for a run that made them, not for one that did not.
            raise (NothingToDo if has_lists else OnlyListMissing)(
                f"as_of={as_of} was scored by {champion.name} version {champion.version} from the "
                f"same data, at {latest['committed_at']}: nothing to do but to write its contact "
                "list from that commit. To score it again: --params scoring.rescore=true."
            )


def find_claims(pipeline: Pipeline, catalog: DataCatalog) -> Iterator[AbstractContextManager[None]]:
    """Yield the claim on each thing that a pipeline makes in a place that it shares with others."""
    made = pipeline.all_outputs()
    if MADE_OF_A_DATE & made:
        yield cast(DatedTable, catalog["churn_scores"]).lock_date()
    if MADE_BY_TRAINING & made:
        yield cast(ModelRegistration, catalog["churn_model"]).lock_training()


def _fingerprint(pipeline: Pipeline, catalog: DataCatalog) -> str:
    (node,) = pipeline.only_nodes_with_outputs("score_fingerprint").nodes
    return str(node.run({name: catalog.load(name) for name in node.inputs})["score_fingerprint"])
