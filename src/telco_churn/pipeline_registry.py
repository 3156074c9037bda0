"""Which pipelines `kedro run` knows."""

from kedro.pipeline import Pipeline

from telco_churn.pipelines import features, ingestion, simulation


def register_pipelines() -> dict[str, Pipeline]:
    """Name each pipeline."""
    made = {"simulation": simulation.create_pipeline(), "ingestion": ingestion.create_pipeline(), "features": features.create_pipeline()}
    return made | {"__default__": sum(made.values(), start=Pipeline([]))}
