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

# MLflow warns of a class of kedro-mlflow that has no type hints, past every filter. Kedro imports
# that class after these settings; imported here, the warning is left out and all others are shown.
with warnings.catch_warnings(record=True) as caught:
    import kedro_mlflow.mlflow  # noqa: F401
for warning in caught:
    if "type hint" not in str(warning.message):
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)

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
    # An environment says only what differs, inside a block too: a salt takes no redaction away.
    "merge_strategy": {"parameters": "soft", "wandb": "soft"},
    "config_patterns": {"mlflow": ["mlflow*"], "wandb": ["wandb*"]},
}
