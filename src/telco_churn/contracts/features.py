"""Contracts of features. Parameters declare the features, so further columns are allowed."""

from datetime import date
from typing import Any

import ibis.expr.types as ir
import pandera.ibis as pa

from kedro_asof.contracts.contract import FrameContract, TableContract
from kedro_asof.errors import BrokenContractError
from telco_churn.contracts.operator_tables import IDENTIFIERS


class CustomerFeatures(TableContract):
    """One row per customer and `as_of`, with any features except direct identifiers."""

    customer_id: str
    as_of: date

    class Config:
        strict = False
        unique = ["customer_id", "as_of"]

    @classmethod
    def validate(cls, check_obj: ir.Table, *args: Any, **kwargs: Any) -> ir.Table:
        """Reject direct identifiers, then check key and types.

        Raises:
            BrokenContractError: If a column is a direct identifier, or a row breaks a rule.
        """
        personal = sorted(set(check_obj.columns) & set(IDENTIFIERS))
        if personal:
            raise BrokenContractError(
                f"The table has direct identifiers {personal}: expected none among features. Drop "
                "them at ingestion."
            )
        return super().validate(check_obj, *args, **kwargs)


class LabeledFeatures(CustomerFeatures):
    """Features of past dates, labeled with whether the customer churned afterwards."""

    churned: bool


class TrainingExamples(LabeledFeatures):
    """Labeled features with the split of each row: train, calibration, test, gap or a fold."""

    split: str = pa.Field(str_matches=r"^(train|calibration|test|gap|fold_\d+)$")


class DataDictionary(FrameContract):
    """One row per feature: its meaning, unit, source table and window of days."""

    name: str
    meaning: str
    unit: str
    source_table: str
    window: str

    class Config:
        unique = ["name"]
