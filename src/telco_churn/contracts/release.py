"""Contract of the log of champions."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa

from kedro_asof.contracts.contract import FrameContract


class PromotionLog(FrameContract):
    """One row per change of the champion: both versions, the author and the reason.

    `by` is the name of a user, or `gate`. `from_version` is null if there was no champion.
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
        """Return any number of entries as a log; times may be ISO texts."""
        columns = cls.to_schema().columns
        found = pd.DataFrame([dict(entry) for entry in entries], columns=list(columns))
        times = pd.to_datetime(found["at"], utc=True, format="ISO8601")
        return found.assign(at=times).astype(
            {name: column.dtype.type for name, column in columns.items()}
        )
