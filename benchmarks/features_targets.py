"""Compares the features benchmark with its targets.

In: results. Out: each target with its result.
"""

from dataclasses import dataclass, field

from benchmarks.features_contenders import ALONE, BASELINES, OURS, ROWS
from benchmarks.processes import Measurement
from benchmarks.targets import Target

GIB = 1024  # MiB
MOST_AT_LARGE, MOST_AT_SMALL, MOST_OTHERWISE = 0.7, 1.5, 1.2  # of the fastest baseline


@dataclass
class Results:
    """All measurements of one run.

    Attributes:
        small: Number of customers of the smaller operator.
        large: Number of customers of the larger operator.
        rows: Rows of usage, by number of customers.
        simulation: Measurements of making the operator, by number of customers.
        features: Measurements of the features, by number of customers and contender.
    """

    small: int
    large: int
    rows: dict[int, int] = field(default_factory=dict)
    simulation: dict[int, Measurement] = field(default_factory=dict)
    features: dict[int, dict[str, Measurement]] = field(default_factory=dict)

    def fastest_baseline(self, customers: int) -> str:
        """Return the baseline with the shortest work."""
        return min(BASELINES, key=lambda name: self.features[customers][name].worked)

    def against_fastest(self, customers: int, contender: str, of: str = "worked") -> float:
        """Return the time of a contender, as a multiple of that of the fastest baseline."""
        measured = self.features[customers]
        best = min(getattr(measured[baseline], of) for baseline in BASELINES)
        return getattr(measured[contender], of) / best


def list_targets(results: Results) -> list[Target]:
    """Compare the results with every target."""
    return [*_against_baselines(results), *_growth(results), *_limits(results)]


def _against_baselines(results: Results) -> list[Target]:
    limits = {results.small: MOST_AT_SMALL, results.large: MOST_AT_LARGE}
    kinds = {
        "orchestration excluded": (ALONE, "worked", limits),
        "orchestration excluded, without tiles": (ROWS, "worked", {}),
        "orchestration included": (OURS, "wall", {}),
    }
    fastest = [
        Target(
            f"{customers:,} customers, one date, against the fastest baseline, {kind}",
            at_most.get(customers, MOST_OTHERWISE),
            results.against_fastest(customers, contender, of),
            " x",
        )
        for customers in results.features
        for kind, (contender, of, at_most) in kinds.items()
    ]
    pandas = [
        Target(
            f"{customers:,} customers, one date, against pandas, orchestration excluded",
            1,
            measured[ALONE].worked / measured["pandas"].worked,
            " x",
        )
        for customers, measured in results.features.items()
    ]
    return [*fastest, *pandas]


def _growth(results: Results) -> list[Target]:
    small, large = results.small, results.large
    one, million = results.features[small], results.features[large]
    growth = million[ALONE].worked / one[ALONE].worked
    return [
        Target(f"{large // small} times the rows, orchestration excluded", 11, growth, " x"),
    ]


def _limits(results: Results) -> list[Target]:
    large, made = results.large, results.simulation[results.large]
    peak = results.features[large][OURS].peak
    return [
        Target(f"Peak memory of the features of {large:,}", 4, peak / GIB, " GiB"),
        Target(f"Making the sample operator of {large:,}", 300, made.wall, " s"),
        Target(f"Peak memory of making {large:,}", 4, made.peak / GIB, " GiB"),
    ]
