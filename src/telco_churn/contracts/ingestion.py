"""Contracts of what ingestion writes beside the primary tables."""

from datetime import date

import pandera.ibis as pa
import pandera.pandas

from kedro_asof.contracts.contract import FrameContract, TableContract


class CheckedRows(TableContract):
    """An operator table, one row per distinct row, with the rule it breaks and how often it came.

    `blanked_by` is the first rule by which a value that was filled in later was taken out of a kept
    row; `<column>__blanked_by` tells it for each such column. `raw_content` has long texts cut.

    The table's own columns are whatever they are: the primary contract judges them.
    """

    broken_rule: str = pa.Field(nullable=True)
    blanked_by: str = pa.Field(nullable=True)
    raw_content: str = pa.Field(nullable=True)
    copies: int = pa.Field(ge=1)

    class Config:
        strict = False


class RejectedRows(TableContract):
    """One row per row that a contract refused; texts of more than 200 characters are cut."""

    table: str
    key: str = pa.Field(nullable=True)
    rule: str
    content: str


class IngestionReport(FrameContract):
    """One row per table and outcome; the rows of a table add up to what was delivered."""

    table: str
    outcome: str  # kept, duplicate, blanked_<rule> for a row kept without a value, or <rule>
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
    """One row: the first and last day that usage was delivered for."""

    first_day: date
    last_day: date
