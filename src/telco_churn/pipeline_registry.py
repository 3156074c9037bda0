"""The pipelines of the project, built from its parameters."""

from collections.abc import Callable, Collection, Container, Mapping
from functools import cache
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.project import pipelines, settings
from kedro.pipeline import Pipeline

from kedro_asof.errors import WrongCallError
from kedro_asof.project import find_project
from kedro_asof.readiness import ReadinessParams
from kedro_asof.suggestions import describe_unknown
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.label import LabelParams

# A run without `--pipelines` runs these, in this order.
STAGES = ("simulation", "ingestion", "features", "training", "scoring")


def register_pipelines() -> dict[str, Pipeline]:
    """Build the pipelines for the base configuration, because Kedro may ask without a session.

    In a session, `CheckParametersHook` replaces them with the pipelines for its parameters. A run
    that names its pipelines therefore gets none here, and does not read `conf/base` twice.
    """
    parameters = None if find_requested() else _read_base_parameters()
    return create_pipelines(parameters) if parameters else {}


def find_requested() -> list[str] | None:
    """Return the pipelines that the current run has named; None for all."""
    requested: list[str] | None = getattr(pipelines, "_requested_pipelines", None)
    return None if "__default__" in (requested or ["__default__"]) else requested


def create_pipelines(
    parameters: Mapping[str, Any],
    catalog: Container[str] = (),
    default: str = "__default__",
    names: Collection[str] | None = None,
    available: Collection[str] | None = None,
) -> dict[str, Pipeline]:
    """Return pipelines by name, and import only their modules: all of them take seconds.

    `training` and `scoring` start with the feature nodes that they need. Each of them therefore
    runs for any date, and never uses the features of another date.

    Args:
        parameters: All blocks; pipelines depend on `features`, `label`, `eligibility`, `readiness`
            and `ingestion`.
        catalog: The names of the catalog entries; `delivered_scores` adds its node to `scoring`.
        default: The pipeline that runs when a command names none; by default all stages.
        names: The pipelines to build, default all; unknown names are ignored.
        available: The pipelines of the environment, default all; a run without names runs those of
            the stages that are among them.

    Raises:
        WrongCallError: If `default` or `available` names a pipeline that does not exist.
    """
    features = cache(lambda: _create_features(parameters))
    makers: dict[str, Callable[[], Pipeline]] = {
        "simulation": _create_simulation,
        "ingestion": lambda: _create_ingestion(parameters),
        "features": features,
        "training": lambda: features().only_nodes_with_tags("training") + _create_training(),
        "scoring": lambda: (
            features().only_nodes_with_tags("scoring")
            + _create_scoring(parameters, "delivered_scores" in catalog)
        ),
        "own_table": _create_own_table,
        "promote": _create_promote,
        "rollback": _create_rollback,
    }
    for name in (default, *(available or ())):
        if name not in {*makers, "__default__"}:
            raise WrongCallError(
                f"{describe_unknown('pipeline', name, makers)} Correct globals.yml of the "
                "environment."
            )
    present = [name for name in makers if available is None or name in available]
    made = {name: makers[name]() for name in present if names is None or name in names}
    if names is None:
        stages = (
            [name for name in STAGES if name in made] if default == "__default__" else [default]
        )
        made["__default__"] = sum((made[stage] for stage in stages), start=Pipeline([]))
    return made


def _create_simulation() -> Pipeline:
    from telco_churn.pipelines.simulation import pipeline as simulation

    return simulation.create_pipeline()


def _create_ingestion(parameters: Mapping[str, Any]) -> Pipeline:
    from telco_churn.pipelines.ingestion import pipeline as ingestion

    return ingestion.create_pipeline(IngestionParams(**parameters["ingestion"]).tables)


def _create_features(parameters: Mapping[str, Any]) -> Pipeline:
    from telco_churn.pipelines.features import pipeline as features

    return features.create_pipeline(
        FeatureParams.model_validate(parameters["features"]),
        LabelParams.model_validate(parameters["label"]),
        EligibilityParams.model_validate(parameters["eligibility"]),
        ReadinessParams.model_validate(parameters["readiness"]),
    )


def _create_training() -> Pipeline:
    from telco_churn.pipelines.evaluation import pipeline as evaluation
    from telco_churn.pipelines.release import pipeline as release
    from telco_churn.pipelines.training import pipeline as training

    return sum(
        [
            training.create_pipeline(),
            release.create_challenge_pipeline(),
            evaluation.create_pipeline(),
            release.create_pipeline(),
        ],
        start=Pipeline([]),
    )


def _create_scoring(parameters: Mapping[str, Any], is_delivered: bool) -> Pipeline:
    from telco_churn.pipelines.scoring import pipeline as scoring

    declared = FeatureParams.model_validate(parameters["features"])
    return scoring.create_pipeline(declared, is_delivered)


def _create_own_table() -> Pipeline:
    from telco_churn.pipelines.evaluation import pipeline as evaluation
    from telco_churn.pipelines.own_table import pipeline as own_table
    from telco_churn.pipelines.release import pipeline as release
    from telco_churn.pipelines.scoring import pipeline as scoring
    from telco_churn.pipelines.training import pipeline as training

    return sum(
        [
            own_table.create_pipeline(),
            training.create_model_pipeline(),
            release.create_table_challenge_pipeline(),
            evaluation.create_pipeline(titles="source_columns"),
            release.create_table_pipeline(),
            scoring.create_table_pipeline(),
        ],
        start=Pipeline([]),
    )


def _create_promote() -> Pipeline:
    from telco_churn.pipelines.release import pipeline as release

    return release.create_promote_pipeline()


def _create_rollback() -> Pipeline:
    from telco_churn.pipelines.release import pipeline as release

    return release.create_rollback_pipeline()


def _read_base_parameters() -> dict[str, Any] | None:
    """Read only conf/base: a run is independent of faults in environments that it does not use."""
    project = find_project()
    arguments = settings.CONFIG_LOADER_ARGS | {"default_run_env": "base"}
    loader = settings.CONFIG_LOADER_CLASS(str(project / settings.CONF_SOURCE), **arguments)
    try:
        return loader["parameters"]
    except MissingConfigException:
        return None
