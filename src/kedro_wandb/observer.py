"""Observes nodes as they load, run and save, in the process that runs them.

In: calls from hooks. Out: events, to the recorder or into the event queue; and, at the end of the
run, a table of its nodes.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kedro_wandb.event_queue import Event, Problem, Step, Table
from kedro_wandb.extract import count_rows, extract_events
from kedro_wandb.run_config import Plan

ACTIONS = ("load", "run", "save")
COLUMNS = ["node", *(f"{action}_seconds" for action in ACTIONS), "rows_saved"]


class Observer:
    """Turns what the nodes of one process do into events, in any number of threads."""

    def __init__(self, plan: Plan, emit: Callable[[Event], None]) -> None:
        self._plan = plan
        self._emit = emit
        self._began: dict[tuple[str, ...], float] = {}
        self._seen: set[str] = set()

    def begin(self, *what: str) -> None:
        """Start the time of a node's load, run or save."""
        self._began[what] = time.perf_counter()

    def note_run(self, node: str) -> None:
        """Note how long a node worked."""
        self._emit(Step(node, "run", self._end(node, "run")))

    def note_loaded(self, node: str, dataset: str) -> None:
        """Note an input; the first time, a reference to it as well."""
        self._emit(Step(node, "load", self._end(node, "load", dataset), dataset))
        if dataset in self._plan.inputs and dataset not in self._seen:
            self._seen.add(dataset)
            emit_reference(self._plan, dataset, True, self._emit)

    def note_saved(self, node: str, dataset: str, data: Any) -> None:
        """Note an output, and log what its spec asks for."""
        seconds = self._end(node, "save", dataset)
        self._emit(Step(node, "save", seconds, dataset, count_rows(data)))
        try:
            for event in extract_events(self._plan, dataset, data):
                self._emit(event)
        except Exception as error:  # one dataset; the others are tracked
            self._emit(Problem(dataset, f"{type(error).__name__}: {error}"))

    def _end(self, *what: str) -> float:
        """Return the seconds since its begin; 0 without one."""
        now = time.perf_counter()
        return now - self._began.pop(what, now)


def emit_reference(plan: Plan, dataset: str, is_input: bool, emit: Callable[[Event], None]) -> None:
    """Emit a reference to a dataset that was loaded or saved, or why there is none."""
    try:
        reference = plan.refer_to(dataset, is_input)
    except Exception as error:  # one dataset; the others are tracked
        emit(Problem(dataset, f"{type(error).__name__}: {error}"))
    else:
        if reference:
            emit(reference)


def tabulate_nodes(steps: Iterable[Step], rows: Mapping[str, int]) -> Table:
    """Sum up the steps by node, in the order in which nodes ended.

    Args:
        steps: In any order of nodes.
        rows: Rows of kept datasets by name, for those that were saved without being in memory.
    """
    seconds: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(ACTIONS, 0.0))
    saved: dict[str, dict[str, int]] = defaultdict(dict)
    for step in steps:
        seconds[step.node][step.action] += step.seconds
        if step.action == "save" and step.dataset:
            counted = rows.get(step.dataset, step.rows)
            if counted is not None:
                saved[step.node][step.dataset] = counted
    lines = [
        [
            node,
            *(round(times[action], 4) for action in ACTIONS),
            sum(saved[node].values()) if node in saved else None,
        ]
        for node, times in seconds.items()
    ]
    return Table("nodes", COLUMNS, lines)


def summarise_nodes(table: Table, rows: Mapping[str, int]) -> dict[str, float]:
    """Return `seconds/<node>` and `rows/<dataset>` for the run's summary."""
    times = {f"seconds/{line[0]}": round(sum(line[1:4]), 4) for line in table.rows}
    return times | {f"rows/{name}": count for name, count in rows.items()}
