"""Tables of an evaluation in which all numbers differ."""

from typing import Any

import numpy as np
import pandas as pd

METRICS = {
    "roc_auc": 0.8123,
    "average_precision": 0.2345,
    "brier": 0.01789,
    "log_loss": 0.07891,
    "expected_calibration_error": 0.0012,
    "lift_at_5_percent": 6.78,
    "capture_top_decile": 0.456,
    "expected_profit": 4321.0,
}
FACTORS = {  # each model's metrics as multiples of the candidate's
    "candidate": 1,
    "rule_of_thumb": 0.8,
    "logistic_regression": 0.9,
    "untuned_lightgbm": 0.98,
    "champion": 0.97,
}


def make_metric_intervals() -> pd.DataFrame:
    rows = [
        {"model": model, "metric": metric, "value": value * factor}
        for model, factor in FACTORS.items()
        for metric, value in METRICS.items()
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(low=frame["value"] * 0.95, high=frame["value"] * 1.05)


def make_decile_table() -> pd.DataFrame:
    decile = np.arange(1, 11)
    lift = 4.6 / decile
    captured = 1 - 0.544 ** (decile / 1.0)
    return pd.DataFrame(
        {
            "decile": decile,
            "customers": 4100,
            "churned": (82 * lift).astype(int),
            "churn_rate": 0.02 * lift,
            "mean_probability": 0.021 * lift,
            "lift": lift,
            "lift_low": lift * 0.9,
            "lift_high": lift * 1.1,
            "captured": captured,
            "captured_low": captured * 0.95,
            "captured_high": np.minimum(captured * 1.05, 1),
        }
    )


def make_calibration_curve() -> pd.DataFrame:
    probability = np.geomspace(0.002, 0.2, 10)
    rate = probability * np.linspace(1.1, 0.95, 10)
    return pd.DataFrame(
        {
            "group": np.arange(1, 11),
            "customers": 4100,
            "mean_probability": probability,
            "churn_rate": rate,
            "low": rate * 0.8,
            "high": rate * 1.2,
        }
    )


def make_profit_curve() -> pd.DataFrame:
    contacts = np.linspace(0, 20_500, 101)
    profit = 900 * np.sqrt(contacts / 100) - 0.9 * contacts
    return pd.DataFrame(
        {"contacts": contacts, "profit": profit, "low": profit - 400, "high": profit + 400}
    )


def make_slice_metrics() -> pd.DataFrame:
    names = [
        ("segment", "consumer", True),
        ("segment", "business", True),
        ("region", "north", True),
        ("region", "a | b", True),
        ("age_band", "75 and over", False),
    ]
    rows: list[dict[str, Any]] = [
        {
            "slice": name,
            "value": value,
            "customers": 20_000 - 3000 * place,
            "churned": 400 - 60 * place,
            "churn_rate": 0.02,
            "mean_probability": 0.021,
            "roc_auc": 0.81 - 0.01 * place if judged else np.nan,
            "roc_auc_low": 0.79 - 0.01 * place if judged else np.nan,
            "roc_auc_high": 0.83 - 0.01 * place if judged else np.nan,
            "calibration_gap": 0.001 if judged else np.nan,
            "calibration_gap_low": -0.001 if judged else np.nan,
            "calibration_gap_high": 0.003 if judged else np.nan,
            "judged": judged,
        }
        for place, (name, value, judged) in enumerate(names)
    ]
    return pd.DataFrame(rows)


def make_slice_gaps() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "slice": "segment",
                "measure": measure,
                "gap": 0.0123,
                "low": 0.0,
                "high": 0.0456,
                "worst_value": "business",
                "best_value": "consumer",
            }
            for measure in ("roc_auc", "calibration_gap")
        ]
    )


def make_roc_points() -> pd.DataFrame:
    rate = np.linspace(0, 1, 50)
    parts = [
        pd.DataFrame(
            {"model": model, "false_positive_rate": rate, "true_positive_rate": rate**power}
        )
        for model, power in (("candidate", 0.2), ("champion", 0.25), ("rule_of_thumb", 0.5))
    ]
    return pd.concat(parts, ignore_index=True)


def make_profit_curves_of_baselines() -> pd.DataFrame:
    curve = make_profit_curve()
    return curve.assign(model="rule_of_thumb", profit=curve["profit"] * 0.6)[
        ["model", "contacts", "profit"]
    ]


def make_feature_importance() -> pd.DataFrame:
    names = ["tenure_days", "plan", *(f"usage_data_mb_mean_{days}d" for days in range(7, 30))]
    share = 0.5 ** np.arange(1, len(names) + 1)
    return pd.DataFrame({"feature": names, "share": share})
