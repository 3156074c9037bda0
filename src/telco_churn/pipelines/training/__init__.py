"""Trains a model, judges it, and hands it to the gate."""

from telco_churn.pipelines.training.pipeline import create_model_pipeline, create_pipeline

__all__ = ["create_model_pipeline", "create_pipeline"]
