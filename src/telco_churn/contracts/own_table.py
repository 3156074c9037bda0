"""Contracts of a user's flat table, as far as it can have any."""

from typing import Any

import ibis.expr.types as ir
import pandera.ibis
import pandera.pandas as pa

from kedro_asof.contracts.contract import FrameContract
from kedro_asof.contracts.execution import BrokenContractError


class OwnTable(pandera.ibis.DataFrameModel):
    """Any table with rows; which columns it must have is asked of its owner, not known here."""

    class Config:
        strict = False

    @classmethod
    def validate(cls, check_obj: ir.Table, *_args: Any, **_kwargs: Any) -> ir.Table:
        """Check that there are rows.

        Raises:
            BrokenContractError: When there is none.
        """
        if check_obj.limit(1).count().execute() == 0:
            raise BrokenContractError("has no rows, at least one per fold and class is needed.")
        return check_obj


class ColumnProfile(FrameContract):
    """One row per column of the table: what was found in it, and what it is used as."""

    column: str
    kind: str
    used_as: str
    missing: int = pa.Field(ge=0)
    distinct: int = pa.Field(ge=0)
    first_value: str = pa.Field(nullable=True)
