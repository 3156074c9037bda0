"""Table contracts, written as Pandera models or as options of a catalog entry."""

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.ibis
import pandera.ibis as pa
import pandera.pandas
from pydantic import BaseModel, ConfigDict, Field

from kedro_asof.contracts.execution import check_key, check_rules, check_types
from kedro_asof.contracts.validation_cache import ValidationCache
from kedro_asof.deliveries.folder import Deliveries
from kedro_asof.errors import BrokenContractError


class TableContract(pandera.ibis.DataFrameModel):
    """The contract of a table in an engine, an ibis expression."""

    class Config:
        strict = True
        coerce = False

    @classmethod
    def validate(cls, check_obj: ir.Table, *_args: Any, **_kwargs: Any) -> ir.Table:
        """Check columns, types, rules and key inside the engine; return the table.

        Raises:
            BrokenContractError: Names each broken rule and the number of rows that break it.
        """
        check_schema(check_obj, cls.to_schema(), cls.__name__)
        return check_obj


class FrameContract(pandera.pandas.DataFrameModel):
    """The contract of a table in memory, a pandas frame."""

    class Config:
        strict = True
        coerce = False


class DeliveredTable(TableContract):
    """A raw table: it needs the columns of the contract and at least one row.

    Values are not checked and further columns are ignored: later steps cast the columns of the
    contract to their types, and drop the others.
    """

    @classmethod
    def to_schema(cls) -> pa.DataFrameSchema:
        """Return the contract as a Pandera schema that ignores further columns."""
        schema = super().to_schema()
        schema.strict = False  # a `Config` here would conflict with that of the primary contract
        return schema

    @classmethod
    def validate(cls, check_obj: Any, *_args: Any, **_kwargs: Any) -> Any:
        """Check the columns and that the table has rows; return the table.

        Deliveries are checked file by file when they are opened.

        Raises:
            BrokenContractError: When columns are missing, or the table is empty.
        """
        if isinstance(check_obj, Deliveries):
            return check_obj.check_with(cls.validate)
        check_columns(check_obj, cls.to_schema(), cls.__name__)
        if check_obj.limit(1).count().execute() == 0:
            raise BrokenContractError(
                "The table has no rows: expected at least one. Deliver it again, or correct the "
                "filepath of its catalog entry."
            )
        return check_obj


def check_schema(table: ir.Table, schema: pandera.ibis.DataFrameSchema, name: str) -> None:
    """Check columns, types, rules and key; the rows of a file only once until the file changes.

    Raises:
        BrokenContractError: Names each broken rule and the number of rows that break it.
    """
    check_columns(table, schema, name)
    check_types(table, schema)
    cache = ValidationCache(table, schema)
    if cache.is_valid:
        return
    check_rules(table, schema)
    check_key(table, list(schema.unique or []))
    cache.save()


def check_columns(table: ir.Table, schema: pandera.ibis.DataFrameSchema, name: str) -> None:
    """Check that no column is missing, and none unknown if the contract is strict.

    Raises:
        BrokenContractError: Names the missing, unknown, found and allowed columns.
    """
    found = list(table.columns)
    required = [column for column, rules in schema.columns.items() if rules.required]
    allowed = required + [column for column in schema.columns if column not in required]
    lacking = sorted(set(required) - set(found))
    unexpected = sorted(set(found) - set(allowed))
    if lacking or (unexpected and schema.strict):
        faults = {"missing": lacking, "unknown": unexpected}
        wrong = ", ".join(f"{fault} {names}" for fault, names in faults.items() if names)
        raise BrokenContractError(
            f"Invalid columns: {wrong}; found {found}, allowed {allowed}. Rename columns under "
            f"`columns` of its catalog entry, or change the contract {name}."
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
        nullable: Whether values may be null.
        at_least: The smallest allowed value, inclusive.
        at_most: The largest allowed value, inclusive.
        above: A bound that every value exceeds.
        below: A bound that no value reaches.
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
    """A contract declared in the options of `validator` in a catalog entry."""

    def __init__(self, **options: Any) -> None:
        """Build the contract.

        Args:
            **options: `columns`, a `DeclaredColumn` by name, and `unique`, the columns of the key.

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
        """Return the contract as a Pandera schema."""
        return self._schema

    def validate(self, data: ir.Table) -> ir.Table:
        """Check columns, types, rules and key; return the table.

        Raises:
            BrokenContractError: Names each broken rule and the number of rows that break it.
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
