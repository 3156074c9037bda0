"""Turns raw operator tables into trusted ones."""

from telco_churn.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
