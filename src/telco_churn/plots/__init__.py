"""Figures for reports and the model card. In: small tables. Out: Matplotlib figures."""

from telco_churn.plots.curves import (
    draw_learning_curve,
    draw_precision_recall,
    draw_profit,
    draw_roc_curve,
)
from telco_churn.plots.groups import draw_calibration, draw_deciles, draw_importance, draw_slices

__all__ = [
    "draw_calibration",
    "draw_deciles",
    "draw_importance",
    "draw_learning_curve",
    "draw_precision_recall",
    "draw_profit",
    "draw_roc_curve",
    "draw_slices",
]
