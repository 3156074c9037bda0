"""One frozen model per block of parameters; Kedro checks each before anything runs."""

from pydantic import BaseModel

from telco_churn.parameters.as_of import AsOf
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.features import (
    FeatureParams,
    LabelParams,
    SnapshotParams,
    WindowParams,
)
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.parameters.scoring import ScoringParams, SummaryParams
from telco_churn.parameters.simulation import MessParams, SimulationParams
from telco_churn.parameters.training import (
    TrainingParams,
)

# Every block that conf/ and --params may set, by its name there.
BLOCKS: dict[str, type[BaseModel]] = {
    "as_of": AsOf,
    "decision": DecisionParams,
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
    "FeatureParams",
    "IngestionParams",
    "LabelParams",
    "MessParams",
    "OwnTableParams",
    "ScoringParams",
    "SimulationParams",
    "SnapshotParams",
    "SummaryParams",
    "TrainingParams",
    "WindowParams",
]
