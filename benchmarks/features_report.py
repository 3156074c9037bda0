"""Writes the page of the features benchmark. In: results. Out: features.md and features.svg."""

from pathlib import Path

from benchmarks.features_contenders import (
    ALL_OURS,
    BASELINES,
    feature_commands,
    week_before_command,
)
from benchmarks.features_plot import draw
from benchmarks.features_targets import Results, list_targets
from benchmarks.page import Page, tabulate
from benchmarks.sample_operator import WEEKS, simulation_command

DECISION = "../../decisions/0011-features-slower-than-handwritten.md"
REMARK = f"""[Decision 11]({DECISION}) explains the missed targets.

## The sample operator"""
LIBRARIES = ("kedro", "ibis-framework", "duckdb", "polars", "pandas", "pyarrow", "numpy")


def write_report(results: Results, folder: Path) -> None:
    """Write the page and the plot."""
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
        ],
        targets=list_targets(results),
        remark=f"{REMARK}\n\n{_tabulate_simulation(results)}",
        commands=[
            f"# at {small:,} customers; the same at {results.large:,}",
            simulation_command(small),
            week_before_command(small),
            *dict.fromkeys(feature_commands(small).values()),
        ],
        links=("[Decision 8](../../decisions/0008-time-buckets.md)",),
    ).write(folder)


def _introduce(results: Results) -> str:
    days = results.rows[results.small] / results.small
    return f"""\
For data scientists who ask what declared, contract-checked features cost. The features of
`conf/base/parameters/features.yml` for one date are computed by this pipeline and by three
handwritten baselines: [DuckDB SQL](../../../benchmarks/features_duckdb.sql),
[polars](../../../benchmarks/features_polars.py) (lazy and streaming) and
[pandas](../../../benchmarks/features_pandas.py). All read the same Parquet files and write one.
The page is written only if all four tables are equal: same customers, same columns, numbers within
1e-6.

The tables are those of the sample operator over {WEEKS} weeks. Customers sign up and leave during
that time, so a customer has {days:.0f} days of usage on average. Primary tables are written
directly from the raw tables; ingestion is not measured.

Each run is a separate process.

- *Wall* is the time of the whole process.
- *Work* excludes start and imports. The process reports it itself.
- *Peak* is the largest resident memory of the process.
- *This pipeline* is `kedro run` with MLflow and W&B, a week after the last run: it finds the
  [tiles](../../concepts/features.md#tiles) of the week before, and makes one more.
- *No plugins* is the same with Kedro's runner alone
  ([features_pipeline.py](../../../benchmarks/features_pipeline.py)): loading, contracts, features
  and saving. The targets call this "orchestration excluded".
- *No tiles yet* is the first run: it makes the tiles of twelve weeks.
- *Without tiles* is a run with `features.tiles: false`: it reads the rows of all weeks.

Ingestion checks every row of an event table once, before its commit. These runs check customers
and subscriptions. The baselines check nothing.

At {results.small:,} customers, times are medians of three runs, taken in turn, and peaks are the
largest. At {results.large:,} customers there is one run."""


def _tabulate_features(results: Results) -> str:
    rows = []
    for customers in (results.small, results.large):
        for name in (*ALL_OURS, *BASELINES):
            found = results.features[customers][name]
            rows.append(
                f"| {customers:,} | {results.rows[customers]:,} | {name} | {found.wall:.1f} | "
                f"{found.worked:.1f} | {results.against_fastest(customers, name):.2f} x | "
                f"{found.peak:,.0f} |"
            )
    fastest = "work, against the fastest baseline:"
    names = ("customers:", "usage rows:", "", "wall s:", "work s:", fastest, "peak MiB:")
    return tabulate(names, rows)


def _tabulate_simulation(results: Results) -> str:
    runs = {
        f"sample operator of {customers:,} customers": found
        for customers, found in results.simulation.items()
    }
    rows = [
        f"| {name} | {of.wall:.1f} | {of.worked:.1f} | {of.peak:,.0f} |"
        for name, of in runs.items()
    ]
    return tabulate(("", "wall s:", "work s:", "peak MiB:"), rows)
