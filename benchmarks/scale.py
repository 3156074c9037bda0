"""Measures what more dates and more customers cost: the time of a backfill, and peak memory.

In: a sample operator with a long history, and two with many customers. Out: a page.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.processes import Measurement, measure, take_median
from benchmarks.sample_operator import PROJECT
from benchmarks.scoring_inputs import register_champion
from benchmarks.targets import Target
from benchmarks.training import configure, make_examples

PLACE = Path("data/benchmark/scale")
END = date(2026, 9, 21)  # the first day without usage
DATES = {1: 1.0, 12: 2.0, 52: 6.0}  # weekly dates: the most that they may take, against one
WEEKS_READ = 12  # of usage, by the first date
HISTORY = max(DATES) + WEEKS_READ + 1  # weeks; the label of the last date takes one
WEEKS = 26  # of the operators with many customers
CUSTOMERS, MANY, FEW = 100_000, (1_000_000, 3_000_000), 2_000
REPETITIONS = 3
INGESTION, SCORING = "ingestion", "features, scores and commit"
LEAVES = 7  # per tree of the model, as in the project
GIB = 1024  # MiB
MOST_MEMORY, MOST_GROWTH = 4, 1.2  # GiB, and of the peak with fewer customers
LIBRARIES = ("kedro", "ibis-framework", "duckdb", "deltalake", "pyarrow", "lightgbm")
COMPARED = f"""\
For operators who ask what a backfill costs, and whether a larger operator needs a larger machine.
All runs are `kedro run`, each in a separate process, on the sample operator with its default
errors.

- *Dates* are the features of one date to score, and the labeled features of several weekly dates
  up to it, in one run. No [tiles](../../concepts/features.md#tiles) are kept before a run. *Work*
  excludes start and imports. The median of {REPETITIONS} runs counts, taken in turn.
- *Customers* are ingestion of {WEEKS} weeks, then features, scores and commit of one date, with a
  model of 300 trees of {LEAVES} leaves. Each runs once, and only its memory counts.

*Peak* is the largest resident memory of the process."""
REMARK = """\
[Decision 11](../../decisions/0011-features-slower-than-handwritten.md) explains the times,
[decision 29](../../decisions/0029-what-a-week-costs.md) the peaks."""


@dataclass
class Results:
    """All measurements of one run.

    Attributes:
        customers: Customers of the operator with a long history.
        dates: Measurements of features, by number of dates.
        many: Measurements by number of customers and pipeline.
    """

    customers: int
    dates: dict[int, Measurement] = field(default_factory=dict)
    many: dict[int, dict[str, Measurement]] = field(default_factory=dict)


def main() -> None:
    """Measure both, and write the page."""
    parser = section_parser(__doc__)
    asked = parser.parse_args()
    customers = FEW if asked.small else CUSTOMERS
    results = Results(customers, _measure_dates(customers))
    register_champion(make_examples(FEW), LEAVES, PLACE)
    for many in (FEW, 3 * FEW) if asked.small else MANY:
        results.many[many] = _measure_customers(many)
    describe(results).write(report_folder(asked))


def dates_command(customers: int, dates: int) -> str:
    """Return the command for the features of one date, or for the labeled ones of weekly dates."""
    last = END - timedelta(weeks=1)
    first = last - timedelta(weeks=dates - 1)
    features = f"{_kedro(customers, HISTORY)} --pipelines features"
    if dates == 1:
        return f"{features} --tags scoring --params as_of={last}"
    return (
        f"{features} --tags training --params 'as_of={END},"
        f"snapshots.every=1 week,label.horizon_days=7,snapshots.from={first},snapshots.to={last}'"
    )


def customer_commands(customers: int) -> dict[str, str]:
    """Return the commands that are measured on an operator with many customers."""
    kedro = _kedro(customers, WEEKS)
    return {
        INGESTION: f"{kedro} --pipelines ingestion",
        SCORING: f"{kedro} --pipelines scoring --params as_of={END}",
    }


def list_targets(results: Results) -> list[Target]:
    """Compare the results with every target."""
    one = results.dates[1].worked
    targets = [
        Target(f"{dates} weekly dates against one", most, results.dates[dates].worked / one)
        for dates, most in DATES.items()
        if dates > 1
    ]
    few, many = results.many
    for name, found in results.many[many].items():
        growth = found.peak / results.many[few][name].peak
        claim = f"{name}, peak memory at {many:,} customers"
        targets += [
            Target(claim, MOST_MEMORY, found.peak / GIB, " GiB"),
            Target(f"{claim}, against {few:,}", MOST_GROWTH, growth),
        ]
    return targets


def describe(results: Results) -> Page:
    """Return the page."""
    one = results.dates[1].worked
    dates = [
        f"| {number} | {run.worked:.1f} | {run.worked / one:.2f} x | {run.peak:,.0f} |"
        for number, run in results.dates.items()
    ]
    customers = [
        f"| {number:,} | {name} | {run.peak:,.0f} |"
        for number, runs in results.many.items()
        for name, run in runs.items()
    ]
    return Page(
        section="scale",
        title="More dates, more customers",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[
            f"## Dates, {results.customers:,} customers",
            tabulate(("dates:", "work s:", "against one:", "peak MiB:"), dates),
            "## Customers",
            tabulate(("customers:", "", "peak MiB:"), customers),
        ],
        targets=list_targets(results),
        remark=REMARK,
        commands=_list_commands(results),
        links=("[Weekly deliveries](weekly.md): what one more week costs",),
    )


def _measure_dates(customers: int) -> dict[int, Measurement]:
    place = _simulate(customers, HISTORY)
    measure(f"{_kedro(customers, HISTORY)} --pipelines ingestion", place / "logs" / "ingestion.log")
    runs: Mapping[int, list[Measurement]] = {dates: [] for dates in DATES}
    for _ in range(REPETITIONS):
        for dates, found in runs.items():
            shutil.rmtree(PROJECT / place / "04_feature", ignore_errors=True)
            log = place / "logs" / f"{dates}_dates.log"
            found.append(measure(dates_command(customers, dates), log))
    return {dates: take_median(found) for dates, found in runs.items()}


def _measure_customers(customers: int) -> dict[str, Measurement]:
    place = _simulate(customers, WEEKS)
    return {
        name: measure(command, place / "logs" / f"{name.split(',')[0]}.log")
        for name, command in customer_commands(customers).items()
    }


def _simulate(customers: int, weeks: int) -> Path:
    """Make the raw tables of an operator anew; return its folder."""
    place = _find_place(customers, weeks)
    shutil.rmtree(PROJECT / place, ignore_errors=True)
    configure(place, registry=PLACE)
    measure(_simulation_command(customers, weeks), place / "logs" / "simulation.log")
    return place


def _simulation_command(customers: int, weeks: int) -> str:
    first = END - timedelta(weeks=weeks)
    return (
        f"{_kedro(customers, weeks)} --pipelines simulation --params simulation.customers="
        f"{customers},simulation.first_day={first},simulation.weeks={weeks}"
    )


def _find_place(customers: int, weeks: int) -> Path:
    return PLACE / f"{customers}_customers_{weeks}_weeks"


def _kedro(customers: int, weeks: int) -> str:
    return f"kedro run --conf-source {_find_place(customers, weeks)}/conf"


def _list_commands(results: Results) -> list[str]:
    few, many = results.many
    return [
        _simulation_command(results.customers, HISTORY),
        f"{_kedro(results.customers, HISTORY)} --pipelines ingestion",
        *(dates_command(results.customers, dates) for dates in DATES),
        "",
        f"# at {few:,} customers; the same at {many:,}",
        _simulation_command(few, WEEKS),
        *customer_commands(few).values(),
    ]


if __name__ == "__main__":
    main()
