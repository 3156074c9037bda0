"""Figures from small tables, for reports and the model card; they know no pipeline and no file."""

from telco_churn.plots.calibration import draw_calibration
from telco_churn.plots.learning import draw_importance, draw_learning_curve
from telco_churn.plots.profit import draw_profit
from telco_churn.plots.rankings import draw_deciles, draw_precision_recall, draw_roc_curve
from telco_churn.plots.slices import draw_slices

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
