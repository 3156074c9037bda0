"""Contract of what the leak alarm found."""

import pandera.pandas as pa

from kedro_asof.contracts.contract import FrameContract


class LeakageFindings(FrameContract):
    """One row per finding; none when nothing leaks."""

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
