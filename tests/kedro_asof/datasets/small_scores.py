"""A score table with few rows, and functions to commit and load it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import pandera.ibis as pandera
import pyarrow as pa

from kedro_asof.contracts.contract import TableContract
from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.date_commit import DateCommit


class Scores(TableContract):
    """One row per customer and `as_of`."""

    customer_id: str
    as_of: date
    churn_probability: float = pandera.Field(ge=0, le=1)
    risk_band: str = pandera.Field(isin=["low", "medium", "high"])
    reason_1: str = pandera.Field(nullable=True)
    reason_1_contribution: float = pandera.Field(nullable=True, gt=0)
    model_version: int = pandera.Field(ge=1)
    run_id: str
    scored_at: datetime

    class Config:
        unique = ["customer_id", "as_of"]  # noqa: RUF012  (Pandera's convention)


SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "as_of": pa.date32(),
        "churn_probability": pa.float64(),
        "risk_band": pa.string(),
        "reason_1": pa.string(),
        "reason_1_contribution": pa.float64(),
        "model_version": pa.int64(),
        "run_id": pa.string(),
        "scored_at": pa.timestamp("us", "UTC"),
    }
)
ENGINE = {"backend": "duckdb", "database": ":memory:"}
ROW: dict[str, Any] = {
    "customer_id": "a",
    "as_of": date(2026, 1, 1),
    "churn_probability": 0.5,
    "risk_band": "high",
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
    table = ibis.memtable(pa.Table.from_pylist(list(rows), SCHEMA))
    return DateCommit(table, LINEAGE, replaces)


def table(path: Path, day: str = "2026-01-01") -> DatedTable:
    return DatedTable(
        filepath=str(path),
        as_of=day,
        connection=ENGINE,
        contract=f"{__name__}.Scores",
    )


def customers(path: Path) -> list[tuple[str, str]]:
    rows = table(path).load().to_pyarrow().to_pylist()
    return sorted((str(row["as_of"]), row["customer_id"]) for row in rows)
