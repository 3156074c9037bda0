"""Ingests the raw tables of an operator with handwritten DuckDB SQL (ingestion_duckdb.sql).

In: the folder of the raw tables, and an output folder, which is replaced. Out: the trusted tables,
those of events with one folder per month; rejected_rows.parquet; the numbers of rows by table and
outcome in counts.parquet.
"""

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from string import Template

import duckdb

SQL = Path(__file__).with_suffix(".sql")
KEYS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "subscriptions": ("customer_id", "valid_from"),
    "usage": ("customer_id", "day"),
    "invoices": ("invoice_id",),
    "contacts": ("contact_id",),
    "cancellations": ("customer_id",),
}
WITH_BLANKS = ("invoices", "contacts")  # tables of which a rule can blank a value
WHOLE_NUMBERS = ("contract_months", "sms_count", "dropped_calls", "outage_minutes", "satisfaction")
FRACTIONS = ("monthly_price", "call_minutes", "data_mb", "amount")
DAYS = (
    *("signed_up_on", "date_of_birth", "valid_from", "contract_started_on", "day"),
    *("issued_on", "due_on", "paid_on", "contacted_on", "resolved_on", "cancelled_on"),
)
TYPES = dict.fromkeys(WHOLE_NUMBERS, "BIGINT") | dict.fromkeys(FRACTIONS, "DOUBLE")
TYPES |= dict.fromkeys(DAYS, "DATE")


def ingest(raw: Path, out: Path) -> None:
    """Write the trusted tables, the rejected rows and the counts."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    connection = duckdb.connect(
        config={
            "memory_limit": "3GB",  # the same as the engine of the pipeline
            "threads": 2,
            "preserve_insertion_order": False,
            "partitioned_write_flush_threshold": 122_880,
            "temp_directory": str(out / "spill"),
        }
    )
    for table in KEYS:
        _check_types(connection, raw, table)
    connection.execute(Template(SQL.read_text()).substitute(raw=raw, out=out))
    rejected = " UNION ALL ".join(map(_select_rejected, KEYS))
    connection.execute(f"COPY ({rejected}) TO '{out}/rejected_rows.parquet' (FORMAT parquet)")
    counts = " UNION ALL ".join(_count_outcomes(raw, table) for table in KEYS)
    connection.execute(f"COPY ({counts}) TO '{out}/counts.parquet' (FORMAT parquet)")


def _check_types(connection: duckdb.DuckDBPyConnection, raw: Path, table: str) -> None:
    """Stop if a column is not of its type; of Parquet files, the schema says this for all rows."""
    files = f"'{raw}/{table}/*.parquet'"
    for name, kind, *_ in connection.execute(f"DESCRIBE FROM {files}").fetchall():
        if kind != TYPES.get(name, "VARCHAR"):
            raise SystemExit(f"{table}.{name} is {kind}, expected {TYPES.get(name, 'VARCHAR')}.")


def _select_rejected(table: str) -> str:
    settled = f"settled_{table}"
    return (
        f"SELECT '{table}' AS \"table\", concat_ws('/', {', '.join(KEYS[table])}) AS key, rule, "
        f"to_json({settled}) AS content FROM {settled} WHERE rule IS NOT NULL"
    )


def _count_outcomes(raw: Path, table: str) -> str:
    outcome = "coalesce(rule, 'blanked_' || blanked)" if table in WITH_BLANKS else "rule"
    return (
        f"SELECT '{table}' AS \"table\", unnest(['kept', 'duplicate']) AS outcome, "
        f"unnest([(SELECT count(*) FROM '{raw}/{table}/*.parquet') - coalesce(sum(copies) - "
        f"count(*) FILTER ({outcome} IS NULL), 0), coalesce(sum(copies - 1), 0)])::BIGINT AS rows "
        f"FROM settled_{table} UNION ALL SELECT '{table}', {outcome}, count(*) "
        f"FROM settled_{table} WHERE {outcome} IS NOT NULL GROUP BY ALL"
    )


if __name__ == "__main__":
    started = time.perf_counter()
    ingest(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"Computed in {time.perf_counter() - started:.2f} sec.")
