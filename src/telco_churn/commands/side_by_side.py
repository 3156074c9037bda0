"""Lays out experiments side by side: one column a run, one line a fact, parameter or metric."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

LESS_IS_BETTER = ("brier", "log_loss", "error", "gap")
WIDTH = 22  # of a column; a longer value is cut
FACTS = ("started", "pipeline", "status", "as_of", "data", "model", "standing", "wandb")
SHOWN_DIGITS = 12  # of a fingerprint


@dataclass(frozen=True)
class Experiment:
    """A run as MLflow has it.

    Attributes:
        run_id: MLflow's.
        facts: Some of `FACTS`.
        parameters: By dotted name, as texts.
        metrics: By name.
    """

    run_id: str
    facts: dict[str, str]
    parameters: dict[str, str]
    metrics: dict[str, float]


def compare(experiments: Sequence[Experiment], metrics: Iterable[str]) -> str:
    """Lay them out.

    Args:
        experiments: At least one.
        metrics: Globs of those to show, in their order.

    Returns:
        Lines of text.
    """
    facts = [_line(fact, [_show_fact(run, fact) for run in experiments]) for fact in FACTS]
    runs = _line("run", [run.run_id[:8] for run in experiments])
    differing = _list_differing(experiments)
    shown = [
        _line(name, _mark_best(name, [run.metrics.get(name) for run in experiments]))
        for name in _list_metrics(experiments, metrics)
    ]
    return "\n".join(
        [
            runs,
            *facts,
            "",
            "Parameters that differ" if differing else "No parameter differs.",
            *differing,
            "",
            "Metrics, * the best" if shown else "No such metric was logged.",
            *shown,
            *_warn_of_other_data(experiments),
        ]
    )


def _list_differing(experiments: Sequence[Experiment]) -> list[str]:
    names = dict.fromkeys(name for run in experiments for name in sorted(run.parameters))
    rows = {name: [run.parameters.get(name, "-") for run in experiments] for name in names}
    # Runs of other pipelines read other parameters: only what two runs have can differ.
    return [
        _line(f"  {name}", values)
        for name, values in rows.items()
        if len({value for value in values if value != "-"}) > 1
    ]


def _list_metrics(experiments: Sequence[Experiment], globs: Iterable[str]) -> list[str]:
    names = sorted({name for run in experiments for name in run.metrics})
    return list(dict.fromkeys(name for glob in globs for name in names if fnmatchcase(name, glob)))


def _mark_best(name: str, values: list[float | None]) -> list[str]:
    known = [value for value in values if value is not None]
    less_is_better = any(part in name for part in LESS_IS_BETTER)
    best = (min if less_is_better else max)(known)
    is_marked = len(set(known)) > 1
    return [
        "-" if value is None else f"{value:.6g}{' *' if is_marked and value == best else ''}"
        for value in values
    ]


def _warn_of_other_data(experiments: Sequence[Experiment]) -> list[str]:
    known = {run.facts["data"] for run in experiments if run.facts.get("data")}
    warning = (
        "These models were trained and judged on different data: their metrics do not compare."
    )
    return ["", warning] if len(known) > 1 else []


def _show_fact(run: Experiment, fact: str) -> str:
    value = run.facts.get(fact) or "-"
    return value[:SHOWN_DIGITS] if fact == "data" else value


def _line(name: str, values: Iterable[str]) -> str:
    cells = [value if len(value) <= WIDTH else f"{value[: WIDTH - 3]}..." for value in values]
    return f"{name:<42}" + "".join(f"  {cell:<{WIDTH}}" for cell in cells).rstrip()
