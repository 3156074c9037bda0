"""Kedro's project settings: https://docs.kedro.org/en/stable/configure/configuration_basics/."""

import os
import warnings

from kedro_asof.config_loader import PinnedConfigLoader
from kedro_asof.credentials import mask_logs
from kedro_asof.hooks import (
    CheckDateHook,
    CheckEnvironmentHook,
    CheckRunnerHook,
    RunLockHook,
    SkipIfCommittedHook,
)
from kedro_asof.tags import DATED, EXCLUSIVE
from kedro_wandb import MlflowParameters, WandbHook
from telco_churn.hooks import (
    SCORED_DATES,
    CheckParametersHook,
    MarkKilledRunsHook,
    RegistryErrorsHook,
    ShowSummaryHook,
    TagTrainingDataHook,
)

# MLflow warns about a class of kedro-mlflow without type hints, and ignores warning filters. Kedro
# imports the class after these settings. Importing it here drops this one warning.
with warnings.catch_warnings(record=True) as caught:
    import kedro_mlflow.mlflow  # noqa: F401
for warning in caught:
    if "type hint" not in str(warning.message):
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)

# Kedro 1.7 and kedro-mlflow 2.0 call a function that OmegaConf 2.4 deprecates.
warnings.filterwarnings("ignore", message="register_new_resolver")

# MLflow's default of seven retries takes four minutes to report a registry that does not answer.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
os.environ.setdefault("PGCONNECT_TIMEOUT", "5")  # seconds; PostgreSQL's client waits for minutes
# A model consists of small files; a progress bar for each would hide the log of a run.
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

mask_logs("", "mlflow")

HOOKS = (
    CheckEnvironmentHook(),
    RegistryErrorsHook(),
    CheckParametersHook(),
    CheckDateHook(),
    CheckRunnerHook(),
    RunLockHook({DATED: "churn_scores", EXCLUSIVE: "churn_model"}),
    SkipIfCommittedHook(SCORED_DATES),
    ShowSummaryHook(),
    TagTrainingDataHook(),
    MarkKilledRunsHook(),
    MlflowParameters(),
    WandbHook(),
)

CONFIG_LOADER_CLASS = PinnedConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment overrides single keys inside a block, and keeps the other keys of base.
    "merge_strategy": {"parameters": "soft", "wandb": "soft"},
    "config_patterns": {"mlflow": ["mlflow*"], "wandb": ["wandb*"]},
}
