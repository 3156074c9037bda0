"""One Pandera model per persisted table, named as its dataset; the catalog applies it."""

from telco_churn.contracts.contract import FrameContract, TableContract
from telco_churn.contracts.declared import DeclaredTable
from telco_churn.contracts.engine_checks import BrokenContractError
from telco_churn.contracts.evaluation import (
    CalibrationCurve,
    DecileTable,
    HeldOutPredictions,
    MetricIntervals,
    ProfitCurve,
    SliceGaps,
    SliceMetrics,
)
from telco_churn.contracts.features import (
    CustomerFeatures,
    DataDictionary,
    LabelledFeatures,
    TrainingExamples,
)
from telco_churn.contracts.ingestion import (
    CheckedRows,
    Coverage,
    IngestionReport,
    LateValueReport,
    RejectedRows,
)
from telco_churn.contracts.leakage import LeakageFindings
from telco_churn.contracts.operator_tables import (
    IDENTIFIERS,
    LOADED_AT,
    Cancellations,
    Contacts,
    Customers,
    Invoices,
    RawCancellations,
    RawContacts,
    RawCustomers,
    RawInvoices,
    RawSubscriptions,
    RawUsage,
    Subscriptions,
    TrueHazard,
    Usage,
)
from telco_churn.contracts.own_table import ColumnProfile, OwnTable
from telco_churn.contracts.release import PromotionLog
from telco_churn.contracts.scores import (
    CONTACTS_SCHEMA,
    PREDICTIONS_SCHEMA,
    REASONS_SCHEMA,
    SCORES_SCHEMA,
    ChurnPredictions,
    ChurnScores,
    ContactList,
    ContactReasons,
    ScoreCommit,
)

__all__ = [
    "CONTACTS_SCHEMA",
    "IDENTIFIERS",
    "LOADED_AT",
    "PREDICTIONS_SCHEMA",
    "REASONS_SCHEMA",
    "SCORES_SCHEMA",
    "BrokenContractError",
    "CalibrationCurve",
    "Cancellations",
    "CheckedRows",
    "ChurnPredictions",
    "ChurnScores",
    "ColumnProfile",
    "ContactList",
    "ContactReasons",
    "Contacts",
    "Coverage",
    "CustomerFeatures",
    "Customers",
    "DataDictionary",
    "DecileTable",
    "DeclaredTable",
    "FrameContract",
    "HeldOutPredictions",
    "IngestionReport",
    "Invoices",
    "LabelledFeatures",
    "LateValueReport",
    "LeakageFindings",
    "MetricIntervals",
    "OwnTable",
    "ProfitCurve",
    "PromotionLog",
    "RawCancellations",
    "RawContacts",
    "RawCustomers",
    "RawInvoices",
    "RawSubscriptions",
    "RawUsage",
    "RejectedRows",
    "ScoreCommit",
    "SliceGaps",
    "SliceMetrics",
    "Subscriptions",
    "TableContract",
    "TrainingExamples",
    "TrueHazard",
    "Usage",
]
