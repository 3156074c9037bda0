"""Contract of the findings of the leak alarm."""

import pandera.pandas as pa

from kedro_asof.contracts.contract import FrameContract


class LeakageFindings(FrameContract):
    """One row per finding; no rows if nothing leaks."""

    feature: str
    check: str = pa.Field(
        isin=[
            "predicts_alone",
            "missingness",
            "after_the_fact",
            "identifier",
            "duplicate_of_target",
            "shared_rows",
        ]
    )
    evidence: str
    value: float
    limit: float

    class Config:
        unique = ["feature", "check"]
