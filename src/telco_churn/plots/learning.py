"""What a model learnt from, and how."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from telco_churn.plots.style import BLUE, INK, ORANGE, new_figure, set_title

STRONGEST = 20
LINE_HEIGHT = 0.24  # inches


def draw_importance(feature_importance: pd.DataFrame) -> Figure:
    """Draw the strongest features.

    Args:
        feature_importance: `feature`, `share`, the largest first.
    """
    table = feature_importance.head(STRONGEST).iloc[::-1]
    figure, (axes,) = new_figure(height=1.3 + LINE_HEIGHT * max(len(table), 3))
    axes.barh(table["feature"], table["share"], color=BLUE, alpha=0.85)
    axes.set_xlabel("Share in what the model learnt")
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="y", visible=False)
    shown = f"The {len(table)} strongest of {len(feature_importance)} features"
    set_title(figure, shown if len(table) < len(feature_importance) else "Features by strength")
    return figure


def draw_learning_curve(learning_history: pd.DataFrame) -> Figure:
    """Draw log loss by steps of learning, on the rows learnt from and on those that calibrate.

    Args:
        learning_history: `steps` (trees, iterations), `train_log_loss`, `calibration_log_loss`.
    """
    figure, (axes,) = new_figure()
    curve = learning_history
    marker = "o" if len(curve) == 1 else None  # one point has no line
    axes.plot(
        curve["steps"], curve["train_log_loss"], color=ORANGE, marker=marker, label="Learnt from"
    )
    axes.plot(
        curve["steps"], curve["calibration_log_loss"], color=BLUE, marker=marker, label="Held out"
    )
    best = curve.iloc[curve["calibration_log_loss"].argmin()]
    axes.axvline(
        best["steps"], color=INK, linestyle=":", linewidth=1.2, label=f"Best: {best['steps']:.0f}"
    )
    axes.set(xlabel="Steps: trees, or iterations", ylabel="Log loss (nats)")
    axes.legend(fontsize=9, frameon=False)
    set_title(figure, "Loss by steps of learning: does it still learn what holds elsewhere?")
    return figure
