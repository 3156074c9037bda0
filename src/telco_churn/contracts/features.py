"""Contracts of features. Which there are is declared in parameters, so columns are open."""

from datetime import date
from typing import Any

import ibis.expr.types as ir
import pandera.ibis as pa

from kedro_asof.contracts.contract import FrameContract, TableContract
from kedro_asof.contracts.execution import BrokenContractError
from telco_churn.contracts.operator_tables import IDENTIFIERS


class CustomerFeatures(TableContract):
    """One row per customer and `as_of`, and any features but direct identifiers."""

    customer_id: str
    as_of: date

    class Config:
        strict = False
        unique = ["customer_id", "as_of"]

    @classmethod
    def validate(cls, check_obj: ir.Table, *args: Any, **kwargs: Any) -> ir.Table:
        """Refuse direct identifiers, then check key and types.

        Raises:
            BrokenContractError: When a column is a direct identifier, or a rule is broken.
        """
        personal = sorted(set(check_obj.columns) & set(IDENTIFIERS))
        if personal:
            raise BrokenContractError(
                f"has direct identifiers {personal}, which end at ingestion. Drop them there."
            )
        return super().validate(check_obj, *args, **kwargs)


class LabelledFeatures(CustomerFeatures):
    """Features with what came after."""

    churned: bool


class TrainingExamples(LabelledFeatures):
    """Labelled features with what each row is for: to train, calibrate, test; a gap; or a fold."""

    split: str = pa.Field(str_matches=r"^(train|calibration|test|gap|fold_\d+)$")


class DataDictionary(FrameContract):
    """One row per feature: what it means, in which unit, from which table, over which days."""

    name: str
    meaning: str
    unit: str
    source_table: str
    window: str

    class Config:
        unique = ["name"]
