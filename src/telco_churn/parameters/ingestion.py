"""The tables that ingestion checks, the bad rows it accepts, and when a day is complete."""

from typing import Literal, Self

from pandera.ibis import DataFrameSchema
from pydantic import Field, ImportString, ValidationInfo, field_validator, model_validator

from kedro_asof.contracts.contract import TableContract
from kedro_asof.params import Block

REQUIRED = {"customers", "subscriptions", "usage", "cancellations"}


class JudgedTableParams(Block):
    """A table whose rows are checked one by one."""

    contract: ImportString[type[TableContract]]
    """Dotted path of the primary contract, which holds columns, types, rules and key (`unique`)."""
    belongs_to_customer: bool = True
    """Whether ingestion rejects rows without a trusted customer."""
    event_date: str | None = None
    """Column with the day of an event. With it, each file of the table is ingested once, and the
    trusted table has one partition per month. null: the table is delivered whole each time."""
    loaded_at: Literal["delivery"] | None = None
    """`delivery`: a row without `loaded_at` gets the time when its file was last changed. null: a
    row counts as known since its event."""
    expected_values: dict[str, list[str]] = Field(default_factory=dict)
    """Values by text column. Rows with other values are kept, counted in `category_report`, and
    warned of."""

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        schema = self.contract.to_schema()
        if not schema.unique:
            raise ValueError(
                "Missing key: the contract has no `unique`. Add `unique = [...]` to its Config."
            )
        if self.belongs_to_customer and "customer_id" not in schema.columns:
            raise ValueError(
                f"Missing column 'customer_id': the contract has {list(schema.columns)}. Add the "
                "column, or set belongs_to_customer: false."
            )
        dates = [name for name, column in schema.columns.items() if column.dtype.type.is_date()]
        if self.event_date is not None and self.event_date not in dates:
            raise ValueError(
                f"Invalid event_date {self.event_date!r}: expected null or one of {dates}, the "
                "dates of the contract."
            )
        if self.loaded_at and (self.event_date is None or "loaded_at" not in schema.columns):
            raise ValueError(
                "Invalid loaded_at 'delivery': it needs an event_date, and a contract with the "
                "column loaded_at."
            )
        unfit = sorted(set(self.expected_values) - set(list_text_columns(schema)))
        if unfit:
            raise ValueError(
                f"Invalid columns {unfit} in expected_values: expected some of "
                f"{list_text_columns(schema)}, the text columns of the contract"
            )
        return self


def list_text_columns(schema: DataFrameSchema) -> list[str]:
    """Return the names of the text columns of a contract."""
    return [name for name, column in schema.columns.items() if column.dtype.type.is_string()]


class IngestionParams(Block):
    """The tables to check, and the limits of what ingestion accepts."""

    max_rejected_fraction: float = Field(ge=0, le=1)
    """Largest share of rejected rows in one table, 0 to 1; above it the run stops."""
    max_blanked_fraction: float = Field(ge=0, le=1)
    """Largest share of blanked values among the delivered values of one late column, 0 to 1; above
    it the run stops if at least ten values were blanked."""
    full_day_share: float = Field(gt=0, le=1)
    """Share of a usual day's rows from which a day of usage is complete; above 0, at most 1."""
    rebuild: bool = False
    """Whether to make the tables with an `event_date` anew from all their files."""
    withdraw: list[str] = Field(default_factory=list)
    """Files whose rows leave, as `table/file`; `kedro deliveries withdraw` sets it."""
    restore: list[str] = Field(default_factory=list)
    """Withdrawn files to ingest again, as `table/file`; `kedro deliveries restore` sets it."""
    absent: list[str] = Field(default_factory=list)
    """Tables of `tables` that the operator does not have; any table that is not required."""
    tables: dict[str, JudgedTableParams]
    """The tables to check, by name; `customers` and `usage` are required. Each table is read from
    `raw_<table>` and written to `<table>`."""

    @field_validator("tables")
    @classmethod
    def _check_tables(
        cls, tables: dict[str, JudgedTableParams], info: ValidationInfo
    ) -> dict[str, JudgedTableParams]:
        missing = sorted({"customers", "usage"} - set(tables))
        if missing:
            raise ValueError(f"Missing tables {missing}: ingestion needs both customers and usage")
        if tables["customers"].event_date is not None:
            raise ValueError(
                "Invalid event_date of customers: the table is delivered whole. Set event_date: "
                "null for it."
            )
        if tables["customers"].belongs_to_customer:
            raise ValueError(
                "Invalid belongs_to_customer: the table customers cannot belong to a customer. Set "
                "belongs_to_customer: false for it."
            )
        absent = info.data.get("absent", [])
        optional = sorted(set(tables) - REQUIRED)
        unfit = sorted(set(absent) - set(optional))
        if unfit:
            raise ValueError(
                f"Invalid absent tables {unfit}: expected some of {optional}; the others are "
                "required. Correct absent_tables in globals.yml"
            )
        return {name: table for name, table in tables.items() if name not in absent}

    @staticmethod
    def list_named(files: list[str], table: str) -> list[str]:
        """Return the names of the files of a table among `table/file`."""
        prefix = f"{table}/"
        return [file.removeprefix(prefix) for file in files if file.startswith(prefix)]
