"""Draws the results. In: results. Out: an SVG with time and peak memory of each contender."""

from pathlib import Path

from benchmarks.bars import draw_bars, open_panels
from benchmarks.weekly_inputs import LONG, Operator
from benchmarks.weekly_targets import CONTENDERS, GIB, MEMORY_LIMIT, Results


def draw(results: Results, path: Path) -> None:
    """Draw time and peak memory with the long history, one bar per contender and operator."""
    with open_panels(path) as (time, memory):
        title = f"Time, {LONG} weeks of history, whole process (s)"
        draw_bars(time, CONTENDERS, _list_values(results, "wall"), title)
        draw_bars(memory, CONTENDERS, _list_values(results, "peak"), "Peak memory (MiB)")
        memory.axvline((MEMORY_LIMIT + 1) * GIB, color="#b04030", linestyle="--", linewidth=1)


def _list_values(results: Results, what: str) -> dict[str, list[float]]:
    series = {}
    for customers in results.sizes:
        operator = Operator(customers, LONG)
        rows = results.rows[operator][0] / 1e6
        label = f"{customers:,} customers, {rows:,.1f} million rows of usage"
        series[label] = [getattr(results.runs[operator][name], what) for name in CONTENDERS]
    return series
