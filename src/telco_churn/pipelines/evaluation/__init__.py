"""Judges a candidate: metrics with intervals, slices, money, the champion, plots."""

from telco_churn.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
