"""Observation of nodes while they load, run and save, in the process that runs them.

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
    """Creates events from the nodes of one process; several threads may call it."""

    def __init__(self, plan: Plan, emit: Callable[[Event], None]) -> None:
        self._plan = plan
        self._emit = emit
        self._began: dict[tuple[str, ...], float] = {}
        self._seen: set[str] = set()

    def begin(self, *what: str) -> None:
        """Start timing a node's load, run or save."""
        self._began[what] = time.perf_counter()

    def note_run(self, node: str) -> None:
        """Record how long a node ran."""
        self._emit(Step(node, "run", self._end(node, "run")))

    def note_loaded(self, node: str, dataset: str) -> None:
        """Record a loaded input; the first time, record a reference to it as well."""
        self._emit(Step(node, "load", self._end(node, "load", dataset), dataset))
        if dataset in self._plan.inputs and dataset not in self._seen:
            self._seen.add(dataset)
            emit_reference(self._plan, dataset, True, self._emit)

    def note_saved(self, node: str, dataset: str, data: Any) -> None:
        """Record a saved output, and log it according to its spec."""
        seconds = self._end(node, "save", dataset)
        self._emit(Step(node, "save", seconds, dataset, count_rows(data)))
        try:
            for event in extract_events(self._plan, dataset, data):
                self._emit(event)
        except Exception as error:  # an error of one dataset does not affect the others
            self._emit(Problem(dataset, f"{type(error).__name__}: {error}"))

    def _end(self, *what: str) -> float:
        """Return the seconds since `begin` with the same arguments; 0 if it was not called."""
        now = time.perf_counter()
        return now - self._began.pop(what, now)


def emit_reference(plan: Plan, dataset: str, is_input: bool, emit: Callable[[Event], None]) -> None:
    """Emit a reference to a dataset that was loaded or saved, or the reason why it failed."""
    try:
        reference = plan.refer_to(dataset, is_input)
    except Exception as error:  # an error of one dataset does not affect the others
        emit(Problem(dataset, f"{type(error).__name__}: {error}"))
    else:
        if reference:
            emit(reference)


def tabulate_nodes(steps: Iterable[Step], rows: Mapping[str, int]) -> Table:
    """Add up the steps by node, in the order in which the nodes first appear.

    Args:
        steps: Steps of all nodes, in any order.
        rows: Row counts of persisted datasets by name; they replace the counts in the steps.
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


def summarize_nodes(table: Table, rows: Mapping[str, int]) -> dict[str, float]:
    """Return `seconds/<node>` and `rows/<dataset>` for the summary of the run."""
    times = {f"seconds/{line[0]}": round(sum(line[1:4]), 4) for line in table.rows}
    return times | {f"rows/{name}": count for name, count in rows.items()}
