"""Where a model is worse than elsewhere."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from telco_churn.plots.style import BLUE, FAINT, INK, new_figure, set_title

LINE_HEIGHT = 0.24  # inches


def draw_slices(slice_metrics: pd.DataFrame) -> Figure:
    """Draw ROC AUC and calibration gap of each judged slice, with intervals.

    Slices too small to be judged are listed without a mark.
    """
    table = slice_metrics.reset_index(drop=True)
    if table.empty:
        figure, (axes,) = new_figure(height=2)
        axes.set_axis_off()
        axes.text(0.5, 0.5, "No slices: see evaluation.slices", ha="center", color=INK)
        return figure
    places = _place(table["slice"])
    figure, (left, right) = new_figure(1, 2, height=1.4 + LINE_HEIGHT * (places.max() + 1))
    _draw_measure(left, table, places, "roc_auc")
    _draw_measure(right, table, places, "calibration_gap")
    left.set(xlabel="ROC AUC")
    right.set(xlabel="Mean probability less churn rate")
    right.xaxis.set_major_formatter(PercentFormatter(1.0))
    right.locator_params(axis="x", nbins=5)
    right.axvline(0, color=INK, linewidth=0.8)
    _label(left, table, places)
    right.set_yticks(places, [])
    set_title(figure, "Slices: is the model worse for some than for others?")
    return figure


def _place(features: pd.Series) -> np.ndarray:
    """Lines from the top down, with an empty one for the name of each feature."""
    groups = (features != features.shift()).cumsum().to_numpy()
    return np.arange(len(features)) + groups


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


def _label(axes: Axes, table: pd.DataFrame, places: np.ndarray) -> None:
    names = [
        f"{line.value}" if line.judged else f"{line.value} (too few)" for line in table.itertuples()
    ]
    is_first = (table["slice"] != table["slice"].shift()).to_numpy()
    heads = table.loc[is_first, "slice"].tolist()
    axes.set_yticks([*places, *(places[is_first] - 1)], [*names, *heads])
    for text in axes.get_yticklabels()[len(names) :]:
        text.set_fontweight("bold")
