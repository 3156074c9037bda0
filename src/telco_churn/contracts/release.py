"""Contract of what is kept about releases."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa

from kedro_asof.contracts.contract import FrameContract


class PromotionLog(FrameContract):
    """One row per time that the champion changed: from which version to which, by whom, why.

    `by` is a user's name, or `gate`. `from_version` is null where there was no champion.
    """

    at: pd.DatetimeTZDtype = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})
    by: str = pa.Field(str_length={"min_value": 1})
    action: str = pa.Field(isin=["appointed", "promoted", "rolled_back"])
    model: str
    from_version: pd.Int64Dtype = pa.Field(nullable=True, ge=1)
    to_version: int = pa.Field(ge=1)
    reason: str

    @classmethod
    def frame(cls, entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
        """Give entries, or none, the columns and types of the log; times may be ISO texts."""
        columns = cls.to_schema().columns
        found = pd.DataFrame([dict(entry) for entry in entries], columns=list(columns))
        times = pd.to_datetime(found["at"], utc=True, format="ISO8601")
        return found.assign(at=times).astype(
            {name: column.dtype.type for name, column in columns.items()}
        )
