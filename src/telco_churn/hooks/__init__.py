"""What happens around a run, beside the nodes."""

from telco_churn.hooks.date_lock import RunLockHook, SkipIfScoredHook
from telco_churn.hooks.killed_runs import MarkKilledRunsHook
from telco_churn.hooks.preflight import (
    CheckEnvironmentHook,
    CheckParametersHook,
    CheckRunnerHook,
    RegistryErrorsHook,
)
from telco_churn.hooks.reporting import ShowSummaryHook, TagTrainingDataHook

__all__ = [
    "CheckEnvironmentHook",
    "CheckParametersHook",
    "CheckRunnerHook",
    "MarkKilledRunsHook",
    "RegistryErrorsHook",
    "RunLockHook",
    "ShowSummaryHook",
    "SkipIfScoredHook",
    "TagTrainingDataHook",
]
