"""One frozen model per block of parameters; Kedro checks each before anything runs."""

from pydantic import BaseModel

from telco_churn.parameters.as_of import AsOf
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.features import (
    EligibilityParams,
    FeatureParams,
    LabelParams,
    SnapshotParams,
)
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.parameters.scoring import ScoringParams, SummaryParams
from telco_churn.parameters.simulation import MessParams, SimulationParams
from telco_churn.parameters.training import (
    TrainingParams,
)
from telco_churn.parameters.windows import Statistic, WindowFeature, WindowParams

# Every block that conf/ and --params may set, by its name there.
BLOCKS: dict[str, type[BaseModel]] = {
    "as_of": AsOf,
    "decision": DecisionParams,
    "eligibility": EligibilityParams,
    "features": FeatureParams,
    "ingestion": IngestionParams,
    "label": LabelParams,
    "own_table": OwnTableParams,
    "scoring": ScoringParams,
    "simulation": SimulationParams,
    "snapshots": SnapshotParams,
    "summary": SummaryParams,
    "training": TrainingParams,
}

__all__ = [
    "BLOCKS",
    "AsOf",
    "DecisionParams",
    "EligibilityParams",
    "FeatureParams",
    "IngestionParams",
    "LabelParams",
    "MessParams",
    "OwnTableParams",
    "ScoringParams",
    "SimulationParams",
    "SnapshotParams",
    "Statistic",
    "SummaryParams",
    "TrainingParams",
    "WindowFeature",
    "WindowParams",
]
