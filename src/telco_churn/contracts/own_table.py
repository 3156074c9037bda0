"""Contracts of a user's flat table and of its column profile."""

from typing import Any

import ibis.expr.types as ir
import pandera.ibis
import pandera.pandas as pa

from kedro_asof.contracts.contract import FrameContract
from kedro_asof.errors import BrokenContractError


class OwnTable(pandera.ibis.DataFrameModel):
    """Any table with rows; the parameters of `own_table` name the columns that it must have."""

    class Config:
        strict = False

    @classmethod
    def validate(cls, check_obj: ir.Table, *_args: Any, **_kwargs: Any) -> ir.Table:
        """Check that the table has rows.

        Raises:
            BrokenContractError: If the table has no rows.
        """
        if check_obj.limit(1).count().execute() == 0:
            raise BrokenContractError(
                "The table has no rows: expected at least one per fold and class. Correct "
                "own_table.table, or add rows to the file."
            )
        return check_obj


class ColumnProfile(FrameContract):
    """One row per column of the table: its content, how it is used, and what it tells alone.

    `feature` is the name in the model. `form` is how the column writes numbers or dates. `note`
    says what is odd, or why the column is not used. `unreadable` values count as missing;
    `examples` shows three of them. `roc_auc` is that of the column alone, out of fold.
    """

    column: str
    kind: str
    used_as: str
    feature: str = pa.Field(nullable=True)
    form: str = pa.Field(nullable=True)
    note: str = pa.Field(nullable=True)
    missing: int = pa.Field(ge=0)
    unreadable: int = pa.Field(ge=0)
    examples: str = pa.Field(nullable=True)
    distinct: int = pa.Field(ge=0)
    first_value: str = pa.Field(nullable=True)
    roc_auc: float = pa.Field(ge=0, le=1, nullable=True)
