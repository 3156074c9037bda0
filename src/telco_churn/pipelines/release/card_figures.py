"""The pictures of a model card, drawn from the tables that it shows.

In: tables of the evaluation. Out: figures, by the address that the card gives them.
"""

import pandas as pd
from matplotlib.figure import Figure

from telco_churn import plots
from telco_churn.parameters.decision import DecisionParams


def draw_pictures(
    metric_intervals: pd.DataFrame,
    roc_points: pd.DataFrame,
    calibration_curve: pd.DataFrame,
    profit_curve: pd.DataFrame,
    baseline_profit_curves: pd.DataFrame,
    decile_table: pd.DataFrame,
    slice_metrics: pd.DataFrame,
    feature_importance: pd.DataFrame,
    decision: DecisionParams,
    currency: str,
) -> dict[str, Figure]:
    """Draw them for the page; the Markdown shows the files of the evaluation."""
    figures = {
        "importance_plot": plots.draw_importance(feature_importance),
        "roc_curve": plots.draw_roc_curve(roc_points, metric_intervals),
        "calibration_plot": plots.draw_calibration(calibration_curve),
        "profit_plot": plots.draw_profit(
            profit_curve,
            currency=currency,
            capacity=decision.campaign_capacity,
            baselines=baseline_profit_curves,
        ),
        "decile_plot": plots.draw_deciles(decile_table),
        "slice_plot": plots.draw_slices(slice_metrics),
    }
    return {f"plots/{name}.png": figure for name, figure in figures.items()}
