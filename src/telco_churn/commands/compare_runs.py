"""Show runs side by side: one column per run, one line per fact, parameter or metric."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from telco_churn.metrics.metric_table import find_metric

# Words in names of metrics outside the metric table for which lower is better.
LOWER_IS_BETTER = frozenset(
    ["brier", "loss", "error", "gap", "rmse", "mse", "mae", "mape", "false", "fpr", "fnr"]
)
WIDTH = 22  # characters of a column; longer values are cut
NAME_WIDTH = 42  # minimum characters of the first column, which fits its longest name
FACTS = ("started", "pipeline", "status", "as_of", "data", "model", "model_status", "wandb")
SHOWN_DIGITS = 12  # characters of a fingerprint

Row = tuple[str, list[str]]


@dataclass(frozen=True)
class Experiment:
    """A run in MLflow.

    Attributes:
        run_id: The id in MLflow.
        facts: Text by name; the names are from `FACTS`.
        parameters: Text by dotted name.
        metrics: Values by name.
    """

    run_id: str
    facts: dict[str, str]
    parameters: dict[str, str]
    metrics: dict[str, float]


def compare(experiments: Sequence[Experiment], metrics: Iterable[str]) -> str:
    """Format runs side by side.

    Args:
        experiments: One or more runs.
        metrics: Names or globs of the metrics to show, in this order.

    Returns:
        A text of several lines.
    """
    facts = [(fact, [_show_fact(run, fact) for run in experiments]) for fact in FACTS]
    runs = ("run", [run.run_id[:8] for run in experiments])
    differing = _list_differing(experiments)
    shown = [
        (name, _mark_best(name, [run.metrics.get(name) for run in experiments]))
        for name in _list_metrics(experiments, metrics)
    ]
    rows = [
        runs,
        *facts,
        "",
        "Parameters that differ" if differing else "No parameter differs.",
        *differing,
        "",
        "Metrics (* best)" if shown else "No matching metric was logged.",
        *shown,
        *_warn_of_other_data(experiments),
    ]
    width = max(NAME_WIDTH, *(len(row[0]) for row in (*differing, *shown, runs)))
    return "\n".join(row if isinstance(row, str) else _line(*row, width) for row in rows)


def _list_differing(experiments: Sequence[Experiment]) -> list[Row]:
    names = dict.fromkeys(name for run in experiments for name in sorted(run.parameters))
    rows = {name: [run.parameters.get(name, "-") for run in experiments] for name in names}
    # Pipelines read different parameters: a parameter of only one run does not differ.
    return [
        (f"  {name}", values)
        for name, values in rows.items()
        if len({value for value in values if value != "-"}) > 1
    ]


def _list_metrics(experiments: Sequence[Experiment], globs: Iterable[str]) -> list[str]:
    names = sorted({name for run in experiments for name in run.metrics})
    return list(dict.fromkeys(name for glob in globs for name in names if fnmatchcase(name, glob)))


def _mark_best(name: str, values: list[float | None]) -> list[str]:
    known = [value for value in values if value is not None and math.isfinite(value)]
    best = (min if _is_lower_better(name) else max)(known, default=None)
    is_marked = len(set(known)) > 1
    return [
        "-" if value is None else f"{value:.6g}{' *' if is_marked and value == best else ''}"
        for value in values
    ]


def _is_lower_better(name: str) -> bool:
    metric = find_metric(name)
    if metric:
        return metric.better == "lower"
    return not LOWER_IS_BETTER.isdisjoint(re.split(r"[^a-z]+", name.lower()))


def _warn_of_other_data(experiments: Sequence[Experiment]) -> list[str]:
    known = {run.facts["data"] for run in experiments if run.facts.get("data")}
    warning = (
        "These models were trained and evaluated on different data: do not compare their metrics."
    )
    return ["", warning] if len(known) > 1 else []


def _show_fact(run: Experiment, fact: str) -> str:
    value = run.facts.get(fact) or "-"
    return value[:SHOWN_DIGITS] if fact == "data" else value


def _line(name: str, values: Iterable[str], width: int) -> str:
    cells = [value if len(value) <= WIDTH else f"{value[: WIDTH - 3]}..." for value in values]
    return f"{name:<{width}}" + "".join(f"  {cell:<{WIDTH}}" for cell in cells).rstrip()
