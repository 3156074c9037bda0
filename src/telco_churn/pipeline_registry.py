"""The pipelines of the project, built from its parameters."""

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.project import settings
from kedro.pipeline import Pipeline
from kedro.utils import find_kedro_project

from kedro_asof.errors import WrongCallError
from kedro_asof.readiness import ReadinessParams
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.evaluation import pipeline as evaluation
from telco_churn.pipelines.features import pipeline as features
from telco_churn.pipelines.ingestion import pipeline as ingestion
from telco_churn.pipelines.own_table import pipeline as own_table
from telco_churn.pipelines.release import pipeline as release
from telco_churn.pipelines.scoring import pipeline as scoring
from telco_churn.pipelines.simulation import pipeline as simulation
from telco_churn.pipelines.training import pipeline as training


def register_pipelines() -> dict[str, Pipeline]:
    """Build the pipelines for the base configuration, because Kedro may ask without a session.

    In a session, `CheckParametersHook` replaces them with the pipelines for its parameters.
    """
    parameters = _read_base_parameters()
    return create_pipelines(parameters) if parameters else {}


def create_pipelines(
    parameters: Mapping[str, Any], catalog: Container[str] = (), default: str = "__default__"
) -> dict[str, Pipeline]:
    """Return the pipelines by name.

    `training` and `scoring` start with the feature nodes that they need. Each of them therefore
    runs for any date, and never uses the features of another date.

    Args:
        parameters: All blocks; pipelines depend on `features`, `label`, `eligibility`,
            `readiness` and `ingestion`.
        catalog: The names of the catalog entries; `delivered_scores` adds its node to `scoring`.
        default: The pipeline that runs when a command names none; by default all stages.

    Raises:
        WrongCallError: If `default` names no pipeline.
    """
    declared = FeatureParams.model_validate(parameters["features"])
    described = features.create_pipeline(
        declared,
        LabelParams.model_validate(parameters["label"]),
        EligibilityParams.model_validate(parameters["eligibility"]),
        ReadinessParams.model_validate(parameters["readiness"]),
    )
    judged = evaluation.create_pipeline()
    scored = scoring.create_pipeline(declared, "delivered_scores" in catalog)
    stages = {
        "simulation": simulation.create_pipeline(),
        "ingestion": ingestion.create_pipeline(IngestionParams(**parameters["ingestion"]).tables),
        "features": described,
        "training": sum(
            [
                training.create_pipeline(),
                release.create_challenge_pipeline(),
                judged,
                release.create_pipeline(),
            ],
            start=described.only_nodes_with_tags("training"),
        ),
        "scoring": described.only_nodes_with_tags("scoring") + scored,
    }
    own = [
        own_table.create_pipeline(),
        training.create_model_pipeline(),
        release.create_table_challenge_pipeline(),
        judged,
        release.create_table_pipeline(),
        scoring.create_table_pipeline(),
    ]
    found = stages | {
        "own_table": sum(own, start=Pipeline([])),
        "promote": release.create_promote_pipeline(),
        "rollback": release.create_rollback_pipeline(),
        "__default__": sum(stages.values(), start=Pipeline([])),
    }
    if default not in found:
        raise WrongCallError(
            f"Unknown pipeline {default!r} in default_pipeline: expected one of {sorted(found)}. "
            "Correct globals.yml of the environment."
        )
    return found | {"__default__": found[default]}


def _read_base_parameters() -> dict[str, Any] | None:
    """Read only conf/base: a run is independent of faults in environments that it does not use."""
    project = find_kedro_project(Path.cwd()) or Path.cwd()
    arguments = settings.CONFIG_LOADER_ARGS | {"default_run_env": "base"}
    loader = settings.CONFIG_LOADER_CLASS(str(project / settings.CONF_SOURCE), **arguments)
    try:
        return loader["parameters"]
    except MissingConfigException:
        return None
