"""Held-out predictions with known true probabilities."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams

NO_CHAMPION = pd.DataFrame({"customer_id": [], "as_of": [], "champion": []}).astype(
    {"customer_id": "str", "champion": "float64"}
)
INTERCEPT, SLOPE = -1.5, 1.2


def evaluation_params(**changes: Any) -> EvaluationParams:
    given: dict[str, Any] = {
        "bootstrap_samples": 100,
        "confidence": 0.95,
        "seed": 7,
        "slices": ("region",),
        "minimum_slice_rows": 50,
        "rule_of_thumb": None,
    }
    return EvaluationParams(**(given | changes))


def decision(capacity: int | None, **changes: Any) -> DecisionParams:
    """Return parameters under which a contact pays from a probability of 0.2."""
    given: dict[str, Any] = {
        "kept_customer_value": 100,
        "contact_cost": 5,
        "offer_cost": 10,
        "acceptance_rate": 0.5,
        "campaign_capacity": capacity,
        "holdout_fraction": 0,
        "holdout_name": "none",
        "medium_risk_from": 0.2,
        "high_risk_from": 0.5,
    }
    return DecisionParams(**(given | changes))


def predict(customers: int, seed: int, dates: int = 1) -> pd.DataFrame:
    """Return customers who churn with exactly the predicted probability."""
    random = np.random.default_rng(seed)
    rows = customers * dates
    probability = 1 / (1 + np.exp(-(INTERCEPT + SLOPE * random.normal(size=rows))))
    days = [date(2026, 7, 1) + timedelta(days=28 * number) for number in range(dates)]
    return pd.DataFrame(
        {
            "customer_id": np.tile([f"c{number:05d}" for number in range(customers)], dates),
            "as_of": np.repeat(np.array(days, dtype=object), customers),
            "churned": random.random(rows) < probability,
            "churn_probability": probability,
        }
    )


def read_interval(table: pd.DataFrame, metric: str) -> tuple[float, float, float]:
    """Return value, low and high of the candidate's metric."""
    line = table[(table["model"] == "candidate") & (table["metric"] == metric)].iloc[0]
    return float(line["value"]), float(line["low"]), float(line["high"])
