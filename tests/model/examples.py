"""Rows for fitting models, equal in every run."""

import numpy as np
import pandas as pd

from telco_churn.learning.training_examples import Rows
from telco_churn.model.decision import Decision

DECISION = Decision(
    kept_customer_value=400,
    contact_cost=3,
    offer_cost=10,
    acceptance_rate=0.3,
    medium_risk_from=0.03,
    high_risk_from=0.5,
)
SETTINGS = {
    "objective": "binary",
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "num_threads": 1,
    "early_stopping_round": 20,
}


def make_rows(seed: int, rows: int = 3000) -> Rows:
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "tenure_days": rng.integers(1, 2000, rows),
            "bill_shock": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(0, 1, rows)),
            "plan": rng.choice(["basic", "plus", "max"], rows),
        }
    )
    risk = 0.9 * features["bill_shock"].fillna(0) + 1.2 * (features["plan"] == "basic") - 2
    return Rows(features, rng.random(rows) < 1 / (1 + np.exp(-risk.to_numpy())))
