"""A score table with few rows, and functions to commit and load it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa

from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.date_commit import DateCommit
from telco_churn.contracts import SCORES_SCHEMA

ENGINE = {"backend": "duckdb", "database": ":memory:"}
ROW: dict[str, Any] = {
    "customer_id": "a",
    "as_of": date(2026, 1, 1),
    "churn_probability": 0.5,
    "risk_band": "high",
    "expected_value": 1.0,
    "contact": True,
    "holdout": False,
    "reason_1": "x is 1",
    "model_version": 1,
    "run_id": "r",
    "scored_at": datetime(2026, 1, 1, tzinfo=UTC),
}
LINEAGE = {"model": "churn", "model_version": 1, "customers": 2, "histogram": [1, 1]} | {
    "started_at": "2026-01-01T03:00:00+00:00",
    "model_data_fingerprint": None,
}


def commit(*rows: dict[str, Any], replaces: int | None = None) -> DateCommit:
    table = ibis.memtable(pa.Table.from_pylist(list(rows), SCORES_SCHEMA))
    return DateCommit(table, LINEAGE, replaces)


def table(path: Path, day: str = "2026-01-01") -> DatedTable:
    return DatedTable(
        filepath=str(path),
        as_of=day,
        connection=ENGINE,
        contract="telco_churn.contracts.ChurnScores",
    )


def customers(path: Path) -> list[tuple[str, str]]:
    rows = table(path).load().to_pyarrow().to_pylist()
    return sorted((str(row["as_of"]), row["customer_id"]) for row in rows)
