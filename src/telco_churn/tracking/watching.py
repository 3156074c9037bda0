"""Watches nodes load, run and save, and makes events of it.

Each process that runs nodes has its own; what it emits goes to the recorder or into the spool.
"""

from collections.abc import Callable
from typing import Any

from telco_churn.tracking.collecting import describe_saved
from telco_churn.tracking.events import Event, Problem, Step
from telco_churn.tracking.frames import count_rows
from telco_churn.tracking.plan import Plan
from telco_churn.tracking.references import refer_to
from telco_churn.tracking.stopwatch import Stopwatch


class Watcher:
    """Sees the nodes of one process."""

    def __init__(self, plan: Plan, emit: Callable[[Event], None]) -> None:
        self._plan = plan
        self._emit = emit
        self._stopwatch = Stopwatch()
        self._seen: set[str] = set()

    def begin(self, *what: str) -> None:
        """Take the time of a load, of a node's own work, or of a save."""
        self._stopwatch.begin(*what)

    def note_run(self, node: str) -> None:
        """Note how long a node worked."""
        self._emit(Step(node, "run", self._stopwatch.end(node, "run")))

    def note_loaded(self, node: str, dataset: str) -> None:
        """Note an input; the first time, what it is known by."""
        self._emit(Step(node, "load", self._stopwatch.end(node, "load", dataset), dataset))
        if dataset in self._plan.inputs and dataset not in self._seen:
            self._seen.add(dataset)
            try:
                reference = refer_to(self._plan, dataset, is_input=True)
            except Exception as error:  # one dataset; the others are tracked
                self._emit(Problem(dataset, f"{type(error).__name__}: {error}"))
            else:
                if reference:
                    self._emit(reference)

    def note_saved(self, node: str, dataset: str, data: Any) -> None:
        """Note an output, and log what its entry asks for."""
        seconds = self._stopwatch.end(node, "save", dataset)
        self._emit(Step(node, "save", seconds, dataset, count_rows(data)))
        try:
            for event in describe_saved(self._plan, dataset, data):
                self._emit(event)
        except Exception as error:  # one dataset; the others are tracked
            self._emit(Problem(dataset, f"{type(error).__name__}: {error}"))
