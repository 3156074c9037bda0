"""Writes the page of the features. In: results. Out: features.md and features.svg."""

from pathlib import Path

from benchmarks.features_contenders import (
    ALL_OURS,
    RIVALS,
    TWELVE,
    feature_commands,
    weekly_command,
)
from benchmarks.features_plot import draw
from benchmarks.features_targets import Results, list_targets
from benchmarks.page import Page, tabulate
from benchmarks.sample_operator import WEEKS, simulation_command

DECISION = "../../decisions/0011-features-slower-than-handwritten.md"
LIBRARIES = ("kedro", "ibis-framework", "duckdb", "polars", "pandas", "pyarrow", "numpy")


def write_report(results: Results, folder: Path) -> None:
    """Write tables, targets and a plot."""
    folder.mkdir(parents=True, exist_ok=True)
    draw(results, folder / "features.svg")
    small = results.small
    Page(
        section="features",
        title="Features of one date",
        compared=_introduce(results),
        libraries=LIBRARIES,
        tables=[
            "![Time and peak memory of each contender](features.svg)",
            _tabulate_features(results),
            "More dates, and the sample operator:",
            _tabulate_more(results),
        ],
        targets=list_targets(results),
        remark=f"For what is missed, [decision 11]({DECISION}) says why.",
        commands=[
            f"# at {small:,} customers; again at {results.large:,}, but for the twelve dates",
            simulation_command(small),
            *feature_commands(small).values(),
            weekly_command(small),
        ],
    ).write(folder)


def _introduce(results: Results) -> str:
    days = results.rows[results.small] / results.small
    return f"""The features of `conf/base/parameters/features.yml`, for one date, by this
pipeline and by hand in three other ways: [DuckDB SQL](../../../benchmarks/features_duckdb.sql),
[polars](../../../benchmarks/features_polars.py), lazy and streaming, and
[pandas](../../../benchmarks/features_pandas.py). All read the same Parquet files and write one. There
is no page unless all four tables are equal: same customers, same columns, numbers to 1e-6.

The operator is the sample operator over {WEEKS} weeks. Customers sign up and leave on the way, so a
customer has {days:.0f} days of usage on average. Primary tables are written straight from the raw
ones: ingestion is not measured.

Each run is a process of its own. *Wall* is all of it. *Work* leaves out start and imports, and is
what the process says itself. *This pipeline* is `kedro run` as typed, with MLflow and W&B. *No
plugins* is the same pipeline by Kedro's runner alone
([features_pipeline.py](../../../benchmarks/features_pipeline.py)): reading, contracts, features,
writing, which is what the targets call orchestration excluded. A file that kept its contract is not
checked again for as long as it stays as it is: *tables checked before* is such a run; in all others
of ours every row of every table is checked. The rivals check nothing. Peak is the largest resident
memory of the process. At {results.small:,} customers times are medians of three runs, taken in
turn, and peaks the largest; at {results.large:,} there is one run."""


def _tabulate_features(results: Results) -> str:
    rows = []
    for customers in (results.small, results.large):
        for name in (*ALL_OURS, *RIVALS):
            found = results.features[customers][name]
            rows.append(
                f"| {customers:,} | {results.rows[customers]:,} | {name} | {found.wall:.1f} | "
                f"{found.worked:.1f} | {results.against_fastest(customers, name):.2f} x | "
                f"{found.peak:,.0f} |"
            )
    fastest = "work, to the fastest rival's:"
    names = ("customers:", "usage rows:", "", "wall s:", "work s:", fastest, "peak MiB:")
    return tabulate(names, rows)


def _tabulate_more(results: Results) -> str:
    twelve = results.features[results.small][TWELVE]
    runs = {f"features of twelve weekly dates, {results.small:,} customers": twelve} | {
        f"sample operator of {customers:,} customers": found
        for customers, found in results.simulation.items()
    }
    rows = [
        f"| {name} | {of.wall:.1f} | {of.worked:.1f} | {of.peak:,.0f} |"
        for name, of in runs.items()
    ]
    return tabulate(("", "wall s:", "work s:", "peak MiB:"), rows)
