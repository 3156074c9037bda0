"""Which pipelines `kedro run` knows."""

from kedro.pipeline import Pipeline

from telco_churn.pipelines import features, ingestion, own_table, scoring, simulation, training


def register_pipelines() -> dict[str, Pipeline]:
    """Name each pipeline; `training` and `scoring` begin with the features that they need.

    So either runs for any date by its name alone, and never on another date's features.
    """
    described = features.create_pipeline()
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
