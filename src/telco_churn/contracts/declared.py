"""A contract written in the catalog, for a table that needs no Python of its own."""

from collections.abc import Callable
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.ibis as pa
from pydantic import BaseModel, ConfigDict, Field

from telco_churn.contracts.contract import check_schema

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
        one_of: All values there may be.
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
    """The contract that the options of a catalog entry's `validator` spell out."""

    def __init__(self, **options: Any) -> None:
        """Read the contract.

        Args:
            **options: `columns`, each with a type and rules, and `unique`, the key.

        Raises:
            pydantic.ValidationError: When it says something else.
        """
        declared = _Declaration.model_validate(options)
        self._schema = pa.DataFrameSchema(
            {name: _as_column(column) for name, column in declared.columns.items()},
            unique=declared.unique or None,
            strict=True,
        )

    def to_schema(self) -> pa.DataFrameSchema:
        """The contract as Pandera has it."""
        return self._schema

    def validate(self, data: ir.Table) -> ir.Table:
        """Check columns, types, rules and key.

        Raises:
            BrokenContractError: Says which, and in how many rows.
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
