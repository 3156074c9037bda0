"""Contracts of the tables that ingestion writes in addition to the primary tables."""

from datetime import date

import pandas as pd
import pandera.ibis as pa
import pandera.pandas

from kedro_asof.contracts.contract import FrameContract, TableContract

# Outcomes of a delivered row; any other outcome is the rule that rejected the row.
KEPT, DUPLICATE = "kept", "duplicate"
BLANKED = "blanked_"  # prefix of a rule: the row is kept without its late value


def is_rejected(outcome: pd.Series) -> pd.Series:
    """Return whether each outcome is a rule that rejected rows."""
    return ~outcome.isin([KEPT, DUPLICATE]) & ~outcome.str.startswith(BLANKED)


class CheckedRows(TableContract):
    """One row per distinct row of an operator table, with the rule it breaks and its deliveries.

    `blanked_by` is the first rule that blanked a late value of a kept row, and
    `<column>__blanked_by` the rule for each late column. `raw_content` has long texts cut, and
    `copies` is the number of deliveries. The primary contract checks the table's other columns.
    """

    broken_rule: str = pa.Field(nullable=True)
    blanked_by: str = pa.Field(nullable=True)
    raw_content: str = pa.Field(nullable=True)
    copies: int = pa.Field(ge=1)

    class Config:
        strict = False


class CheckedDeliveries(TableContract):
    """One row per delivered row of an event table with a finding; the other rows are all kept.

    A finding is a broken rule, a blanked value, or a key that more than one row has. `own_rule` is
    the rule that the row breaks by itself, `broken_rule` also one that it breaks because of other
    rows. `is_duplicate` marks a row that is equal to another one. `delivered_in` is the file.
    """

    broken_rule: str = pa.Field(nullable=True)
    own_rule: str = pa.Field(nullable=True)
    blanked_by: str = pa.Field(nullable=True)
    raw_content: str = pa.Field(nullable=True)
    is_duplicate: bool
    delivered_in: str

    class Config:
        strict = False


class RejectedRows(TableContract):
    """One row per rejected row; texts longer than 200 characters are cut."""

    table: str
    key: str = pa.Field(nullable=True)
    rule: str
    content: str


class IngestionReport(FrameContract):
    """One row per table and outcome; the counts of a table add up to its delivered rows."""

    table: str
    outcome: str  # kept, duplicate, blanked_<rule>, or <rule>
    rows: int = pandera.pandas.Field(ge=0)


class DeliveryReport(FrameContract):
    """One row per file, column and outcome; `column` is empty for rows, else a late column."""

    table: str
    file: str
    column: str
    outcome: str  # kept, duplicate, blanked_<rule>, or <rule>
    rows: int = pandera.pandas.Field(ge=0)


class DeliveryLog(FrameContract):
    """One row per file that was ingested or withdrawn; the counts add up to its rows."""

    table: str
    file: str
    status: str = pandera.pandas.Field(isin=["ingested", "withdrawn"])
    size_bytes: int = pandera.pandas.Field(ge=0)
    digest: str
    delivered_at: str  # UTC, ISO 8601
    ingested_at: str
    rows: int = pandera.pandas.Field(ge=0)
    kept: int = pandera.pandas.Field(ge=0)
    duplicate: int = pandera.pandas.Field(ge=0)
    rejected: int = pandera.pandas.Field(ge=0)
    rules: str  # the number of rejected rows by rule

    class Config:
        unique = ["table", "file"]


class LateValueReport(FrameContract):
    """One row per late column and outcome.

    The counts of a column add up to the values with which its kept rows were delivered.
    """

    table: str
    column: str
    outcome: str  # kept, or blanked_<rule>
    values: int = pandera.pandas.Field(ge=0)


class CategoryReport(FrameContract):
    """One row per value of a column in `expected_values`, and how many kept rows have it."""

    table: str
    column: str
    value: str
    rows: int = pandera.pandas.Field(ge=0)
    expected: bool


class Coverage(TableContract):
    """One row with the first and last complete day of usage."""

    first_day: date
    last_day: date
