"""Compares the weekly benchmark with its targets. In: results. Out: each target with its result."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.processes import Measurement
from benchmarks.targets import Target
from benchmarks.weekly_inputs import LONG, SHORT, Operator

FIRST, WEEKLY = "first load", "new week"
BASELINE, BASELINE_ALL = "DuckDB SQL, first load", "DuckDB SQL, everything again"
FIRST_SCORES, WEEKLY_SCORES = "scores after the first load", "scores after the new week"
CONTENDERS = (FIRST, BASELINE, FIRST_SCORES, WEEKLY, BASELINE_ALL, WEEKLY_SCORES)
FIRST_CYCLE, WEEKLY_CYCLE = (FIRST, FIRST_SCORES), (WEEKLY, WEEKLY_SCORES)
OURS = (*FIRST_CYCLE, *WEEKLY_CYCLE)
GIB = 1024  # MiB
MEMORY_LIMIT = 3e9 / 1024**3  # GiB, of the engine: 3GB in conf/base/globals.yml
MOST_AGAINST_BASELINE, MOST_OF_FIRST, MOST_GROWTH = 1.5, 1 / 8, 1.15
PARTS = {"whole process": "wall", "nodes alone": "worked"}


@dataclass
class Results:
    """All measurements of one run.

    Attributes:
        small: Number of customers of the smaller operator.
        large: Number of customers of the larger operator.
        rows: Rows of usage of the history, and of the new week, by operator.
        runs: Measurements by operator and contender.
    """

    small: int
    large: int
    rows: dict[Operator, tuple[int, int]] = field(default_factory=dict)
    runs: dict[Operator, dict[str, Measurement]] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, int]:
        """Both numbers of customers."""
        return self.small, self.large

    def compare(self, customers: int, ours: str, other: str, of: str) -> float:
        """Return the time of one contender as a multiple of another's, with the long history."""
        operator = Operator(customers, LONG)
        return self.add_up(operator, (ours,), of) / self.add_up(operator, (other,), of)

    def compare_cycles(self, customers: int, of: str) -> float:
        """Return the time of a weekly cycle as a multiple of the first, with the long history."""
        operator = Operator(customers, LONG)
        return self.add_up(operator, WEEKLY_CYCLE, of) / self.add_up(operator, FIRST_CYCLE, of)

    def growth(self, customers: int, of: str) -> float:
        """Return the time of a weekly cycle after the long history as a multiple of the short."""
        long, short = (
            self.add_up(Operator(customers, weeks), WEEKLY_CYCLE, of) for weeks in (LONG, SHORT)
        )
        return long / short

    def add_up(self, operator: Operator, names: Sequence[str], of: str) -> float:
        """Return the time of several runs together."""
        return sum(float(getattr(self.runs[operator][name], of)) for name in names)


def list_targets(results: Results) -> list[Target]:
    """Compare the results with every target."""
    targets = []
    for customers in results.sizes:
        size = f"{customers:,} customers"
        for part, of in PARTS.items():
            first = results.compare(customers, FIRST, BASELINE, of)
            claim = f"{size}, first load against DuckDB SQL, {part}"
            targets.append(Target(claim, MOST_AGAINST_BASELINE, first))
    for customers in results.sizes:
        size = f"{customers:,} customers"
        for part, of in PARTS.items():
            claim = f"{size}, weekly cycle against the first, {part}"
            targets.append(Target(claim, MOST_OF_FIRST, results.compare_cycles(customers, of)))
            claim = f"{size}, weekly cycle after {LONG} weeks against {SHORT}, {part}"
            targets.append(Target(claim, MOST_GROWTH, results.growth(customers, of)))
    return [*targets, *(_limit_memory(results, customers) for customers in results.sizes)]


def _limit_memory(results: Results, customers: int) -> Target:
    peaks = [
        runs[name].peak
        for operator, runs in results.runs.items()
        if operator.customers == customers
        for name in OURS
    ]
    claim = f"{customers:,} customers, largest peak memory of a run"
    return Target(claim, round(MEMORY_LIMIT + 1, 2), max(peaks) / GIB, " GiB")
