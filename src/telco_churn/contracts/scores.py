"""Contract of scores, for a whole table and for a stream of batches."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pyarrow

from telco_churn.contracts.contract import FrameContract

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
        """Check a frame at once, or each batch of a stream as it passes.

        A stream is returned as a stream that raises at the first batch that breaks the contract, so
        that whoever writes it can give up the whole.
        """
        if not isinstance(check_obj, pyarrow.RecordBatchReader):
            return super().validate(check_obj, *args, **kwargs)
        return pyarrow.RecordBatchReader.from_batches(
            check_obj.schema, cls._check_batches(check_obj, **kwargs)
        )

    @classmethod
    def _check_batches(
        cls, batches: pyarrow.RecordBatchReader, **kwargs: Any
    ) -> Iterator[pyarrow.RecordBatch]:
        for batch in batches:
            cls.validate(batch.to_pandas(), **kwargs)
            yield batch
