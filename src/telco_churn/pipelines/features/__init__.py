"""Describes customers as they were known on a date."""

from telco_churn.pipelines.features.pipeline import create_pipeline

__all__ = ["create_pipeline"]
