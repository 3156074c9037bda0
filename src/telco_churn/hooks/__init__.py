"""Hooks of this project: configuration, MLflow runs, the summary of a run, Kedro-Viz.

Hooks for the date of a run are in `kedro_asof.hooks`.
"""

from telco_churn.hooks.configuration import CheckParametersHook
from telco_churn.hooks.kedro_viz import KedroVizHook
from telco_churn.hooks.mlflow_hook import MlflowHook
from telco_churn.hooks.mlflow_runs import (
    MarkKilledRunsHook,
    RegistryErrorsHook,
    TagTrainingDataHook,
)
from telco_churn.hooks.reporting import ShowSummaryHook
from telco_churn.hooks.scored_dates import SCORED_DATES

__all__ = [
    "SCORED_DATES",
    "CheckParametersHook",
    "KedroVizHook",
    "MarkKilledRunsHook",
    "MlflowHook",
    "RegistryErrorsHook",
    "ShowSummaryHook",
    "TagTrainingDataHook",
]
