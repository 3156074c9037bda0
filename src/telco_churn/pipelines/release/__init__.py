"""Decides about a candidate, packages it with its card, and moves the champion."""

from telco_churn.pipelines.release.pipeline import (
    create_challenge_pipeline,
    create_pipeline,
    create_promote_pipeline,
    create_rollback_pipeline,
    create_table_challenge_pipeline,
    create_table_pipeline,
)

__all__ = [
    "create_challenge_pipeline",
    "create_pipeline",
    "create_promote_pipeline",
    "create_rollback_pipeline",
    "create_table_challenge_pipeline",
    "create_table_pipeline",
]
