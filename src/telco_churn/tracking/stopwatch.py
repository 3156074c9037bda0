"""How long each node took, and how much it gave."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

from telco_churn.tracking.events import Reference, Step, Table

ACTIONS = ("load", "run", "save")
COLUMNS = ["node", *(f"{action}_seconds" for action in ACTIONS), "rows_saved"]


class Stopwatch:
    """Takes times of what has begun and ended, in any number of threads."""

    def __init__(self) -> None:
        self._begun: dict[tuple[str, ...], float] = {}

    def begin(self, *what: str) -> None:
        """Start a time."""
        self._begun[what] = time.perf_counter()

    def end(self, *what: str) -> float:
        """Return the seconds since it began; 0 where nobody saw that."""
        now = time.perf_counter()
        return now - self._begun.pop(what, now)


def tabulate_nodes(steps: Iterable[Step], rows: Mapping[str, int]) -> Table:
    """Sum up the steps by node, in the order in which nodes ended.

    Args:
        steps: In any order of nodes.
        rows: Of kept datasets, by name, for what was saved without being in memory.
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


def summarise_nodes(table: Table, references: Iterable[Reference]) -> dict[str, float]:
    """Return `seconds/<node>` and `rows/<dataset>` for the run's summary."""
    times = {f"seconds/{line[0]}": round(sum(line[1:4]), 4) for line in table.rows}
    rows = {f"rows/{kept.name}": kept.facts["rows"] for kept in references if "rows" in kept.facts}
    return times | rows
