"""Which pipelines `kedro run` knows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.project import settings
from kedro.pipeline import Pipeline
from kedro.utils import find_kedro_project

from telco_churn.parameters import EligibilityParams, FeatureParams, LabelParams
from telco_churn.pipelines import features, ingestion, own_table, scoring, simulation, training

# The parameters of the session, which the pipelines are built for; a hook puts them here.
_session_parameters: dict[str, Any] = {}


def build_for(parameters: Mapping[str, Any]) -> None:
    """Take the parameters that say which event tables there are."""
    _session_parameters.clear()
    _session_parameters.update(parameters)


def register_pipelines() -> dict[str, Pipeline]:
    """Name each pipeline; `training` and `scoring` begin with the features that they need.

    So either runs for any date by its name alone, and never on another date's features.
    """
    parameters = _session_parameters or _read_base_parameters()
    described = features.create_pipeline(
        FeatureParams.model_validate(parameters["features"]),
        LabelParams.model_validate(parameters["label"]),
        EligibilityParams.model_validate(parameters["eligibility"]),
    )
    stages = {
        "simulation": simulation.create_pipeline(),
        "ingestion": ingestion.create_pipeline(),
        "features": described,
        "training": described.only_nodes_with_tags("training") + training.create_pipeline(),
        "scoring": described.only_nodes_with_tags("scoring") + scoring.create_pipeline(),
    }
    own = own_table.create_pipeline() + training.create_model_pipeline()
    return stages | {
        "own_table": own + scoring.create_score_pipeline(),
        "__default__": sum(stages.values(), start=Pipeline([])),
    }


def _read_base_parameters() -> dict[str, Any]:
    """Read them where no session has, as `kedro registry list` does."""
    project = find_kedro_project(Path.cwd()) or Path.cwd()
    loader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(project / settings.CONF_SOURCE), **settings.CONFIG_LOADER_ARGS
    )
    return loader["parameters"]
