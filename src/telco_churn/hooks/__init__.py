"""What happens around a run, beside the nodes."""

from telco_churn.hooks.dates import OneRunAtATime, SkipWhatIsScored
from telco_churn.hooks.killed_runs import MarkKilledRuns
from telco_churn.hooks.refusals import (
    NameUnreachableRegistry,
    RefuseBadParameters,
    RefuseOtherRunners,
    RefuseUnknownEnvironment,
)
from telco_churn.hooks.telling import ShowSummary, TagTrainingData

__all__ = [
    "MarkKilledRuns",
    "NameUnreachableRegistry",
    "OneRunAtATime",
    "RefuseBadParameters",
    "RefuseOtherRunners",
    "RefuseUnknownEnvironment",
    "ShowSummary",
    "SkipWhatIsScored",
    "TagTrainingData",
]
