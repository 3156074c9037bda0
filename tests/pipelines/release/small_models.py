"""A model that ranks by one feature, and registered versions of it."""

from functools import cache
from typing import Any

import ibis
import numpy as np
import pandas as pd

from telco_churn.learning.fit_model import fit_churn_model
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.learning.training_examples import Rows, read_examples
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.registry.registry_types import ModelVersion, Promotion

DECISION = Decision(400, 3, 10, 0.3, 0.03, 0.08)
SETTINGS = {"objective": "binary", "seed": 1, "num_threads": 1, "verbosity": -1, "num_leaves": 4}
FACTS = {
    "as_of": "2026-08-31",
    "train_dates": "2026-01-05 to 2026-03-02",
    "calibration_dates": "2026-03-30 to 2026-04-27",
}
FEATURES = ("tenure_days", "plan")


def make_features(rows: int, columns: tuple[str, ...] = FEATURES) -> pd.DataFrame:
    number = np.arange(rows)
    plan = np.where(number % 2 == 0, "basic", "plus")
    known = {"tenure_days": number * 7 % 500, "visits": number % 5, "plan": plan}
    return pd.DataFrame({column: known[column] for column in columns})


@cache
def fit_model(columns: tuple[str, ...] = FEATURES) -> ChurnModel:
    features = make_features(400, columns)
    churned = (make_features(400)["tenure_days"] < 100).to_numpy()
    rows = Rows(features, churned ^ (np.arange(400) % 11 == 0))
    return fit_churn_model(rows, rows, LightGBMLearner(SETTINGS, 5), DECISION).model


def make_version(number: int = 4, **changes: Any) -> ModelVersion:
    model = changes.pop("model", None) or fit_model()
    parts: dict[str, Any] = {
        "name": "telco_churn",
        "version": number,
        "run_id": f"run{number}",
        "metrics": {},
        "facts": FACTS,
        "promotion": Promotion("champion", ("Because.",)),
        "columns": model.encoding.columns,
        "model": model,
        "held_out": None,
    }
    return ModelVersion(**(parts | changes))


def read_frame(rows: pd.DataFrame | dict[str, list[Any]]) -> pd.DataFrame:
    """Return the examples as training reads them from their table."""
    return read_examples(ibis.memtable(rows))
