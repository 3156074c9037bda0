"""Kedro's project settings: https://docs.kedro.org/en/stable/configure/configuration_basics/."""

import atexit
import gc
import os
import sys
import warnings

# Imports create half a million objects that live as long as the process. The collector would
# examine them again and again: that takes a fifth of the time of a small run.
gc.disable()

# MLflow logs every step at INFO; it reads this when it is imported.
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")

from kedro_asof.config_loader import PinnedConfigLoader
from kedro_asof.credentials import mask_logs
from kedro_asof.hooks import (
    CheckDateHook,
    CheckEnvironmentHook,
    CheckRunnerHook,
    ReportNodesHook,
    RunLockHook,
    SkipIfCommittedHook,
)
from kedro_asof.logs import configure_logs
from kedro_asof.project import find_project
from kedro_asof.tags import DATED, DELIVERED, EXCLUSIVE
from kedro_wandb import MlflowParameters, WandbHook
from telco_churn.hooks import (
    SCORED_DATES,
    CheckParametersHook,
    KedroVizHook,
    MarkKilledRunsHook,
    MlflowHook,
    RegistryErrorsHook,
    ShowSummaryHook,
    TagTrainingDataHook,
)

# Kedro imports this package whole for its CSV dataset, and with it BigQuery's client, which takes
# half a second. Hidden here, the client is imported when the catalog names a BigQuery dataset.
if "pandas_gbq" not in sys.modules:
    sys.modules["pandas_gbq"] = None  # type: ignore[assignment]
    import kedro_datasets.pandas  # noqa: F401

    del sys.modules["pandas_gbq"]

# Kedro 1.7 and kedro-mlflow 2.0 call a function that OmegaConf 2.4 deprecates.
warnings.filterwarnings("ignore", message="register_new_resolver")

# MLflow's default of seven retries takes four minutes to report a registry that does not answer.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
os.environ.setdefault("PGCONNECT_TIMEOUT", "5")  # seconds; PostgreSQL's client waits for minutes
# A model consists of small files; a progress bar for each would hide the log of a run.
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

configure_logs(find_project())
mask_logs("", "mlflow")

HOOKS = (
    CheckEnvironmentHook(),
    RegistryErrorsHook(),
    CheckParametersHook(),
    CheckDateHook(),
    CheckRunnerHook(),
    RunLockHook({DATED: "churn_scores", DELIVERED: "delivery_log", EXCLUSIVE: "churn_model"}),
    SkipIfCommittedHook(SCORED_DATES),
    ReportNodesHook(),
    ShowSummaryHook(),
    TagTrainingDataHook(),
    KedroVizHook(),
    MarkKilledRunsHook(),
    MlflowParameters(),
    WandbHook(),
    MlflowHook(),  # the last one, because Kedro calls hooks of plugins first
)
DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow",)  # MlflowHook takes its place

CONFIG_LOADER_CLASS = PinnedConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # An environment overrides single keys inside a block, and keeps the other keys of base.
    "merge_strategy": {
        "parameters": "soft",
        "wandb": "soft",
    },
    "config_patterns": {
        "mlflow": ["mlflow*"],
        "next_steps": ["next_steps*"],
        "wandb": ["wandb*"],
    },
}

gc.freeze()
gc.enable()
atexit.register(gc.freeze)  # the process ends without examining them once more
