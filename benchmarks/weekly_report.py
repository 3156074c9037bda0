"""Writes the page of the weekly benchmark. In: results. Out: weekly.md and weekly.svg."""

from datetime import timedelta
from pathlib import Path

from benchmarks.page import Page, tabulate
from benchmarks.weekly_inputs import LEAVES, LONG, NEW_WEEK, SHORT, Operator, simulation_command
from benchmarks.weekly_plot import draw
from benchmarks.weekly_targets import (
    BASELINE,
    BASELINE_ALL,
    FIRST,
    FIRST_CYCLE,
    FIRST_SCORES,
    WEEKLY,
    WEEKLY_CYCLE,
    WEEKLY_SCORES,
    Results,
    list_targets,
)

SHOWN = {
    FIRST: [FIRST],
    FIRST_SCORES: [FIRST_SCORES],
    "first cycle": FIRST_CYCLE,
    WEEKLY: [WEEKLY],
    WEEKLY_SCORES: [WEEKLY_SCORES],
    "weekly cycle": WEEKLY_CYCLE,
    BASELINE_ALL: [BASELINE_ALL],
}
DECISION = "../../decisions/0029-what-a-week-costs.md"
LIBRARIES = ("kedro", "ibis-framework", "duckdb", "deltalake", "pyarrow", "lightgbm")
COMPARED = f"""\
For operators who ask what a weekly delivery costs: ingestion, features, scoring and commit.

- *First load* is `kedro run --pipelines ingestion` of a history of {LONG} weeks, with nothing
  ingested before. The sample operator has its default errors: duplicates, impossible values,
  unknown customers.
- *New week* is the same command after one more file has arrived for each event table: usage,
  invoices, contacts, cancellations. Customers and subscriptions are delivered whole each time, and
  those of the new week come with it.
- *Scores* is `kedro run --pipelines scoring` after each of them, for the morning after the last day
  of usage: features, scores, contacts, reasons and the commit. The first time, no tiles are kept;
  after the new week, one is missing. The model has 300 trees of {LEAVES} leaves.
- A *cycle* is ingestion and scores, two processes. The targets compare the cycle of the new week
  with the first one.
- *DuckDB SQL* is written by hand
  ([ingestion_duckdb.sql](../../../benchmarks/ingestion_duckdb.sql)), with the memory limit of this
  project's engine. It applies the same rules, settles repeated keys in the same way, and writes
  rejected rows, counts and trusted tables with one folder per month. It knows no deliveries: after
  a new week it ingests everything again. It writes plain Parquet, without commits, a record of
  each file or a check of what it wrote.

The page is written only if both agree, after the first load and after the new week: on the rows of
every trusted table, and on duplicates, blanked values and rejected rows by table and rule.

The short history has the last {SHORT} of the {LONG} weeks, so that both get the same new week.

Each run is a separate process.

- *Wall* is the time of the whole process.
- *Work* excludes start and imports. The process reports it itself; the targets call it "nodes
  alone".
- *Peak* is the largest resident memory of the process."""


def write_report(results: Results, folder: Path) -> None:
    """Write the page and the plot."""
    folder.mkdir(parents=True, exist_ok=True)
    draw(results, folder / "weekly.svg")
    small = results.small
    Page(
        section="weekly",
        title="Weekly deliveries",
        compared=f"{COMPARED}\n\n{_tell_repetitions(results)}",
        libraries=LIBRARIES,
        tables=[
            "![Time and peak memory of each contender](weekly.svg)",
            f"## First load of {LONG} weeks",
            _tabulate_first(results),
            "## The first cycle, and a new week",
            _tabulate_weekly(results),
        ],
        targets=list_targets(results),
        remark=f"[Decision 29]({DECISION}) explains the missed targets.",
        commands=[
            f"# at {small:,} customers and {LONG} weeks of history; the same at {results.large:,},",
            f"# and with {SHORT} weeks. The section cuts the simulated tables by date.",
            simulation_command(small),
            *dict.fromkeys(list_commands(Operator(small, LONG)).values()),
        ],
        links=("[Features](features.md): what the features of one date cost",),
    ).write(folder)


def list_commands(operator: Operator) -> dict[str, str]:
    """Return the command of each contender."""
    run = f"kedro run --conf-source {operator.place}/conf --pipelines"
    ours, dates = f"{run} ingestion", (NEW_WEEK, NEW_WEEK + timedelta(weeks=1))
    first, weekly = (f"{run} scoring --params as_of={day}" for day in dates)
    by_hand = f"python -m benchmarks.ingestion_duckdb {operator.raw} {operator.by_hand}"
    return {
        BASELINE: by_hand,
        FIRST: ours,
        FIRST_SCORES: first,
        WEEKLY: ours,
        BASELINE_ALL: by_hand,
        WEEKLY_SCORES: weekly,
    }


def _tell_repetitions(results: Results) -> str:
    return (
        f"At {results.small:,} customers, times are medians of three runs, taken in turn, and "
        f"peaks are the\nlargest. At {results.large:,} customers there is one run."
    )


def _tabulate_first(results: Results) -> str:
    rows = []
    for customers in results.sizes:
        operator = Operator(customers, LONG)
        usage, _ = results.rows[operator]
        for name in (FIRST, BASELINE):
            shown = _show(results, operator, name, BASELINE)
            rows.append(f"| {customers:,} | {usage:,} | {name} | {shown} |")
    names = ("customers:", "usage rows:", "", "wall s:", "against SQL:", "work s:")
    return tabulate((*names, "against SQL:", "peak MiB:"), rows)


def _tabulate_weekly(results: Results) -> str:
    rows = []
    for customers in results.sizes:
        for weeks in (LONG, SHORT):
            operator = Operator(customers, weeks)
            history, week = results.rows[operator]
            start = f"| {customers:,} | {weeks} | {history:,} | {week:,} |"
            for name, of_it in SHOWN.items():
                walls, works = (results.add_up(operator, of_it, of) for of in ("wall", "worked"))
                first, first_work = (
                    results.add_up(operator, FIRST_CYCLE, of) for of in ("wall", "worked")
                )
                peak = max(results.runs[operator][each].peak for each in of_it)
                rows.append(
                    f"{start} {name} | {walls:.1f} | {walls / first:.3f} x | {works:.1f} | "
                    f"{works / first_work:.3f} x | {peak:,.0f} |"
                )
    names = ("customers:", "weeks:", "usage rows:", "new rows:", "", "wall s:")
    times = ("against the first cycle:", "work s:", "against the first cycle:", "peak MiB:")
    return tabulate((*names, *times), rows)


def _show(results: Results, operator: Operator, name: str, other: str) -> str:
    found, compared = results.runs[operator][name], results.runs[operator][other]
    return (
        f"{found.wall:.1f} | {found.wall / compared.wall:.2f} x | {found.worked:.1f} | "
        f"{found.worked / compared.worked:.2f} x | {found.peak:,.0f}"
    )
