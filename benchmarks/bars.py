"""Draws bars side by side. In: values by series and contender. Out: one panel of a picture."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

COLORS = ("#9db8d2", "#1f5a8f")  # the smaller operator, the larger


@contextmanager
def open_panels(path: Path) -> Iterator[tuple[Axes, Axes]]:
    """Yield two panels side by side; write them as SVG with one legend, that of the first."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    yield left, right
    right.set_yticklabels([])
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    # Equal numbers give an equal file.
    with mpl.rc_context({"svg.hashsalt": "telco_churn"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def draw_bars(
    axes: Axes, names: Sequence[str], series: Mapping[str, Sequence[float]], title: str
) -> None:
    """Draw one bar per series and name.

    Args:
        axes: The panel.
        names: Names of the contenders; a line breaks after a comma.
        series: The values of the contenders, by label; at most two series.
        title: The title of the panel, with the unit of the values.
    """
    for at, (label, values) in enumerate(series.items()):
        places = [number + 0.4 * at for number in range(len(names))]
        bars = axes.barh(places, values, height=0.38, color=COLORS[at], label=label)
        axes.bar_label(
            bars,
            [f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in values],
            padding=3,
        )
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())  # labels of a short axis would overlap
    axes.margins(x=0.15)
    axes.set_yticks(
        [number + 0.2 for number in range(len(names))],
        [name.replace(", ", ",\n") for name in names],
    )
    axes.invert_yaxis()
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
