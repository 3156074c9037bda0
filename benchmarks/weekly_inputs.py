"""Prepares deliveries: operators with a long and a short history, and the files of a new week.

In: a number of customers. Out: raw tables, simulated once with the default mess and cut by date, so
that both operators get the same new week. Customers and subscriptions are delivered whole each
time; those of the new week come with it.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT
from benchmarks.training import configure

PLACE = Path("data/benchmark/weekly")
LONG, SHORT = 78, 26  # weeks of history
LEAVES = 7  # per tree of the model, as in the project
FIRST_DAY = date(2025, 3, 24)
NEW_WEEK = FIRST_DAY + timedelta(weeks=LONG)
NEW_FILE = f"week-{NEW_WEEK}.parquet"
EVENTS: Mapping[str, str] = {
    "usage": "day",
    "invoices": "issued_on",
    "contacts": "contacted_on",
    "cancellations": "cancelled_on",
}
WHOLE: Mapping[str, str] = {"customers": "signed_up_on", "subscriptions": "valid_from"}


@dataclass(frozen=True)
class Operator:
    """An operator with some weeks of history before the new week."""

    customers: int
    weeks: int

    @property
    def place(self) -> Path:
        """The folder of its data and configuration, relative to the project root."""
        return PLACE / str(self.customers) / f"{self.weeks}_weeks"

    @property
    def raw(self) -> Path:
        """The folder of its raw tables."""
        return self.place / "01_raw"

    @property
    def by_hand(self) -> Path:
        """The folder in which the baseline writes."""
        return self.place / "by_hand"


def find_simulated(customers: int) -> Path:
    """Return the folder of the simulated operator, from which both others are cut."""
    return PLACE / str(customers) / "simulated"


def simulation_command(customers: int) -> str:
    """Return the command that makes the raw tables, with the default mess."""
    weeks = LONG + 1
    return (
        f"kedro run --conf-source {find_simulated(customers)}/conf --pipelines simulation --params "
        f"simulation.customers={customers},simulation.first_day={FIRST_DAY},"
        f"simulation.weeks={weeks}"
    )


def simulate(customers: int, keep: bool) -> None:
    """Make the raw tables of all weeks, unless they exist and are to be kept."""
    place = find_simulated(customers)
    record = PROJECT / place / "simulation.json"
    if keep and record.exists():
        return
    shutil.rmtree(PROJECT / place, ignore_errors=True)
    configure(place)
    made: Measurement = measure(simulation_command(customers), place / "simulation.log")
    made.save(record)


def make_history(operator: Operator) -> None:
    """Replace the operator by one with the weeks before the new one, and nothing ingested."""
    shutil.rmtree(PROJECT / operator.place, ignore_errors=True)
    configure(operator.place, registry=PLACE)
    first = NEW_WEEK - timedelta(weeks=operator.weeks)
    for table, day in EVENTS.items():
        _copy_files(operator, table, f"{day} >= DATE '{first}' AND {day} < DATE '{NEW_WEEK}'")
    for table, day in WHOLE.items():
        _copy_files(operator, table, f"{day} < DATE '{NEW_WEEK}'")


def deliver_week(operator: Operator) -> None:
    """Add a file with the new week to each event table; replace the tables delivered whole."""
    for table, day in EVENTS.items():
        _copy(
            f"'{PROJECT / find_simulated(operator.customers)}/01_raw/{table}/*.parquet'",
            f"{day} >= DATE '{NEW_WEEK}'",
            PROJECT / operator.raw / table / NEW_FILE,
        )
    for table in WHOLE:
        _copy_files(operator, table, "true")


def count_usage(operator: Operator) -> tuple[int, int]:
    """Return the rows of usage of the history, and of the new week."""
    files = f"'{PROJECT / operator.raw}/usage/*.parquet'"
    counts = duckdb.sql(
        f"SELECT count(*) FILTER (day < DATE '{NEW_WEEK}'), "
        f"count(*) FILTER (day >= DATE '{NEW_WEEK}') FROM {files}"
    )
    history, week = counts.fetchone() or (0, 0)
    return history, week


def _copy_files(operator: Operator, table: str, condition: str) -> None:
    folder = PROJECT / operator.raw / table
    folder.mkdir(parents=True, exist_ok=True)
    simulated = PROJECT / find_simulated(operator.customers) / "01_raw" / table
    for file in sorted(simulated.glob("*.parquet")):
        _copy(f"'{file}'", condition, folder / file.name)


def _copy(files: str, condition: str, out: Path) -> None:
    duckdb.sql(
        f"COPY (FROM {files} WHERE {condition}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
    )
