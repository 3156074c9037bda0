"""Contracts of tables, as Pandera models or as options of a catalog entry."""

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.ibis
import pandera.ibis as pa
import pandera.pandas
from pydantic import BaseModel, ConfigDict, Field

from kedro_asof.contracts.execution import BrokenContractError, check_key, check_rules
from kedro_asof.contracts.validation_cache import ValidationCache


class TableContract(pandera.ibis.DataFrameModel):
    """A contract of a table that an engine holds."""

    class Config:
        strict = True
        coerce = False

    @classmethod
    def validate(cls, check_obj: ir.Table, *_args: Any, **_kwargs: Any) -> ir.Table:
        """Check columns, types, rules and key, all inside the engine.

        Raises:
            BrokenContractError: Names what is broken, and in how many rows.
        """
        check_schema(check_obj, cls.to_schema(), cls.__name__)
        return check_obj


class FrameContract(pandera.pandas.DataFrameModel):
    """A contract of a table in memory."""

    class Config:
        strict = True
        coerce = False


class DeliveredTable(TableContract):
    """A table as delivered: the right columns and at least one row; values are not checked yet.

    Types are what the columns are cast to later.
    """

    @classmethod
    def validate(cls, check_obj: ir.Table, *_args: Any, **_kwargs: Any) -> ir.Table:
        """Check columns and that there are rows.

        Raises:
            BrokenContractError: When columns are missing or unexpected, or there is no row.
        """
        check_columns(check_obj, cls.to_schema(), cls.__name__)
        if check_obj.limit(1).count().execute() == 0:
            raise BrokenContractError(
                "has no rows, expected at least one. Deliver it again, or correct the filepath of "
                "its catalog entry."
            )
        return check_obj


def check_schema(table: ir.Table, schema: pandera.ibis.DataFrameSchema, name: str) -> None:
    """Check columns, types, rules and key; rows of a file once until the file changes.

    Raises:
        BrokenContractError: Names what is broken, and in how many rows.
    """
    check_columns(table, schema, name)
    cache = ValidationCache(table, schema)
    if cache.is_valid:
        return
    check_rules(table, schema)
    check_key(table, list(schema.unique or []))
    cache.save()


def check_columns(table: ir.Table, schema: pandera.ibis.DataFrameSchema, name: str) -> None:
    """Refuse a table that lacks columns, or has others where the contract lists all of them.

    Raises:
        BrokenContractError: Names missing and unexpected columns, and what was found.
    """
    found = list(table.columns)
    required = [column for column, rules in schema.columns.items() if rules.required]
    allowed = required + [column for column in schema.columns if column not in required]
    lacking = sorted(set(required) - set(found))
    unexpected = sorted(set(found) - set(allowed)) if schema.strict else []
    if lacking or unexpected:
        faults = {"lacks": lacking, "has unknown": unexpected}
        wrong = " and ".join(f"{fault} {names}" for fault, names in faults.items() if names)
        raise BrokenContractError(
            f"{wrong}; found {found}, allowed {allowed}. Rename columns under `columns` of its "
            f"catalog entry, or change the contract {name}."
        )


RULES: dict[str, Callable[[Any], pa.Check]] = {
    "at_least": pa.Check.ge,
    "at_most": pa.Check.le,
    "above": pa.Check.gt,
    "below": pa.Check.lt,
    "one_of": pa.Check.isin,
}


class DeclaredColumn(BaseModel):
    """Type and rules of a column.

    Attributes:
        type: `string`, `date`, `timestamp`, `int64`, `float64` or `boolean`.
        nullable: Whether it may be empty.
        at_least: The smallest value; also `at_most`, `above`, `below`.
        one_of: The allowed values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(pattern="^(string|date|timestamp|int64|float64|boolean)$")
    nullable: bool = False
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    one_of: list[str] | None = None


class _Declaration(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: dict[str, DeclaredColumn] = Field(min_length=1)
    unique: list[str] = Field(default_factory=list)


class DeclaredTable:
    """A contract declared in the options of a catalog entry's `validator`."""

    def __init__(self, **options: Any) -> None:
        """Read the contract.

        Args:
            **options: `columns`, each with a type and rules, and `unique`, the key.

        Raises:
            pydantic.ValidationError: When an option is missing, unknown or of the wrong type.
        """
        declared = _Declaration.model_validate(options)
        self._schema = pa.DataFrameSchema(
            {name: _as_column(column) for name, column in declared.columns.items()},
            unique=declared.unique or None,
            strict=True,
        )

    def to_schema(self) -> pa.DataFrameSchema:
        """The contract as a Pandera schema."""
        return self._schema

    def validate(self, data: ir.Table) -> ir.Table:
        """Check columns, types, rules and key.

        Raises:
            BrokenContractError: Names what is broken, and in how many rows.
        """
        check_schema(data, self._schema, "in its catalog entry")
        return data


def _as_column(declared: DeclaredColumn) -> pa.Column:
    checks = [
        rule(getattr(declared, name))
        for name, rule in RULES.items()
        if getattr(declared, name) is not None
    ]
    return pa.Column(ibis.dtype(declared.type), checks=checks, nullable=declared.nullable)
