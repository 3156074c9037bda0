"""Gives every active customer a score with reasons."""

from telco_churn.pipelines.scoring.pipeline import create_pipeline, create_score_pipeline

__all__ = ["create_pipeline", "create_score_pipeline"]
