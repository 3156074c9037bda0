"""What every contract does beyond Pandera: column mistakes in one line that says what to do."""

from typing import Any

import ibis.expr.types as ir
import pandera.ibis
import pandera.pandas

from telco_churn.errors import InputError


class BrokenContractError(InputError):
    """A table does not have the columns or rows that its contract asks for."""


class TableContract(pandera.ibis.DataFrameModel):
    """A contract of a table that an engine holds."""

    class Config:
        strict = True
        coerce = False

    @classmethod
    def validate(cls, check_obj: ir.Table, *args: Any, **kwargs: Any) -> ir.Table:
        """Check columns first, then types and rules.

        Raises:
            BrokenContractError: When columns are missing or unexpected.
            pandera.errors.SchemaErrors: When a type or a rule is broken.
        """
        check_columns(cls, list(check_obj.columns))
        return super().validate(check_obj, *args, **kwargs)


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
        check_columns(cls, list(check_obj.columns))
        if check_obj.limit(1).count().execute() == 0:
            raise BrokenContractError(
                "has no rows, at least one is needed. Deliver it again, or correct its filepath "
                "in conf/base/catalog/raw.yml."
            )
        return check_obj


def check_columns(contract: type[TableContract], found: list[str]) -> None:
    """Refuse a table that lacks columns, or has others, where a contract lists all of them.

    Raises:
        BrokenContractError: Names what is lacking, what is unexpected, and what was found.
    """
    schema = contract.to_schema()
    columns = schema.columns
    if not schema.strict or any(column.regex for column in columns.values()):
        return  # open lists and patterns are Pandera's own to judge
    lacking = sorted(set(columns) - set(found))
    unexpected = sorted(set(found) - set(columns))
    if lacking or unexpected:
        wrong = [f"lacks {lacking}"] * bool(lacking) + [f"has unknown {unexpected}"] * bool(
            unexpected
        )
        raise BrokenContractError(
            f"{' and '.join(wrong)}; found {found}, allowed {list(columns)}. Rename columns under "
            f"`columns` of its catalog entry, or change the contract {contract.__name__}."
        )
