"""One Pandera model per persisted table, named as its dataset; the catalog names it as validator."""

from telco_churn.contracts.contract import BrokenContractError, FrameContract, TableContract
from telco_churn.contracts.ingestion import CheckedRows, IngestionReport, RejectedRows
from telco_churn.contracts.operator_tables import (
    IDENTIFIERS,
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

__all__ = [
    "IDENTIFIERS",
    "BrokenContractError",
    "Cancellations",
    "CheckedRows",
    "Contacts",
    "Customers",
    "FrameContract",
    "IngestionReport",
    "Invoices",
    "RawCancellations",
    "RawContacts",
    "RawCustomers",
    "RawInvoices",
    "RawSubscriptions",
    "RawUsage",
    "RejectedRows",
    "Subscriptions",
    "TableContract",
    "TrueHazard",
    "Usage",
]
