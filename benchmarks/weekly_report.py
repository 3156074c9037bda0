"""Writes the page of the weekly benchmark. In: results. Out: weekly.md and weekly.svg."""

from pathlib import Path

from benchmarks.page import Page, tabulate
from benchmarks.weekly_inputs import LONG, SHORT, Operator, simulation_command
from benchmarks.weekly_plot import draw
from benchmarks.weekly_targets import (
    BASELINE,
    BASELINE_ALL,
    CONTENDERS,
    FIRST,
    WEEKLY,
    Results,
    list_targets,
)

LIBRARIES = ("kedro", "ibis-framework", "duckdb", "deltalake", "pyarrow")
COMPARED = f"""\
For operators who ask what a weekly delivery costs. This page measures ingestion only; features and
scoring are not in it.

- *First load* is `kedro run --pipelines ingestion` of a history of {LONG} weeks, with nothing
  ingested before. The sample operator has its default errors: duplicates, impossible values,
  unknown customers.
- *New week* is the same command after one more file has arrived for each event table: usage,
  invoices, contacts, cancellations. Customers and subscriptions are delivered whole each time, and
  those of the new week come with it.
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
            "## A new week",
            _tabulate_weekly(results),
        ],
        targets=list_targets(results),
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
    ours = f"kedro run --conf-source {operator.place}/conf --pipelines ingestion"
    by_hand = f"python -m benchmarks.ingestion_duckdb {operator.raw} {operator.by_hand}"
    return {BASELINE: by_hand, FIRST: ours, WEEKLY: ours, BASELINE_ALL: by_hand}


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
            rows += [
                f"{start} {name} | {_show(results, operator, name, FIRST)} |"
                for name in CONTENDERS
                if name != BASELINE
            ]
    names = ("customers:", "weeks:", "usage rows:", "new rows:", "", "wall s:")
    times = ("against first load:", "work s:", "against first load:", "peak MiB:")
    return tabulate((*names, *times), rows)


def _show(results: Results, operator: Operator, name: str, other: str) -> str:
    found, compared = results.runs[operator][name], results.runs[operator][other]
    return (
        f"{found.wall:.1f} | {found.wall / compared.wall:.2f} x | {found.worked:.1f} | "
        f"{found.worked / compared.worked:.2f} x | {found.peak:,.0f}"
    )
