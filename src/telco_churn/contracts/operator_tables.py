"""Contracts of the operator's tables: raw as delivered, primary as trusted.

A primary contract holds all rules of its table. Ingestion rejects each row that breaks a rule, and
names the rule after the column and check below. A late column is filled in after its row exists; it
names the date column from which its value is known (`known_from`). The rules of a late column, and
row checks whose name begins with it, blank the value and keep the row, because the rest of the row
was known before. Any table can have `loaded_at`, the time when each row arrived: the row then
counts from the next day.
"""

from datetime import date, datetime
from typing import Optional

import ibis.expr.types as ir
import pandera.ibis as pa
from pandera.api.ibis.types import IbisData

from kedro_asof.contracts.contract import DeliveredTable, TableContract

IDENTIFIERS = ("full_name", "email", "phone", "date_of_birth", "postcode")

EARLIEST = date(1950, 1, 1)
LATEST = date(2100, 1, 1)
MINUTES_PER_DAY = 1440
# Upper bounds tell an implausible value, such as a counter that overflowed, from a large one.
MOST_MB_PER_DAY = 10_800_000  # a line of 1 Gbit/s, in use all day
MOST_SMS_PER_DAY = 100_000
MOST_DROPPED_CALLS_PER_DAY = 10_000
HIGHEST_PRICE = 100_000  # in `currency` per month
HIGHEST_AMOUNT = 1_000_000  # in `currency`
ID_LENGTH = {"min_value": 1, "max_value": 128}  # in characters, without surrounding blanks


class LoadedTable(TableContract):
    """A table that can have `loaded_at`, the time when each row arrived."""

    loaded_at: Optional[datetime]  # noqa: UP045  (Pandera reads this form as an optional column)


class Customers(LoadedTable):
    """One row per customer, without direct identifiers."""

    customer_id: str = pa.Field(str_length=ID_LENGTH)
    signed_up_on: date = pa.Field(ge=EARLIEST, lt=LATEST)
    segment: str = pa.Field(isin=["consumer", "business"])
    region: str
    age_band: str = pa.Field(isin=["18-29", "30-44", "45-59", "60+"])

    class Config:
        unique = ["customer_id"]


class Subscriptions(LoadedTable):
    """One row per customer and change; prices in `currency` per month."""

    customer_id: str = pa.Field(str_length=ID_LENGTH)
    valid_from: date = pa.Field(ge=EARLIEST, lt=LATEST)
    plan: str
    technology: str = pa.Field(isin=["mobile", "dsl", "cable", "fibre"])
    contract_months: int = pa.Field(ge=0, le=60)
    contract_started_on: date = pa.Field(ge=EARLIEST, lt=LATEST)
    monthly_price: float = pa.Field(ge=0, le=HIGHEST_PRICE)
    payment_method: str

    class Config:
        unique = ["customer_id", "valid_from"]


class Usage(LoadedTable):
    """One row per customer and day."""

    customer_id: str = pa.Field(str_length=ID_LENGTH)
    day: date = pa.Field(ge=EARLIEST, lt=LATEST)
    call_minutes: float = pa.Field(ge=0, le=MINUTES_PER_DAY)
    data_mb: float = pa.Field(ge=0, le=MOST_MB_PER_DAY)
    sms_count: int = pa.Field(ge=0, le=MOST_SMS_PER_DAY)
    dropped_calls: int = pa.Field(ge=0, le=MOST_DROPPED_CALLS_PER_DAY)
    outage_minutes: int = pa.Field(ge=0, le=MINUTES_PER_DAY)

    class Config:
        unique = ["customer_id", "day"]


class Invoices(LoadedTable):
    """One row per invoice; `paid_on` is empty until the customer pays."""

    invoice_id: str = pa.Field(str_length=ID_LENGTH)
    customer_id: str = pa.Field(str_length=ID_LENGTH)
    issued_on: date = pa.Field(ge=EARLIEST, lt=LATEST)
    due_on: date
    paid_on: date = pa.Field(nullable=True, metadata={"known_from": "paid_on"})
    amount: float = pa.Field(ge=-1_000, le=HIGHEST_AMOUNT)  # a credit note is negative

    class Config:
        unique = ["invoice_id"]

    @pa.dataframe_check
    @classmethod
    def due_on_after_issue(cls, data: IbisData) -> ir.BooleanColumn:
        """An invoice is due on the day it is issued or later."""
        return data.table.due_on >= data.table.issued_on

    @pa.dataframe_check
    @classmethod
    def paid_on_after_issue(cls, data: IbisData) -> ir.BooleanColumn:
        """An invoice is paid on the day it is issued or later."""
        return data.table.paid_on.isnull() | (data.table.paid_on >= data.table.issued_on)


class Contacts(LoadedTable):
    """One row per contact; `satisfaction` runs from 1 (worst) to 5, empty without a rating."""

    contact_id: str = pa.Field(str_length=ID_LENGTH)
    customer_id: str = pa.Field(str_length=ID_LENGTH)
    contacted_on: date = pa.Field(ge=EARLIEST, lt=LATEST)
    channel: str
    topic: str
    resolved_on: date = pa.Field(nullable=True, metadata={"known_from": "resolved_on"})
    satisfaction: int = pa.Field(ge=1, le=5, nullable=True, metadata={"known_from": "resolved_on"})

    class Config:
        unique = ["contact_id"]

    @pa.dataframe_check
    @classmethod
    def resolved_on_after_contact(cls, data: IbisData) -> ir.BooleanColumn:
        """A contact is resolved on the day of the contact or later."""
        return data.table.resolved_on.isnull() | (data.table.resolved_on >= data.table.contacted_on)


class Cancellations(LoadedTable):
    """One row per cancelled customer."""

    customer_id: str = pa.Field(str_length=ID_LENGTH)
    cancelled_on: date = pa.Field(ge=EARLIEST, lt=LATEST)
    reason: str = pa.Field(str_length={"min_value": 1})

    class Config:
        unique = ["customer_id"]


class RawCustomers(DeliveredTable, Customers):
    """`Customers` as delivered, with the direct identifiers that ingestion drops."""

    full_name: str
    email: str
    phone: str
    date_of_birth: date
    postcode: str


class RawSubscriptions(DeliveredTable, Subscriptions):
    """`Subscriptions` as delivered."""


class RawUsage(DeliveredTable, Usage):
    """`Usage` as delivered."""


class RawInvoices(DeliveredTable, Invoices):
    """`Invoices` as delivered."""


class RawContacts(DeliveredTable, Contacts):
    """`Contacts` as delivered."""


class RawCancellations(DeliveredTable, Cancellations):
    """`Cancellations` as delivered."""


class TrueHazard(TableContract):
    """One row per sample customer and week; hazards are expected cancellations in that week."""

    customer_id: str
    week_starts_on: date
    hazard: float = pa.Field(ge=0, le=1)
    hazard_without_hidden: float = pa.Field(ge=0, le=1)

    class Config:
        unique = ["customer_id", "week_starts_on"]
