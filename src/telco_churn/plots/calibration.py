"""Whether probabilities mean what they say."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from telco_churn.plots.style import BLUE, FAINT, INK, new_figure, set_title


def draw_calibration(
    calibration_curve: pd.DataFrame, probability_histogram: pd.DataFrame | None = None
) -> Figure:
    """Draw the churn rate of each group over its forecast, and below how often each is forecast.

    Args:
        calibration_curve: `mean_probability`, `churn_rate`, `low`, `high`.
        probability_histogram: `lowest`, `highest`, `rows`; None leaves it out.
    """
    if probability_histogram is None:
        figure, (curve,) = new_figure()
    else:
        figure, (curve, bars) = new_figure(2, 1, height=6, share_x=True, height_ratios=[3, 1])
        _draw_bars(bars, probability_histogram)
    _draw_curve(curve, calibration_curve)
    figure.axes[-1].set_xlabel("Churn probability by the model")
    set_title(figure, "Calibration: do as many churn as the model says?")
    return figure


def _draw_curve(axes: Axes, table: pd.DataFrame) -> None:
    most = 1.08 * max(table["mean_probability"].max(), table["high"].max())
    axes.plot([0, most], [0, most], color=FAINT, linestyle=":", label="As forecast")
    axes.errorbar(
        table["mean_probability"],
        table["churn_rate"],
        [
            (table["churn_rate"] - table["low"]).clip(lower=0),
            (table["high"] - table["churn_rate"]).clip(lower=0),
        ],
        color=BLUE,
        marker="o",
        markersize=4.5,
        linewidth=1.2,
        ecolor=INK,
        elinewidth=1,
        capsize=2.5,
        label="A tenth of customers each, with interval",
    )
    axes.set(ylabel="Share who churned", xlim=(0, most), ylim=(0, most))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper left", fontsize=9, frameon=False)


def _draw_bars(axes: Axes, table: pd.DataFrame) -> None:
    width = table["highest"] - table["lowest"]
    axes.bar(table["lowest"], table["rows"], width, align="edge", color=BLUE, alpha=0.6)
    axes.set_yscale("log")
    axes.set_ylabel("Customers\n(log scale)")
