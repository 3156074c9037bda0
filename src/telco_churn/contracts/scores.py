"""Contracts of scores: intermediate tables, committed scores, and the contact list."""

from datetime import date, datetime

import pandera.ibis as pa
import pyarrow

from kedro_asof.contracts.contract import TableContract

REASONS = (1, 2, 3)
KEY = {"customer_id": pyarrow.string(), "as_of": pyarrow.date32()}
PREDICTION = {
    "churn_probability": pyarrow.float64(),
    "risk_band": pyarrow.string(),
    "expected_value": pyarrow.float64(),
}
DECISION = {"contact": pyarrow.bool_(), "holdout": pyarrow.bool_()}
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
SCORES_SCHEMA = pyarrow.schema(KEY | PREDICTION | DECISION | WORDS | EVIDENCE | ORIGIN)
CONTACTS_SCHEMA = pyarrow.schema(
    {"rank": pyarrow.int64()} | KEY | PREDICTION | WORDS | EVIDENCE | ORIGIN
)

BANDS = ["low", "medium", "high"]


class ChurnPredictions(TableContract):
    """One row per customer and `as_of`: churn probability, and expected value of a contact."""

    customer_id: str
    as_of: date
    churn_probability: float = pa.Field(ge=0, le=1)
    risk_band: str = pa.Field(isin=BANDS)
    expected_value: float

    class Config:
        unique = ["customer_id", "as_of"]


class ContactReasons(TableContract):
    """The three reasons that raise a score most: words, feature, value and contribution."""

    customer_id: str
    as_of: date
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

    class Config:
        unique = ["customer_id", "as_of"]


class ChurnScores(ContactReasons):
    """One row per customer and `as_of`; money in `currency`, contributions in log odds."""

    churn_probability: float = pa.Field(ge=0, le=1)
    risk_band: str = pa.Field(isin=BANDS)
    expected_value: float
    contact: bool
    holdout: bool
    model_version: int = pa.Field(ge=1)
    run_id: str
    scored_at: datetime


class ContactList(ContactReasons):
    """The customers to contact, best first; `rank` counts from 1."""

    rank: int = pa.Field(ge=1)
    churn_probability: float = pa.Field(ge=0, le=1)
    risk_band: str = pa.Field(isin=BANDS)
    expected_value: float
    model_version: int = pa.Field(ge=1)
    run_id: str
    scored_at: datetime

    class Config:
        unique = ["customer_id", "as_of"]
