"""Kedro's project settings: https://docs.kedro.org/en/stable/configure/configuration_basics/."""

import os
import warnings

from kedro.config import OmegaConfigLoader

from kedro_asof.credentials import mask_logs
from kedro_wandb import MlflowParameters, WandbHook
from telco_churn.hooks import (
    CheckEnvironmentHook,
    CheckParametersHook,
    CheckRunnerHook,
    MarkKilledRunsHook,
    RegistryErrorsHook,
    RunLockHook,
    ShowSummaryHook,
    SkipIfScoredHook,
    TagTrainingDataHook,
)

# Kedro 1.7 and kedro-mlflow 2.0 call OmegaConf by a name that 2.4 deprecates: theirs to mend.
warnings.filterwarnings("ignore", message="register_new_resolver")

# Seven tries, MLflow's default, take four minutes to say that a registry does not answer.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
os.environ.setdefault("PGCONNECT_TIMEOUT", "5")  # seconds; PostgreSQL's client waits for minutes
# A model is some small files; a bar for each of them hides what runs say.
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

mask_logs("", "mlflow")

HOOKS = (
    CheckEnvironmentHook(),
    RegistryErrorsHook(),
    CheckParametersHook(),
    CheckRunnerHook(),
    RunLockHook(),
    SkipIfScoredHook(),
    ShowSummaryHook(),
    TagTrainingDataHook(),
    MarkKilledRunsHook(),
    MlflowParameters(),
    WandbHook(),
)

CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment says only what differs, inside a block too: a salt takes no redaction away.
    "merge_strategy": {"parameters": "soft", "wandb": "soft"},
    "config_patterns": {"mlflow": ["mlflow*"], "wandb": ["wandb*"]},
}
