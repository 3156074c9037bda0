"""Prepares the sample operator for benchmarks, with any number of customers, in its own folder.

In: a number of customers. Out: raw tables from the simulation, and from these the primary tables of
the project and one file per table for the baselines.
"""

from datetime import date, timedelta
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[1]
FIRST_DAY = date(2025, 3, 31)
# Customers sign up and leave during 32 weeks, so they have 181 days of usage on average.
WEEKS = 32
AS_OF = FIRST_DAY + timedelta(weeks=WEEKS)
TABLES = ("customers", "subscriptions", "usage", "invoices", "contacts", "cancellations")
IDENTIFIERS = ("full_name", "email", "phone", "date_of_birth", "postcode")
MESS = ("duplicate_fraction", "impossible_fraction", "unknown_customer_fraction")


def place(customers: int) -> Path:
    """Return the folder of an operator, relative to the project root."""
    return Path("data/benchmark") / str(customers)


def configure(customers: int) -> None:
    """Write a configuration that differs from the project's only in where the data is."""
    conf = PROJECT / place(customers) / "conf"
    (conf / "local").mkdir(parents=True, exist_ok=True)
    if not (conf / "base").exists():
        (conf / "base").symlink_to(PROJECT / "conf" / "base")
    written = {
        "data": place(customers),
        "model_name": "telco_churn_benchmark",
        "as_of": f"'{AS_OF}'",
    }
    lines = [f"{name}: {value}\n" for name, value in written.items()]
    (conf / "local" / "globals.yml").write_text("".join(lines))


def simulation_command(customers: int) -> str:
    """Return the command that makes the raw tables."""
    params = {"customers": customers, "first_day": FIRST_DAY, "weeks": WEEKS}
    params |= {f"mess.{share}": 0 for share in MESS}
    given = ",".join(f"simulation.{name}={value}" for name, value in params.items())
    return (
        f"kedro run --conf-source {place(customers)}/conf --pipelines simulation --params {given}"
    )


def ingestion_command(customers: int) -> str:
    """Return the command that makes the primary tables of this project."""
    return f"kedro run --conf-source {place(customers)}/conf --pipelines ingestion"


def write_plain_tables(customers: int) -> int:
    """Write the clean raw tables as one file each, without direct identifiers, for the baselines.

    Returns:
        The number of rows of usage.
    """
    raw, plain = PROJECT / place(customers) / "01_raw", PROJECT / plain_tables(customers)
    plain.mkdir(exist_ok=True)
    engine = duckdb.connect(config={"preserve_insertion_order": False, "memory_limit": "3GB"})
    for table in TABLES:
        columns = f"* EXCLUDE ({', '.join(IDENTIFIERS)})" if table == "customers" else "*"
        _copy(engine, f"SELECT {columns} FROM '{raw}/{table}/*.parquet'", plain, table)
    (rows,) = engine.execute(f"SELECT count(*) FROM '{plain}/usage.parquet'").fetchone() or (0,)
    return rows


def plain_tables(customers: int) -> Path:
    """Return the folder of the tables that the baselines read, relative to the project root."""
    return place(customers) / "plain_tables"


def _copy(engine: duckdb.DuckDBPyConnection, query: str, folder: Path, table: str) -> None:
    engine.execute(f"COPY ({query}) TO '{folder}/{table}.parquet' (FORMAT parquet)")
