"""Contract of scores, for a whole table and for batches."""

from datetime import date
from functools import partial
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pandera.pandas as pa
import pyarrow

from telco_churn.contracts.contract import FrameContract
from telco_churn.engines import map_batches

SCORES_SCHEMA = pyarrow.schema(
    {
        "customer_id": pyarrow.string(),
        "as_of": pyarrow.date32(),
        "churn_probability": pyarrow.float64(),
        "risk_band": pyarrow.string(),
        "expected_value": pyarrow.float64(),
        "contact": pyarrow.bool_(),
        "reason_1": pyarrow.string(),
        "reason_2": pyarrow.string(),
        "reason_3": pyarrow.string(),
        "model_version": pyarrow.int64(),
        "run_id": pyarrow.string(),
        "scored_at": pyarrow.timestamp("us", "UTC"),
    }
)


class ChurnScores(FrameContract):
    """One row per customer and `as_of`; money in `currency`."""

    customer_id: str
    as_of: date
    churn_probability: float = pa.Field(ge=0, le=1)
    risk_band: str = pa.Field(isin=["low", "medium", "high"])
    expected_value: float
    contact: bool
    reason_1: str = pa.Field(nullable=True)
    reason_2: str = pa.Field(nullable=True)
    reason_3: str = pa.Field(nullable=True)
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
    ChurnScores.validate(batch.to_pandas(), **kwargs)
    return batch
