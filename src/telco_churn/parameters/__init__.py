"""One frozen model per block of parameters; Kedro checks each before anything runs."""

from pydantic import BaseModel

from kedro_asof.params import AsOf
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams, RuleOfThumbParams
from telco_churn.parameters.features import (
    EligibilityParams,
    FeatureParams,
    LabelParams,
    SnapshotParams,
)
from telco_churn.parameters.gate import GateParams
from telco_churn.parameters.guard import GuardParams
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.parameters.readiness import ReadinessParams, SourceParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.release import ReleaseParams
from telco_churn.parameters.scoring import ScoringParams, SummaryParams
from telco_churn.parameters.simulation import MessParams, SimulationParams
from telco_churn.parameters.training import LightGBMParams, SplitParams, TrainingParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.parameters.version import VersionParam

# Every block that conf/ and --params may set, by its name there.
BLOCKS: dict[str, type[BaseModel]] = {
    "as_of": AsOf,
    "decision": DecisionParams,
    "eligibility": EligibilityParams,
    "evaluation": EvaluationParams,
    "features": FeatureParams,
    "guard": GuardParams,
    "ingestion": IngestionParams,
    "label": LabelParams,
    "own_table": OwnTableParams,
    "readiness": ReadinessParams,
    "reasons": ReasonParams,
    "release": ReleaseParams,
    "scoring": ScoringParams,
    "simulation": SimulationParams,
    "snapshots": SnapshotParams,
    "summary": SummaryParams,
    "training": TrainingParams,
    "version": VersionParam,
}

__all__ = [
    "BLOCKS",
    "DecisionParams",
    "EligibilityParams",
    "EvaluationParams",
    "FeatureParams",
    "GateParams",
    "GuardParams",
    "IngestionParams",
    "LabelParams",
    "LeakageParams",
    "LightGBMParams",
    "MessParams",
    "OwnTableParams",
    "ReadinessParams",
    "ReasonParams",
    "ReleaseParams",
    "RuleOfThumbParams",
    "ScoringParams",
    "SimulationParams",
    "SnapshotParams",
    "SourceParams",
    "SplitParams",
    "SummaryParams",
    "TrainingParams",
    "TuningParams",
    "VersionParam",
]
