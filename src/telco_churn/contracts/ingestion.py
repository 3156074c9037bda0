"""Contracts of what ingestion writes beside the primary tables."""

from datetime import date

import pandas as pd
import pandera.ibis as pa
import pandera.pandas

from kedro_asof.contracts.contract import FrameContract, TableContract

# Outcomes of a delivered row; any other is the rule that rejected it.
KEPT, DUPLICATE = "kept", "duplicate"
BLANKED = "blanked_"  # and the rule: a row kept without a value that was filled in later


def is_rejected(outcome: pd.Series) -> pd.Series:
    """Whether each outcome is a rule that rejected rows."""
    return ~outcome.isin([KEPT, DUPLICATE]) & ~outcome.str.startswith(BLANKED)


class CheckedRows(TableContract):
    """An operator table, one row per distinct row, with the rule it breaks and how often it came.

    `blanked_by` is the first rule that took a value filled in later out of a kept row;
    `<column>__blanked_by` names it for each such column. `raw_content` has long texts cut.

    The table's own columns may be any: the primary contract judges them.
    """

    broken_rule: str = pa.Field(nullable=True)
    blanked_by: str = pa.Field(nullable=True)
    raw_content: str = pa.Field(nullable=True)
    copies: int = pa.Field(ge=1)

    class Config:
        strict = False


class RejectedRows(TableContract):
    """One row per row that a contract rejected; texts of more than 200 characters are cut."""

    table: str
    key: str = pa.Field(nullable=True)
    rule: str
    content: str


class IngestionReport(FrameContract):
    """One row per table and outcome; the rows of a table add up to what was delivered."""

    table: str
    outcome: str  # kept, duplicate, blanked_<rule>, or <rule>
    rows: int = pandera.pandas.Field(ge=0)


class LateValueReport(FrameContract):
    """One row per column that is filled in later and outcome.

    The values of a column add up to those that its kept rows were delivered with.
    """

    table: str
    column: str
    outcome: str  # kept, or blanked_<rule>
    values: int = pandera.pandas.Field(ge=0)


class Coverage(TableContract):
    """One row: the first and last complete day of usage."""

    first_day: date
    last_day: date
