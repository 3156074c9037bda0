"""What every contract does beyond Pandera: faults in one line that says what to do."""

from typing import Any

import ibis.expr.types as ir
import pandera.ibis
import pandera.pandas

from telco_churn.contracts.engine_checks import BrokenContractError, check_key, check_rules
from telco_churn.contracts.seals import Seal


class TableContract(pandera.ibis.DataFrameModel):
    """A contract of a table that an engine holds."""

    class Config:
        strict = True
        coerce = False

    @classmethod
    def validate(cls, check_obj: ir.Table, *_args: Any, **_kwargs: Any) -> ir.Table:
        """Check columns, types, rules and key, all inside the engine.

        Raises:
            BrokenContractError: Says which, and in how many rows.
        """
        check_schema(check_obj, cls.to_schema(), cls.__name__)
        return check_obj


class FrameContract(pandera.pandas.DataFrameModel):
    """A contract of a table in memory."""

    class Config:
        strict = True
        coerce = False


class DeliveredTable(TableContract):
    """A table as an operator delivers it: right columns, at least one row, values not yet checked.

    Types are what ingestion casts to.
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
                "has no rows, at least one is needed. Deliver it again, or correct its filepath "
                "in conf/base/catalog/raw.yml."
            )
        return check_obj


def check_schema(table: ir.Table, schema: pandera.ibis.DataFrameSchema, name: str) -> None:
    """Check columns, types, rules and key; rows of a file once for as long as it stays as it is.

    Raises:
        BrokenContractError: Says which, and in how many rows.
    """
    check_columns(table, schema, name)
    seal = Seal(table, schema)
    if seal.holds:
        return
    check_rules(table, schema)
    check_key(table, list(schema.unique or []))
    seal.put()


def check_columns(table: ir.Table, schema: pandera.ibis.DataFrameSchema, name: str) -> None:
    """Refuse a table that lacks columns, or has others where the contract lists all of them.

    Raises:
        BrokenContractError: Names what is lacking, what is unexpected, and what was found.
    """
    found = list(table.columns)
    required = [column for column, rules in schema.columns.items() if rules.required]
    allowed = required + [column for column in schema.columns if column not in required]
    lacking = sorted(set(required) - set(found))
    unexpected = sorted(set(found) - set(allowed)) if schema.strict else []
    if lacking or unexpected:
        wrong = [f"lacks {lacking}"] * bool(lacking) + [f"has unknown {unexpected}"] * bool(
            unexpected
        )
        raise BrokenContractError(
            f"{' and '.join(wrong)}; found {found}, allowed {allowed}. Rename columns under "
            f"`columns` of its catalog entry, or change the contract {name}."
        )
