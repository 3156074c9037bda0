"""Contracts of scores: on the way, and as they are committed, for a whole table and for batches."""

from datetime import date
from functools import partial
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pandera.ibis
import pandera.pandas as pa
import pyarrow

from telco_churn.contracts.contract import FrameContract, TableContract
from telco_churn.engines import map_batches

REASONS = (1, 2, 3)
KEY = {"customer_id": pyarrow.string(), "as_of": pyarrow.date32()}
PREDICTION = {
    "churn_probability": pyarrow.float64(),
    "risk_band": pyarrow.string(),
    "expected_value": pyarrow.float64(),
}
WORDS = {f"reason_{number}": pyarrow.string() for number in REASONS}
EVIDENCE = {
    f"reason_{number}_{part}": kind
    for number in REASONS
    for part, kind in {
        "feature": pyarrow.string(),
        "value": pyarrow.string(),
        "contribution": pyarrow.float64(),
    }.items()
}
ORIGIN = {
    "model_version": pyarrow.int64(),
    "run_id": pyarrow.string(),
    "scored_at": pyarrow.timestamp("us", "UTC"),
}

PREDICTIONS_SCHEMA = pyarrow.schema(KEY | PREDICTION)
REASONS_SCHEMA = pyarrow.schema(KEY | WORDS | EVIDENCE)
SCORES_SCHEMA = pyarrow.schema(
    KEY | PREDICTION | {"contact": pyarrow.bool_()} | WORDS | EVIDENCE | ORIGIN
)


class ChurnPredictions(TableContract):
    """One row per customer and `as_of`: how likely churn is, and what a contact is worth."""

    customer_id: str
    as_of: date
    churn_probability: float = pandera.ibis.Field(ge=0, le=1)
    risk_band: str = pandera.ibis.Field(isin=["low", "medium", "high"])
    expected_value: float

    class Config:
        unique = ["customer_id", "as_of"]


class ContactReasons(TableContract):
    """One row for each customer who has reasons."""

    customer_id: str
    as_of: date

    class Config:
        strict = False
        unique = ["customer_id", "as_of"]


class _Reasons(FrameContract):
    """What raises a score most: in words, and the feature, its value and its share beside."""

    reason_1: str = pa.Field(nullable=True)
    reason_2: str = pa.Field(nullable=True)
    reason_3: str = pa.Field(nullable=True)
    reason_1_feature: str = pa.Field(nullable=True)
    reason_1_value: str = pa.Field(nullable=True)
    reason_1_contribution: float = pa.Field(nullable=True, gt=0)
    reason_2_feature: str = pa.Field(nullable=True)
    reason_2_value: str = pa.Field(nullable=True)
    reason_2_contribution: float = pa.Field(nullable=True, gt=0)
    reason_3_feature: str = pa.Field(nullable=True)
    reason_3_value: str = pa.Field(nullable=True)
    reason_3_contribution: float = pa.Field(nullable=True, gt=0)


class ChurnScores(_Reasons):
    """One row per customer and `as_of`; money in `currency`, contributions in log odds."""

    customer_id: str
    as_of: date
    churn_probability: float = pa.Field(ge=0, le=1)
    risk_band: str = pa.Field(isin=["low", "medium", "high"])
    expected_value: float
    contact: bool
    model_version: int = pa.Field(ge=1)
    run_id: str
    scored_at: pd.DatetimeTZDtype = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})

    class Config:
        unique = ["customer_id", "as_of"]

    @classmethod
    def validate(cls, check_obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Check a frame at once, or each batch of a stream or an expression as it is computed.

        These come back as what raises at the first batch that breaks the contract, so that whoever
        writes it can give up the whole.
        """
        if not isinstance(check_obj, pyarrow.RecordBatchReader | ir.Table):
            return super().validate(check_obj, *args, **kwargs)
        return map_batches(check_obj, partial(_check_batch, **kwargs), SCORES_SCHEMA)


def _check_batch(batch: pyarrow.RecordBatch, **kwargs: Any) -> pyarrow.RecordBatch:
    typed = batch.cast(SCORES_SCHEMA)  # engines choose their own width for whole numbers
    ChurnScores.validate(typed.to_pandas(), **kwargs)
    return typed
