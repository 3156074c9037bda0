"""Keeps runs of one date apart, and ends those that would only do again what was done."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, cast

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from telco_churn.datasets.score_table import ScoreTable
from telco_churn.errors import EndMade, NothingToDo
from telco_churn.handover import hand_over
from telco_churn.parameters import ScoringParams
from telco_churn.retention import ON_THE_WAY

MADE_OF_A_DATE = {*ON_THE_WAY, "churn_scores"}
HANDED_OVER = ("contact_list", "contact_list_for_people")
PARTS_OF_A_PIPELINE = (
    "tags",
    "from_nodes",
    "to_nodes",
    "node_names",
    "from_inputs",
    "to_outputs",
    "namespaces",
)


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
            NothingToDo: When they are the same; `EndMade` when there was no contact list.
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
            has_lists = all(catalog.exists(name) for name in HANDED_OVER)
            hand_over(catalog)  # the run that committed the date may have been killed before it did
            # Whoever fetches the lists waits for a run that made them, not for one that did not.
            raise (NothingToDo if has_lists else EndMade)(
                f"as_of={as_of} was scored by {champion.name} version {champion.version} from the "
                f"same data, at {latest['committed_at']}: nothing to do but to write its contact "
                "list from that commit. To score it again: --params scoring.rescore=true."
            )


def _fingerprint(pipeline: Pipeline, catalog: DataCatalog) -> str:
    (node,) = pipeline.only_nodes_with_outputs("score_fingerprint").nodes
    return str(node.run({name: catalog.load(name) for name in node.inputs})["score_fingerprint"])
