"""Examples without leaks, and a leak of every kind to plant in them."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from telco_churn.contracts import LeakageFindings
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.pipelines.training.leakage import find_leaks
from tests.conftest import training_params

AS_OF = date(2026, 1, 1)
DEFAULTS: dict[str, Any] = {
    "action": "fail",
    "accepted": [],
    "sample_rows": 200_000,
    "max_single_roc_auc": 0.9,
    "max_missing_roc_auc": 0.8,
    "certain_from": 0.95,
    "certain_share": 0.05,
    "certain_churners": 20,
    "duplicate_tolerance": 0.01,
    "max_shared_rows": 0.01,
}
LEAKS = {
    "score after the fact": "predicts_alone",
    "both ends": "predicts_alone",
    "last bill": "missingness",
    "missing for 30 %": "missingness",
    "reason of 30 %": "after_the_fact",
    "reason of 10 %": "after_the_fact",
    "fee of 30 %": "after_the_fact",
    "one number of many": "after_the_fact",
    "one text of many": "after_the_fact",
    "texts of their own": "after_the_fact",
    "contract": "identifier",
    "row number": "identifier",
    "account_number": "identifier",
    "copy as text": "duplicate_of_target",
    "opposite as number": "duplicate_of_target",
    "opposite as boolean": "duplicate_of_target",
    "copy with faults": "duplicate_of_target",
    "end date": "duplicate_of_target",
}


def leakage(**changes: Any) -> LeakageParams:
    return LeakageParams(**(DEFAULTS | changes))


def make_clean_examples(rows: int, churn_rate: float, seed: int) -> pd.DataFrame:
    """Return noise of every kind and three honest features; nothing leaks."""
    rng = np.random.default_rng(seed)
    churned = rng.random(rows) < churn_rate
    price = np.round(rng.lognormal(3, 0.5, rows), 2)
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:06d}" for number in rng.permutation(rows)],
            "as_of": AS_OF,
            "churned": churned,
            "split": np.where(np.arange(rows) < 0.7 * rows, "train", "test"),
            "tenure_days": rng.integers(1, 5000, rows),
            "monthly_price": price,
            "spent": np.round(price * rng.integers(1, 60, rows)),
            "complaints": rng.poisson(0.1 + 0.4 * churned),
            "usage_trend": rng.normal(size=rows) - churned,
            "satisfaction": np.where(rng.random(rows) < 0.9, np.nan, rng.integers(1, 6, rows)),
            "days_left": np.where(rng.random(rows) < 0.3 + 0.4 * churned, np.nan, rng.random(rows)),
            "rarely_there": np.where(rng.random(rows) < 0.01, 1.0, np.nan),
            "fee": np.where(rng.random(rows) < 0.9, 0, rng.lognormal(size=rows)),
            "never_there": np.nan,
            "constant": 1,
            "flag": rng.random(rows) < churn_rate,
            "region": np.array(["north", "south", "east"])[rng.integers(0, 3, rows)],
            "postcode": [f"p{number}" for number in rng.integers(0, rows // 3, rows)],
        }
    )


def make_leak(name: str, churned: np.ndarray, seed: int) -> Any:
    """Return the column of one of LEAKS."""
    rng = np.random.default_rng(seed)
    rows = len(churned)
    tenth, third = (churned & (rng.random(rows) < share) for share in (0.1, 0.3))
    number, text = rng.normal(size=rows), rng.choice(["a", "b", "c"], rows)
    numbered = [f"n{value}" for value in rng.permutation(rows)]
    leaks = {
        "score after the fact": number + 3 * churned,
        "both ends": rng.choice([-1, 1], rows) * (3 * churned + rng.random(rows)),
        "last bill": np.where(churned & (rng.random(rows) < 0.9), np.nan, number),
        "missing for 30 %": np.where(third, np.nan, number),
        "reason of 30 %": np.where(third, "moved", None),
        "reason of 10 %": np.where(tenth, "moved", None),
        "fee of 30 %": np.where(third, rng.random(rows), 0),
        "one number of many": np.where(tenth, -1, number),
        "one text of many": np.where(tenth, "closing", text),
        "texts of their own": np.where(third, numbered, None),
        "contract": numbered,
        "row number": rng.permutation(rows) + 1000,
        "account_number": rng.choice(10**9, rows, replace=False).astype(float),
        "copy as text": np.where(churned, "yes", "no"),
        "opposite as number": 1 - churned.astype(int),
        "opposite as boolean": ~churned,
        "copy with faults": churned ^ (rng.random(rows) < 0.001),
        "end date": np.where(churned, AS_OF + timedelta(days=3), None),
    }
    return leaks[name]


def copy_into_test(clean: pd.DataFrame, copies: int) -> pd.DataFrame:
    """Copy the features of the first training rows into the last test rows."""
    features = list(clean.columns[4:])
    examples = clean.copy()
    examples.loc[examples.index[-copies:], features] = clean.loc[: copies - 1, features].to_numpy()
    return examples.astype(clean.dtypes)


def find(examples: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    found = find_leaks(examples, leakage(**changes), training_params())
    LeakageFindings.validate(found)
    return found
