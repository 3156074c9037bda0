"""Reads somebody's flat table into the shape that training and scoring know."""

from telco_churn.pipelines.own_table.pipeline import create_pipeline

__all__ = ["create_pipeline"]
