"""How well a model puts those who churn above those who stay."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from telco_churn.plots.style import (
    BLUE,
    FAINT,
    INK,
    colour_model,
    name_model,
    new_figure,
    set_title,
)


def draw_roc_curve(roc_points: pd.DataFrame, metric_intervals: pd.DataFrame) -> Figure:
    """Draw a ROC curve per model.

    Args:
        roc_points: `model`, `false_positive_rate`, `true_positive_rate`.
        metric_intervals: `model`, `metric`, `value`, `low`, `high`, for the legend.
    """
    figure, (axes,) = new_figure(height=5.2)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="By chance 0.500")
    for model, label, points in _each_model(roc_points, metric_intervals, "roc_auc"):
        width = 2.2 if model == "candidate" else 1.2
        axes.plot(
            points["false_positive_rate"],
            points["true_positive_rate"],
            color=colour_model(model),
            linewidth=width,
            label=label,
        )
    axes.set(xlabel="Of those who stayed, share above the threshold")
    axes.set(ylabel="Of those who churned, share above it", xlim=(0, 1), ylim=(0, 1.01))
    _show_percent(axes.xaxis, axes.yaxis)
    axes.legend(loc="lower right", fontsize=9, frameon=False, title="ROC AUC")
    set_title(figure, "ROC: churners found, against customers flagged in vain")
    return figure


def draw_precision_recall(
    precision_recall_points: pd.DataFrame, metric_intervals: pd.DataFrame
) -> Figure:
    """Draw precision over recall per model.

    Args:
        precision_recall_points: `model`, `recall`, `precision`.
        metric_intervals: `model`, `metric`, `value`, `low`, `high`, for the legend.
    """
    figure, (axes,) = new_figure(height=5.2)
    for model, label, points in _each_model(
        precision_recall_points, metric_intervals, "average_precision"
    ):
        width = 2.2 if model == "candidate" else 1.2
        axes.plot(
            points["recall"],
            points["precision"],
            color=colour_model(model),
            linewidth=width,
            label=label,
        )
    rate = float(precision_recall_points["precision"].iloc[-1])
    axes.axhline(rate, color=FAINT, linestyle=":", label=f"By chance {rate:.3f}")
    axes.set(xlabel="Of those who churned, share found (recall)", xlim=(0, 1))
    # the first few flagged are too few to say anything, and would press the rest flat
    told = precision_recall_points.query("recall >= 0.02")["precision"].max()
    axes.set(
        ylabel="Of those flagged, share who churned (precision)", ylim=(0, min(1.01, told * 1.3))
    )
    _show_percent(axes.xaxis, axes.yaxis)
    axes.legend(loc="upper right", fontsize=9, frameon=False, title="Average precision")
    set_title(figure, "Precision and recall: how many of those flagged churn")
    return figure


def draw_deciles(decile_table: pd.DataFrame) -> Figure:
    """Draw lift by tenth and the share of churners captured, both with intervals."""
    table = decile_table
    figure, (left, right) = new_figure(1, 2)
    left.bar(table["decile"], table["lift"], color=BLUE, alpha=0.85, width=0.75)
    left.errorbar(
        table["decile"],
        table["lift"],
        [table["lift"] - table["lift_low"], table["lift_high"] - table["lift"]],
        fmt="none",
        ecolor=INK,
        capsize=2.5,
        linewidth=1,
    )
    left.axhline(1, color=INK, linestyle=":", linewidth=1)
    left.set(xlabel="Tenth of customers, 1 the riskiest", ylabel="Times the churn rate of all")
    left.set_title("Lift", loc="left", fontsize=10, color=INK)
    left.set_xticks(table["decile"])
    reached = [0, *(table["decile"] / 10)]
    right.fill_between(
        reached, [0, *table["captured_low"]], [0, *table["captured_high"]], color=BLUE, alpha=0.2
    )
    right.plot(reached, [0, *table["captured"]], color=BLUE, marker="o", markersize=4)
    right.plot([0, 1], [0, 1], color=FAINT, linestyle=":")
    right.set(xlabel="Riskiest share of customers", ylabel="Share of all churners among them")
    right.set(xlim=(0, 1), ylim=(0, 1.02))
    right.set_title("Captured", loc="left", fontsize=10, color=INK)
    _show_percent(right.xaxis, right.yaxis)
    first = table.iloc[0]
    set_title(
        figure,
        f"The riskiest tenth holds {first['captured']:.0%} of all churners, "
        f"{first['lift']:.1f} times its share"
        if first["decile"] == 1
        else "Lift and capture by tenth of customers",
    )
    return figure


def _each_model(
    points: pd.DataFrame, metric_intervals: pd.DataFrame, metric: str
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    values = metric_intervals[metric_intervals["metric"] == metric].set_index("model")
    for model in points["model"].unique():
        value, low, high = values.loc[model, ["value", "low", "high"]]
        label = f"{name_model(model)} {value:.3f} ({low:.3f} to {high:.3f})"
        yield model, label, points[points["model"] == model]


def _show_percent(*axes: object) -> None:
    for axis in axes:
        axis.set_major_formatter(PercentFormatter(1.0))  # type: ignore[attr-defined]
