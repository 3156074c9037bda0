"""Compares what this project ingested with what the handwritten SQL did.

In: the folder of an operator's data, and the output folder of the SQL. Out: each difference.
"""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

from benchmarks.ingestion_duckdb import KEYS
from benchmarks.weekly_inputs import EVENTS

Counts = dict[tuple[str, str], int]  # by table and outcome


def find_differences(data: Path, by_hand: Path) -> list[str]:
    """List the tables and outcomes whose numbers of rows differ; empty if all are equal.

    Compared are the rows of the trusted tables, the rejected rows by rule, and the reports.
    """
    ours = _count_reported(data / "02_intermediate" / "ingestion_report.csv")
    theirs = _count_reported(by_hand / "counts.parquet")
    ours |= _count_rejected(data / "02_intermediate" / "rejected_rows.parquet")
    theirs |= _count_rejected(by_hand / "rejected_rows.parquet")
    for table in KEYS:
        trusted = data / "03_primary" / table
        rows = _count_delta(trusted) if table in EVENTS else _count(f"{trusted}.parquet")
        ours[table, "trusted"] = rows
        files = f"{table}/*/*.parquet" if table in EVENTS else f"{table}.parquet"
        theirs[table, "trusted"] = _count(f"{by_hand}/{files}")
    return [
        f"{table}, {outcome}: {ours.get((table, outcome), 0):,} rows here, "
        f"{theirs.get((table, outcome), 0):,} by hand"
        for table, outcome in sorted(ours.keys() | theirs.keys())
        if ours.get((table, outcome), 0) != theirs.get((table, outcome), 0)
    ]


def _count_reported(report: Path) -> Counts:
    return _as_counts(f"SELECT \"table\", outcome, rows FROM '{report}'")


def _count_rejected(file: Path) -> Counts:
    return _as_counts(
        f"SELECT \"table\", 'rejected by ' || rule, count(*) FROM '{file}' GROUP BY ALL"
    )


def _as_counts(query: str) -> Counts:
    rows: list[tuple[Any, ...]] = duckdb.sql(query).fetchall()
    return {(table, outcome): count for table, outcome, count in rows}


def _count(files: str) -> int:
    (rows,) = duckdb.sql(f"SELECT count(*) FROM '{files}'").fetchone() or (0,)
    return int(rows)


def _count_delta(folder: Path) -> int:
    """Return the number of rows of the files that the log of a Delta table names."""
    actions = pa.table(DeltaTable(folder).get_add_actions(flatten=True))
    return sum(_count(str(folder / path)) for path in actions["path"].to_pylist())
