"""Line figures: ROC curve, precision-recall curve, profit curve, learning curve."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from telco_churn.metrics.metric_table import METRICS, Curve, Metric, show_interval
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.plots.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    RED,
    color_model,
    name_model,
    new_figure,
    set_title,
    show_percent,
)

CANDIDATE = "candidate"
INTERVAL = ("value", "low", "high")
THICK, THIN = 2.2, 1.2
FIRST_RECALL = 0.02  # precision below this recall is noise, and would compress the vertical axis


def draw_roc_curve(roc_points: pd.DataFrame, metric_intervals: pd.DataFrame) -> Figure:
    """Draw a ROC curve per model; the legend shows the metrics whose `curve` is `roc`.

    Args:
        roc_points: `model`, `false_positive_rate`, `true_positive_rate`.
        metric_intervals: `model`, `metric`, `value`, `low`, `high`, for the legend.
    """
    figure, (axes,) = new_figure(height=5.2)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", label="Random ranking 0.500")
    title = _draw_models(axes, roc_points, metric_intervals, "roc")
    axes.set(xlabel="Share of stayers flagged (false positive rate)", xlim=(0, 1))
    axes.set(ylabel="Share of churners flagged (true positive rate)", ylim=(0, 1.01))
    show_percent(axes.xaxis, axes.yaxis)
    axes.legend(loc="lower right", fontsize=9, frameon=False, title=title)
    set_title(axes, "ROC curve: churners and stayers flagged at each threshold")
    return figure


def draw_precision_recall(
    precision_recall_points: pd.DataFrame, metric_intervals: pd.DataFrame
) -> Figure:
    """Draw precision over recall per model; the legend shows the metrics with that `curve`.

    Args:
        precision_recall_points: `model`, `recall`, `precision`.
        metric_intervals: `model`, `metric`, `value`, `low`, `high`, for the legend.
    """
    figure, (axes,) = new_figure(height=5.2)
    title = _draw_models(axes, precision_recall_points, metric_intervals, "precision_recall")
    rate = float(precision_recall_points["precision"].iloc[-1])
    axes.axhline(rate, color=FAINT, linestyle=":", label=f"Random ranking {rate:.3f}")
    is_shown = precision_recall_points["recall"] >= FIRST_RECALL
    most = precision_recall_points.loc[is_shown, "precision"].max()
    axes.set(xlabel="Share of churners flagged (recall)", xlim=(0, 1))
    axes.set(ylabel="Churn rate of flagged customers (precision)")
    axes.set_ylim(0, min(1.01, most * 1.3))
    show_percent(axes.xaxis, axes.yaxis)
    axes.legend(loc="upper right", fontsize=9, frameon=False, title=title)
    set_title(axes, "Precision and recall of flagged customers at each threshold")
    return figure


def draw_profit(
    profit_curve: pd.DataFrame,
    profit_curves_of_baselines: pd.DataFrame,
    decision: DecisionParams,
    summary: SummaryParams,
) -> Figure:
    """Draw profit over the number of contacts, with interval, best point and capacity.

    Args:
        profit_curve: `contacts` per date; `profit`, `low`, `high` in currency per date.
        profit_curves_of_baselines: `model`, `contacts`, `profit`; may be empty.
        decision: `campaign_capacity`, the maximum number of contacts per date.
        summary: `currency`.
    """
    figure, (axes,) = new_figure()
    curve, capacity = profit_curve, decision.campaign_capacity
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.fill_between(curve["contacts"], curve["low"], curve["high"], color=BLUE, alpha=0.2)
    axes.plot(curve["contacts"], curve["profit"], color=BLUE, linewidth=THICK, label="Candidate")
    for model, line in profit_curves_of_baselines.groupby("model", sort=False):
        name = str(model)
        axes.plot(
            line["contacts"],
            line["profit"],
            color=color_model(name),
            linewidth=THIN,
            label=name_model(name),
        )
    best = curve.iloc[curve["profit"].argmax()]
    label = f"Best: {best['contacts']:,.0f} contacts, {best['profit']:,.0f} {summary.currency}"
    axes.plot(best["contacts"], best["profit"], "o", color=BLUE, markersize=8, label=label)
    # The losses of contacting every customer would compress the relevant part of both axes.
    most = max(curve["high"].max(), 1)
    end = curve.loc[curve["high"] > -0.6 * most, "contacts"].max() or curve["contacts"].max()
    if capacity is not None and capacity <= curve["contacts"].max():
        end = max(end, capacity)
        name = f"Maximum contacts: {capacity:,}"
        axes.axvline(capacity, color=RED, linestyle="--", linewidth=THIN, label=name)
    axes.set_xlabel("Customers contacted per date, highest risk first")
    axes.set_ylabel(f"Profit per date ({summary.currency})")
    axes.set(xlim=(0, end), ylim=(-0.6 * most, 1.3 * most))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.legend(fontsize=9, frameon=False)
    set_title(axes, "Profit by number of customers contacted (shaded: confidence interval)")
    return figure


def draw_learning_curve(learning_history: pd.DataFrame) -> Figure:
    """Draw log loss by training step, for training rows and calibration rows.

    Args:
        learning_history: `steps` (trees or iterations), `train_log_loss`, `calibration_log_loss`.
    """
    figure, (axes,) = new_figure()
    steps, held_out = learning_history["steps"], learning_history["calibration_log_loss"]
    marker = "o" if len(steps) == 1 else None  # a single point needs a marker to be visible
    learned = learning_history["train_log_loss"]
    axes.plot(steps, learned, color=ORANGE, marker=marker, label="Training rows")
    axes.plot(steps, held_out, color=BLUE, marker=marker, label="Calibration rows (held out)")
    best = steps.iloc[held_out.argmin()]
    axes.axvline(best, color=INK, linestyle=":", linewidth=THIN, label=f"Best step: {best:.0f}")
    axes.set(xlabel="Training steps (trees or iterations)", ylabel="Log loss (nats)")
    axes.legend(fontsize=9, frameon=False)
    set_title(axes, "Learning curve: log loss by training step")
    return figure


def _draw_models(
    axes: Axes, points: pd.DataFrame, metric_intervals: pd.DataFrame, curve: Curve
) -> str:
    """Draw a line per model from the last two columns of `points`; return the legend's title."""
    _, x, y = points.columns
    metrics = [metric for metric in METRICS.values() if metric.curve == curve]
    for model, line in points.groupby("model", sort=False):
        axes.plot(
            line[x],
            line[y],
            color=color_model(str(model)),
            linewidth=THICK if model == CANDIDATE else THIN,
            label=f"{name_model(str(model))} {_show(metrics, metric_intervals, str(model))}",
        )
    return ", ".join(metric.title for metric in metrics)


def _show(metrics: list[Metric], metric_intervals: pd.DataFrame, model: str) -> str:
    """Format the metrics of a model with their intervals, for the legend."""
    ours = metric_intervals[metric_intervals["model"] == model].set_index("metric")
    return ", ".join(
        show_interval(one.format, *(float(ours[column][one.name]) for column in INTERVAL))
        for one in metrics
    )
