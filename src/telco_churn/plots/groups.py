"""Figures of groups: calibration, deciles, slices; and of feature importance."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from telco_churn.plots.style import BLUE, FAINT, INK, new_figure, set_title, show_percent

STRONGEST = 20
LINE_HEIGHT = 0.24  # inches
TITLE_WIDTH = 42  # characters


def draw_calibration(
    calibration_curve: pd.DataFrame, calibration_histogram: pd.DataFrame | None = None
) -> Figure:
    """Draw the churn rate of each group over its mean probability, and a histogram below.

    Args:
        calibration_curve: `mean_probability`, `churn_rate`, `low`, `high`.
        calibration_histogram: `lowest`, `highest`, `rows` of each bin; None draws no histogram.
    """
    if calibration_histogram is None:
        figure, (curve,) = new_figure()
    else:
        figure, (curve, bars) = new_figure(2, 1, height=6.6, height_ratios=[3, 1])
        _draw_bars(bars, calibration_histogram)
    _draw_calibration_curve(curve, calibration_curve)
    set_title(curve, "Calibration: churn rate by predicted churn probability")
    return figure


def draw_deciles(decile_table: pd.DataFrame) -> Figure:
    """Draw lift by decile and the cumulative share of churners captured, both with intervals.

    Args:
        decile_table: `decile`, `lift`, `captured`, with `_low` and `_high` of both.
    """
    figure, (left, right) = new_figure(1, 2)
    _draw_lift(left, decile_table)
    _draw_captured(right, decile_table)
    first = decile_table.iloc[0]
    set_title(
        left,
        f"The riskiest decile contains {first['captured']:.0%} of all churners, "
        f"a lift of {first['lift']:.1f}"
        if first["decile"] == 1
        else "Lift and churners captured by decile of customers",
    )
    return figure


def draw_slices(slice_metrics: pd.DataFrame, feature_titles: Mapping[str, str]) -> Figure:
    """Draw ROC AUC and calibration gap of each evaluated slice, with intervals.

    Slices that are too small to evaluate are listed without a mark.

    Args:
        slice_metrics: `slice`, `value`, `judged`; `roc_auc` and `calibration_gap` with intervals.
        feature_titles: Title of a feature, by name; other features have their name.
    """
    table = slice_metrics.reset_index(drop=True)
    if table.empty:
        figure, (axes,) = new_figure(height=2)
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No slices: set evaluation.slices", ha="center", color=INK)
        return figure
    is_first = (table["slice"] != table["slice"].shift()).to_numpy()
    # Lines run from the top down; the name of each feature takes one line above its slices.
    places = np.arange(len(table)) + is_first.cumsum()
    figure, (left, right) = new_figure(1, 2, height=1.4 + LINE_HEIGHT * (places.max() + 1))
    _draw_measure(left, table, places, "roc_auc")
    _draw_measure(right, table, places, "calibration_gap")
    right.set(xlabel="Probability minus churn rate")
    show_percent(right.xaxis)
    right.locator_params(axis="x", nbins=5)
    right.axvline(0, color=INK, linewidth=0.8)
    names = table["value"].where(table["judged"].astype(bool), table["value"] + " (too small)")
    titles = table.loc[is_first, "slice"].map(
        lambda name: wrap_title(feature_titles.get(name, name), lines=1)
    )
    _name_lines(left, [*places, *(places[is_first] - 1)], [*names, *titles])
    for label in left.get_yticklabels()[len(names) :]:
        label.set_fontweight("bold")
    right.set_yticks(places, [])
    set_title(left, "ROC AUC of each slice")
    set_title(right, "Calibration gap")
    return figure


def draw_importance(feature_importance: pd.DataFrame, feature_titles: Mapping[str, str]) -> Figure:
    """Draw the most important features.

    Args:
        feature_importance: `feature`, `share` of the total importance, the largest first.
        feature_titles: Title of a feature, by name; other features have their name.
    """
    table = feature_importance.head(STRONGEST).iloc[::-1]
    titles = [wrap_title(feature_titles.get(name, name)) for name in table["feature"]]
    height = LINE_HEIGHT * (1.4 if any("\n" in title for title in titles) else 1)
    figure, (axes,) = new_figure(height=1.3 + height * max(len(table), 3))
    axes.barh(range(len(table)), table["share"], color=BLUE, alpha=0.85)
    _name_lines(axes, range(len(table)), titles)
    axes.set_xlabel("Share of total importance")
    show_percent(axes.xaxis)
    axes.grid(axis="y", visible=False)
    shown = f"The {len(table)} most important of {len(feature_importance)} features"
    set_title(axes, shown if len(table) < len(feature_importance) else "Features by importance")
    return figure


def wrap_title(title: str, lines: int = 2) -> str:
    """Break a title into lines, and cut what is longer."""
    return "\n".join(wrap(title, TITLE_WIDTH, max_lines=lines, placeholder=" …"))


def _name_lines(axes: Axes, places: Sequence[float], names: Sequence[str]) -> None:
    """Label places of the vertical axis; a name such as "$5 to $9" is not a formula."""
    axes.set_yticks(places, names, parse_math=False)


def _draw_calibration_curve(axes: Axes, table: pd.DataFrame) -> None:
    most = 1.08 * max(table["mean_probability"].max(), table["high"].max())
    axes.plot([0, most], [0, most], color=FAINT, linestyle=":", label="Perfect calibration")
    rate = table["churn_rate"]
    axes.errorbar(
        table["mean_probability"],
        rate,
        [(rate - table["low"]).clip(lower=0), (table["high"] - rate).clip(lower=0)],
        color=BLUE,
        marker="o",
        markersize=4.5,
        linewidth=1.2,
        ecolor=INK,
        elinewidth=1,
        capsize=2.5,
        label="Deciles of customers, with confidence intervals",
    )
    axes.set(xlabel="Mean predicted probability of a decile", xlim=(0, most))
    axes.set(ylabel="Churn rate", ylim=(0, most))
    show_percent(axes.xaxis, axes.yaxis)
    axes.legend(loc="lower right", fontsize=9, frameon=False)


def _draw_bars(axes: Axes, table: pd.DataFrame) -> None:
    width = table["highest"] - table["lowest"]
    axes.bar(table["lowest"], table["rows"], width, align="edge", color=BLUE, alpha=0.6)
    # The riskiest customers lie far beyond the mean of their decile, so the axis is another one.
    axes.set(xlabel="Predicted churn probability of a customer", xlim=(0, table["highest"].max()))
    axes.set_yscale("log")
    axes.set_ylabel("Customers\n(log scale)")
    show_percent(axes.xaxis)


def _draw_lift(axes: Axes, table: pd.DataFrame) -> None:
    lift = table["lift"]
    axes.bar(table["decile"], lift, color=BLUE, alpha=0.85, width=0.75)
    margins = [lift - table["lift_low"], table["lift_high"] - lift]
    axes.errorbar(table["decile"], lift, margins, fmt="none", ecolor=INK, capsize=2.5, linewidth=1)
    axes.axhline(1, color=INK, linestyle=":", linewidth=1)
    axes.set(
        xlabel="Decile of customers (1 = riskiest)", ylabel="Lift (multiple of overall churn rate)"
    )
    axes.set_xticks(table["decile"])


def _draw_captured(axes: Axes, table: pd.DataFrame) -> None:
    reached = [0, *(table["decile"] / 10)]
    low, high = [0, *table["captured_low"]], [0, *table["captured_high"]]
    axes.fill_between(reached, low, high, color=BLUE, alpha=0.2)
    axes.plot(reached, [0, *table["captured"]], color=BLUE, marker="o", markersize=4)
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":")
    axes.set(
        xlabel="Share of customers, highest risk first", ylabel="Share of all churners captured"
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    show_percent(axes.xaxis, axes.yaxis)


def _draw_measure(axes: Axes, table: pd.DataFrame, places: np.ndarray, measure: str) -> None:
    judged = table["judged"].to_numpy(bool)
    value, low, high = (
        table.loc[judged, measure + suffix].to_numpy(float) for suffix in ("", "_low", "_high")
    )
    axes.hlines(places[judged], low, high, color=INK, linewidth=1.2)
    axes.plot(value, places[judged], "o", color=BLUE, markersize=5)
    axes.set_ylim(places.max() + 0.7, -0.7)
    axes.grid(axis="y", color=FAINT, alpha=0.25)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
