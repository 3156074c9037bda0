"""Makes a sample operator whose true churn hazard is known."""

from telco_churn.pipelines.simulation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
