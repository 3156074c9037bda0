"""One frozen model per block of parameters; Kedro checks each before anything runs."""

from telco_churn.parameters.as_of import AsOf
from telco_churn.parameters.features import (
    FeatureParams,
    LabelParams,
    SnapshotParams,
    WindowParams,
)
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.simulation import MessParams, SimulationParams

__all__ = [
    "AsOf",
    "FeatureParams",
    "IngestionParams",
    "LabelParams",
    "MessParams",
    "SimulationParams",
    "SnapshotParams",
    "WindowParams",
]
