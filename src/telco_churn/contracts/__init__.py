"""One Pandera model per persisted table, named as its dataset; the catalog applies it."""

from telco_churn.contracts.contract import FrameContract, TableContract
from telco_churn.contracts.declared import DeclaredTable
from telco_churn.contracts.engine_checks import BrokenContractError
from telco_churn.contracts.features import (
    CustomerFeatures,
    DataDictionary,
    LabelledFeatures,
    TrainingExamples,
)
from telco_churn.contracts.ingestion import CheckedRows, Coverage, IngestionReport, RejectedRows
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
from telco_churn.contracts.scores import SCORES_SCHEMA, ChurnScores

__all__ = [
    "IDENTIFIERS",
    "LOADED_AT",
    "SCORES_SCHEMA",
    "BrokenContractError",
    "Cancellations",
    "CheckedRows",
    "ChurnScores",
    "ColumnProfile",
    "Contacts",
    "Coverage",
    "CustomerFeatures",
    "Customers",
    "DataDictionary",
    "DeclaredTable",
    "FrameContract",
    "IngestionReport",
    "Invoices",
    "LabelledFeatures",
    "OwnTable",
    "RawCancellations",
    "RawContacts",
    "RawCustomers",
    "RawInvoices",
    "RawSubscriptions",
    "RawUsage",
    "RejectedRows",
    "Subscriptions",
    "TableContract",
    "TrainingExamples",
    "TrueHazard",
    "Usage",
]
