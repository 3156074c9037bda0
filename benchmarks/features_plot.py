"""Draws the results. In: results. Out: an SVG with time and peak memory of each contender."""

from pathlib import Path

from benchmarks.bars import draw_bars, open_panels
from benchmarks.features_contenders import ALL_OURS, BASELINES
from benchmarks.features_targets import Results

NAMES = (*ALL_OURS, *BASELINES)


def draw(results: Results, path: Path) -> None:
    """Draw time and peak memory, one bar per contender and operator."""
    with open_panels(path) as (time, memory):
        title = "Time for the features of one date, without start-up (s)"
        draw_bars(time, NAMES, _list_values(results, "worked"), title)
        draw_bars(memory, NAMES, _list_values(results, "peak"), "Peak memory (MiB)")
        memory.axvline(4096, color="#b04030", linestyle="--", linewidth=1)


def _list_values(results: Results, what: str) -> dict[str, list[float]]:
    return {
        f"{customers:,} customers, {results.rows[customers] / 1e6:,.1f} million rows of usage": [
            getattr(results.features[customers][name], what) for name in NAMES
        ]
        for customers in (results.small, results.large)
    }
