"""Parameters: each YAML file holds one block, and the module of the same name its frozen model."""

from pydantic import BaseModel

from kedro_asof.params import AsOf, Timezone
from kedro_asof.readiness import ReadinessParams
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.gate import GateParams
from telco_churn.parameters.guard import GuardParams
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.release import ReleaseParams
from telco_churn.parameters.scoring import ScoringParams
from telco_churn.parameters.simulation import SimulationParams
from telco_churn.parameters.snapshots import SnapshotParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.parameters.version import VersionParam

# All blocks that conf/ and --params can set, by name.
BLOCKS: dict[str, type[BaseModel]] = {
    "as_of": AsOf,
    "decision": DecisionParams,
    "eligibility": EligibilityParams,
    "evaluation": EvaluationParams,
    "features": FeatureParams,
    "gate": GateParams,
    "guard": GuardParams,
    "ingestion": IngestionParams,
    "label": LabelParams,
    "leakage": LeakageParams,
    "lightgbm": LightGBMParams,
    "own_table": OwnTableParams,
    "readiness": ReadinessParams,
    "reasons": ReasonParams,
    "release": ReleaseParams,
    "scoring": ScoringParams,
    "simulation": SimulationParams,
    "snapshots": SnapshotParams,
    "summary": SummaryParams,
    "timezone": Timezone,
    "training": TrainingParams,
    "tuning": TuningParams,
    "version": VersionParam,
}
