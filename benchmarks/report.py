"""Writes the report. In: results. Out: benchmarks.md and benchmarks.svg."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.contenders import ALL_OURS, RIVALS, TWELVE, feature_commands, weekly_command
from benchmarks.plot import draw
from benchmarks.sample_operator import WEEKS, simulation_command
from benchmarks.targets import Results, list_targets

LIBRARIES = ("kedro", "ibis-framework", "duckdb", "polars", "pandas", "pyarrow", "numpy")


def write_report(results: Results, folder: Path) -> None:
    """Write tables, targets and a plot."""
    folder.mkdir(parents=True, exist_ok=True)
    draw(results, folder / "benchmarks.svg")
    parts = [
        _introduce(results),
        "![Time and peak memory of each contender](benchmarks.svg)",
        _tabulate_features(results),
        "## Targets",
        _tabulate_targets(results),
        "For what is missed, a record in [decisions](decisions/) says why and what was tried.",
        "## More dates, and the sample operator",
        _tabulate_more(results),
        "## Commands",
        _list_commands(results),
    ]
    (folder / "benchmarks.md").write_text("\n\n".join(parts) + "\n")
    print((folder / "benchmarks.md").read_text())


def _introduce(results: Results) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    days = results.rows[results.small] / results.small
    return f"""# Benchmarks

Written by `make bench`: do not edit. The features of `conf/base/parameters/features.yml`, for one
date, by this pipeline and by hand in three other ways:
[DuckDB SQL](../benchmarks/features_duckdb.sql), [polars](../benchmarks/features_polars.py), lazy
and streaming, and [pandas](../benchmarks/features_pandas.py). All read the same Parquet files and
write one. There is no report unless all four tables are equal: same customers, same columns,
numbers to 1e-6.

The operator is the sample operator over {WEEKS} weeks. Customers sign up and leave on the way, so a
customer has {days:.0f} days of usage on average. Primary tables are written straight from the raw
ones: ingestion is not measured.

Each run is a process of its own. *Wall* is all of it. *Work* leaves out start and imports, and is
what the process says itself. *This pipeline* is `kedro run` as typed, with MLflow and W&B. *No
plugins* is the same pipeline by Kedro's runner alone
([features_pipeline.py](../benchmarks/features_pipeline.py)): reading, contracts, features, writing,
which is what the targets call orchestration excluded. A file that kept its contract is not checked
again for as long as it stays as it is: *tables checked before* is such a run; in all others of ours
every row of every table is checked. The rivals check nothing. Peak is the largest resident memory
of the process. At {results.small:,} customers times are medians of three runs, taken in
turn, and peaks the largest; at {results.large:,} there is one run.

Measured on {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {_memory():.0f} GiB,
with Python {platform.python_version()}, {versions}."""


def _tabulate_features(results: Results) -> str:
    rows = [
        "| customers | usage rows | | wall s | work s | work, to the fastest rival's | peak MiB |",
        "|--:|--:|---|--:|--:|--:|--:|",
    ]
    for customers in (results.small, results.large):
        for name in (*ALL_OURS, *RIVALS):
            found = results.features[customers][name]
            rows.append(
                f"| {customers:,} | {results.rows[customers]:,} | {name} | {found.wall:.1f} | "
                f"{found.worked:.1f} | {results.against_fastest(customers, name):.2f} x | "
                f"{found.peak:,.0f} |"
            )
    return "\n".join(rows)


def _tabulate_targets(results: Results) -> str:
    rows = ["| target | at most | found | |", "|---|--:|--:|---|"]
    return "\n".join(rows + [target.row for target in list_targets(results)])


def _tabulate_more(results: Results) -> str:
    twelve = results.features[results.small][TWELVE]
    runs = {f"features of twelve weekly dates, {results.small:,} customers": twelve} | {
        f"sample operator of {customers:,} customers": found
        for customers, found in results.simulation.items()
    }
    rows = ["| | wall s | work s | peak MiB |", "|---|--:|--:|--:|"]
    rows += [
        f"| {name} | {of.wall:.1f} | {of.worked:.1f} | {of.peak:,.0f} |"
        for name, of in runs.items()
    ]
    return "\n".join(rows)


def _list_commands(results: Results) -> str:
    small = results.small
    commands = [simulation_command(small), *feature_commands(small).values(), weekly_command(small)]
    return (
        "`make bench` runs all of it; `make bench BENCH_CUSTOMERS=2000` is a small try, reported\n"
        f"in data/benchmark. What it runs at {small:,} customers:\n\n```\n"
        + "\n".join(commands)
        + "\n```"
    )


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
