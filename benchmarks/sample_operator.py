"""The operator that benchmarks run on: the sample operator, of any size, in a folder of its own.

In: how many customers. Out: raw tables, made by the simulation, and primary tables, made of these.
"""

from datetime import date, timedelta
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[1]
FIRST_DAY = date(2025, 3, 31)
# Customers sign up and leave on the way: of 32 weeks a customer has 181 days of usage on average.
WEEKS = 32
AS_OF = FIRST_DAY + timedelta(weeks=WEEKS)
TABLES = ("customers", "subscriptions", "usage", "invoices", "contacts", "cancellations")
IDENTIFIERS = ("full_name", "email", "phone", "date_of_birth", "postcode")
MESS = ("duplicate_fraction", "impossible_fraction", "unknown_customer_fraction")


def place(customers: int) -> Path:
    """The folder of an operator, from the project's root."""
    return Path("data/benchmark") / str(customers)


def configure(customers: int) -> None:
    """Write a configuration that is the project's own but for where the data lies."""
    conf = PROJECT / place(customers) / "conf"
    (conf / "local").mkdir(parents=True, exist_ok=True)
    if not (conf / "base").exists():
        (conf / "base").symlink_to(PROJECT / "conf" / "base")
    (conf / "local" / "globals.yml").write_text(
        f"data: {place(customers)}\nmodel_name: telco_churn_benchmark\nas_of: '{AS_OF}'\n"
    )


def simulation_command(customers: int) -> str:
    """What makes the raw tables."""
    params = {"customers": customers, "first_day": FIRST_DAY, "weeks": WEEKS}
    params |= {f"mess.{share}": 0 for share in MESS}
    given = ",".join(f"simulation.{name}={value}" for name, value in params.items())
    return (
        f"kedro run --conf-source {place(customers)}/conf --pipelines simulation --params {given}"
    )


def write_primary_tables(customers: int) -> int:
    """Write primary tables of the raw ones, which are clean: only direct identifiers go.

    Returns:
        The number of rows of usage.
    """
    raw, primary = PROJECT / place(customers) / "01_raw", PROJECT / place(customers) / "03_primary"
    primary.mkdir(exist_ok=True)
    engine = duckdb.connect(config={"preserve_insertion_order": False, "memory_limit": "3GB"})
    for table in TABLES:
        columns = f"* EXCLUDE ({', '.join(IDENTIFIERS)})" if table == "customers" else "*"
        _copy(engine, f"SELECT {columns} FROM '{raw}/{table}/*.parquet'", primary, table)
    days = f"SELECT min(day) AS first_day, max(day) AS last_day FROM '{primary}/usage.parquet'"
    _copy(engine, days, primary, "coverage")
    (rows,) = engine.execute(f"SELECT count(*) FROM '{primary}/usage.parquet'").fetchone() or (0,)
    return rows


def clear_validation_cache(customers: int) -> None:
    """Forget which tables kept their contracts, so that the next run checks all of them."""
    for cache in (PROJECT / place(customers) / "03_primary").glob(".*.kept"):
        cache.unlink()


def _copy(engine: duckdb.DuckDBPyConnection, query: str, folder: Path, table: str) -> None:
    engine.execute(f"COPY ({query}) TO '{folder}/{table}.parquet' (FORMAT parquet)")
