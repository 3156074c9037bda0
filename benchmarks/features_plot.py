"""Draws the results. In: results. Out: an SVG with time and peak memory of each contender."""

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.features_contenders import ALL_OURS, BASELINES
from benchmarks.features_targets import Results

COLORS = ("#9db8d2", "#1f5a8f")  # the smaller operator, the larger


def draw(results: Results, path: Path) -> None:
    """Draw time and peak memory, one bar per contender and operator."""
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "telco_churn"  # equal numbers give an equal file
    figure, (time, memory) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    _draw_bars(time, results, "worked", "Time for the features of one date, without start-up (s)")
    _draw_bars(memory, results, "peak", "Peak memory (MiB)")
    memory.axvline(4096, color="#b04030", linestyle="--", linewidth=1)
    memory.set_yticklabels([])
    figure.legend(*time.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _draw_bars(axes: Axes, results: Results, what: str, title: str) -> None:
    names = [*ALL_OURS, *BASELINES]
    for at, customers in enumerate((results.small, results.large)):
        values = [getattr(results.features[customers][name], what) for name in names]
        places = [number + 0.4 * at for number in range(len(names))]
        label = (
            f"{customers:,} customers, {results.rows[customers] / 1e6:,.1f} million rows of usage"
        )
        bars = axes.barh(places, values, height=0.38, color=COLORS[at], label=label)
        axes.bar_label(
            bars,
            [f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in values],
            padding=3,
        )
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_yticks(
        [number + 0.2 for number in range(len(names))],
        [name.replace(", ", ",\n") for name in names],
    )
    axes.invert_yaxis()
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
