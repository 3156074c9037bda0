"""Which tables ingestion judges, how many bad rows it accepts, and when a day is complete."""

from typing import Self

from pydantic import Field, ImportString, field_validator, model_validator

from kedro_asof.contracts.contract import TableContract
from kedro_asof.params import Block


class JudgedTableParams(Block):
    """A table whose rows are judged one by one.

    Attributes:
        contract: Primary contract, given as its dotted path: columns, types, rules, key (`unique`).
        belongs_to_customer: Whether a row needs a trusted customer; one without is rejected.
    """

    contract: ImportString[type[TableContract]]
    belongs_to_customer: bool = True

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        schema = self.contract.to_schema()
        if not schema.unique:
            raise ValueError("the contract has no key; add `unique = [...]` to its Config")
        if self.belongs_to_customer and "customer_id" not in schema.columns:
            raise ValueError(
                f"the contract has no customer_id, found {list(schema.columns)}; add the column or "
                "set belongs_to_customer: false"
            )
        return self


class IngestionParams(Block):
    """The judged tables, and the limits of what ingestion accepts.

    Attributes:
        max_rejected_fraction: Share of the rows of any one table, beyond which the run stops.
        max_blanked_fraction: Share of the delivered values of any one column that is filled in
            later, beyond which the run stops, if it blanked ten values or more.
        full_day_share: Share of the rows of a usual day, from which a day of usage is complete.
        tables: The judged tables, `customers` and `usage` among them. Each is read from
            `raw_<table>` and written to `<table>`.
    """

    max_rejected_fraction: float = Field(ge=0, le=1)
    max_blanked_fraction: float = Field(ge=0, le=1)
    full_day_share: float = Field(gt=0, le=1)
    tables: dict[str, JudgedTableParams]

    @field_validator("tables")
    @classmethod
    def _check_tables(cls, tables: dict[str, JudgedTableParams]) -> dict[str, JudgedTableParams]:
        missing = sorted({"customers", "usage"} - set(tables))
        if missing:
            raise ValueError(f"{missing} missing; ingestion needs both customers and usage")
        if tables["customers"].belongs_to_customer:
            raise ValueError("customers cannot belong to customers; set belongs_to_customer: false")
        return tables
