"""Contracts of predictions on held-out rows, and of the tables that evaluate them.

Shares, rates and probabilities are between 0 and 1. Intervals run from `low` to `high`.
"""

from datetime import date

import pandera.pandas as pa

from kedro_asof.contracts.contract import FrameContract


class HeldOutPredictions(FrameContract):
    """One row per held-out customer and date, with the candidate's churn probability.

    Columns named `slice_<feature>` hold any value. Every further column is the churn probability
    from one baseline.
    """

    customer_id: str
    as_of: date
    churned: bool
    churn_probability: float = pa.Field(ge=0, le=1)
    baselines: float | None = pa.Field(
        alias="^(?!(customer_id|as_of|churned|churn_probability)$|slice_)",
        regex=True,
        ge=0,
        le=1,
    )

    class Config:
        strict = False
        unique = ["customer_id", "as_of"]


class MetricIntervals(FrameContract):
    """One row per model and metric; `expected_profit` in `currency` per date."""

    model: str
    metric: str
    value: float
    low: float
    high: float

    class Config:
        unique = ["model", "metric"]


class BaselineGains(FrameContract):
    """One row per baseline: what the candidate gains over it in ROC AUC, with its interval."""

    model: str
    gain: float = pa.Field(ge=-1, le=1)
    low: float = pa.Field(ge=-1, le=1)
    high: float = pa.Field(ge=-1, le=1)

    class Config:
        unique = ["model"]


class DecileTable(FrameContract):
    """One row per decile of the held-out rows, riskiest first; `captured` is cumulative."""

    decile: int = pa.Field(ge=1, le=10)
    customers: int = pa.Field(ge=0)
    churned: int = pa.Field(ge=0)
    churn_rate: float = pa.Field(ge=0, le=1, nullable=True)
    mean_probability: float = pa.Field(ge=0, le=1, nullable=True)
    lift: float = pa.Field(ge=0, nullable=True)
    lift_low: float = pa.Field(ge=0, nullable=True)
    lift_high: float = pa.Field(ge=0, nullable=True)
    captured: float = pa.Field(ge=0, le=1)
    captured_low: float = pa.Field(ge=0, le=1)
    captured_high: float = pa.Field(ge=0, le=1)

    class Config:
        unique = ["decile"]


class CalibrationCurve(FrameContract):
    """One row per group of equal size, lowest probability first, with intervals of `churn_rate`."""

    group: int = pa.Field(ge=1, le=10)
    customers: int = pa.Field(ge=0)
    mean_probability: float = pa.Field(ge=0, le=1, nullable=True)
    churn_rate: float = pa.Field(ge=0, le=1, nullable=True)
    low: float = pa.Field(ge=0, le=1, nullable=True)
    high: float = pa.Field(ge=0, le=1, nullable=True)

    class Config:
        unique = ["group"]


class ProfitCurve(FrameContract):
    """One row per number of contacts for each date; `profit` in `currency` per date."""

    contacts: int = pa.Field(ge=0)
    profit: float
    low: float
    high: float

    class Config:
        unique = ["contacts"]


class SliceMetrics(FrameContract):
    """One row per value of a feature; metrics are null where `judged` is false."""

    slice: str
    value: str
    customers: int = pa.Field(ge=1)
    churned: int = pa.Field(ge=0)
    churn_rate: float = pa.Field(ge=0, le=1)
    mean_probability: float = pa.Field(ge=0, le=1)
    roc_auc: float = pa.Field(ge=0, le=1, nullable=True)
    roc_auc_low: float = pa.Field(ge=0, le=1, nullable=True)
    roc_auc_high: float = pa.Field(ge=0, le=1, nullable=True)
    calibration_gap: float = pa.Field(ge=-1, le=1, nullable=True)
    calibration_gap_low: float = pa.Field(ge=-1, le=1, nullable=True)
    calibration_gap_high: float = pa.Field(ge=-1, le=1, nullable=True)
    judged: bool

    class Config:
        unique = ["slice", "value"]


class SliceGaps(FrameContract):
    """Two rows per feature: the gap between its best and worst slice, and the gap's interval."""

    slice: str
    measure: str = pa.Field(isin=["roc_auc", "calibration_gap"])
    gap: float = pa.Field(ge=0)
    low: float = pa.Field(ge=0)
    high: float = pa.Field(ge=0)
    worst_value: str
    best_value: str

    class Config:
        unique = ["slice", "measure"]
