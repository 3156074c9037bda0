"""Inputs of a model card in which all numbers differ."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from kedro_asof.git_commit import Commit
from kedro_asof.params import AsOf
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.parameters.release import ReleaseParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.parameters.tuning import SearchSpace, TuningParams
from telco_churn.pipelines.release.data_summary import describe_examples
from telco_churn.pipelines.release.intended_use import describe_operator, describe_table
from tests.conftest import evaluation_params, feature_params
from tests.pipelines.release import small_evaluation as small
from tests.pipelines.release.small_models import fit_model, read_frame

DECISION = DecisionParams(
    kept_customer_value=400,
    contact_cost=3,
    offer_cost=10,
    acceptance_rate=0.3,
    campaign_capacity=1500,
    holdout_fraction=0.05,
    holdout_name="2026",
    medium_risk_from=0.03,
    high_risk_from=0.08,
)
OPERATOR = describe_operator(
    LabelParams(kind="cancellation", horizon_days=28),
    EligibilityParams(minimum_tenure_days=30, segments=["consumer"]),
    feature_params(),
)
TABLE = describe_table(OwnTableParams(table="customers.csv", target="left"), "Yes")
PROMOTION = {
    "status": "champion",
    "reasons": ["It earns 10 EUR more."],
    "evidence": {},
    "weaknesses": [],
}
NO_LEAKS = pd.DataFrame(columns=["feature", "check", "evidence", "value", "limit"])


def tuning(trials: int) -> TuningParams:
    return TuningParams(trials=trials, minutes=1, space=SearchSpace())


def leakage(action: str) -> LeakageParams:
    return LeakageParams.model_construct(action=action)  # the card reads only the action


def examples(*splits: tuple[str, str]) -> Any:
    rows = 20
    parts = [
        pd.DataFrame(
            {
                "customer_id": [f"c{number}" for number in range(rows)],
                "as_of": pd.Timestamp(day).date(),
                "churned": np.arange(rows) % 5 == 0,
                "split": split,
                "tenure_days": 1.0,
                "plan": "basic",
            }
        )
        for split, day in splits
    ]
    return describe_examples(
        read_frame(pd.concat(parts)), LabelParams(kind="cancellation", horizon_days=28)
    )


def by_time() -> Any:
    return examples(
        ("train", "2026-01-05"),
        ("train", "2026-02-02"),
        ("gap", "2026-03-02"),
        ("calibration", "2026-03-30"),
        ("test", "2026-06-01"),
    )


def make_card_inputs(**changes: Any) -> dict[str, Any]:
    """Return the arguments of `write_model_card`, with changes."""
    given: dict[str, Any] = {
        "candidate": fit_model(),
        "intended_use": OPERATOR,
        "examples_summary": by_time(),
        "metric_intervals": small.make_metric_intervals(),
        "roc_points": small.make_roc_points(),
        "calibration_curve": small.make_calibration_curve(),
        "profit_curve": small.make_profit_curve(),
        "profit_curves_of_baselines": small.make_profit_curves_of_baselines(),
        "decile_table": small.make_decile_table(),
        "slice_metrics": small.make_slice_metrics(),
        "slice_gaps": small.make_slice_gaps(),
        "feature_importance": small.make_feature_importance(),
        "feature_titles": {},
        "leakage_findings": NO_LEAKS,
        "promotion": PROMOTION,
        "decision": DECISION,
        "leakage": leakage("fail"),
        "tuning": tuning(0),
        "release": ReleaseParams(model_name="telco_churn"),
        "evaluation": evaluation_params(confidence=0.9),
        "summary": SummaryParams(scores="", currency="EUR", promote=""),
        "as_of": AsOf("2026-09-28"),
        "commit": Commit("c0ffee", is_clean=True),
        "clock": datetime(2026, 9, 30, 23, 59, tzinfo=UTC),
    }
    return given | changes
