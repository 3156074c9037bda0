"""Compares the weekly benchmark with its targets. In: results. Out: each target with its result."""

from dataclasses import dataclass, field

from benchmarks.processes import Measurement
from benchmarks.targets import Target
from benchmarks.weekly_inputs import LONG, SHORT, Operator

FIRST, WEEKLY = "first load", "new week"
BASELINE, BASELINE_ALL = "DuckDB SQL, first load", "DuckDB SQL, everything again"
CONTENDERS = (FIRST, BASELINE, WEEKLY, BASELINE_ALL)
OURS = (FIRST, WEEKLY)
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
        runs = self.runs[Operator(customers, LONG)]
        return float(getattr(runs[ours], of) / getattr(runs[other], of))

    def growth(self, customers: int, of: str) -> float:
        """Return the time of a new week after the long history, as a multiple of the short."""
        long, short = (self.runs[Operator(customers, weeks)][WEEKLY] for weeks in (LONG, SHORT))
        return float(getattr(long, of) / getattr(short, of))


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
            weekly = results.compare(customers, WEEKLY, FIRST, of)
            claim = f"{size}, new week against first load, {part}"
            targets.append(Target(claim, MOST_OF_FIRST, weekly))
            claim = f"{size}, new week after {LONG} weeks against {SHORT}, {part}"
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
