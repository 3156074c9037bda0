"""Gives every active customer a score, and reasons to those worth a contact."""

from telco_churn.pipelines.scoring.pipeline import create_pipeline, create_table_pipeline

__all__ = ["create_pipeline", "create_table_pipeline"]
