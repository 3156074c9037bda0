"""Makes flat tables of unusual shapes, as CSV files.

In: a shape. Out: a table of customers with numbers, categories, dates and flags, of which three
columns of numbers decide who churns.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

DECIDING = 3  # columns of numbers that decide, with as much noise
NOISE = 9_999  # the number of a column that no table has
LEVELS = 100_000


@dataclass(frozen=True)
class Shape:
    """The size of a table.

    Attributes:
        name: Name of its file.
        rows: Number of customers.
        columns: Number of columns that may become features.
        levelled: How many of them are categories of up to `LEVELS` values.
        churn_rate: Share of the customers that churned.
    """

    name: str
    rows: int
    columns: int
    levelled: int = 0
    churn_rate: float = 0.2


def make_table(shape: Shape, folder: Path) -> Path:
    """Write the table of a shape, unless it exists; return its file."""
    file = folder / f"{shape.name}.csv"
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    drawn = ", ".join(_draw(column, shape) for column in range(shape.columns))
    risk = " + ".join(f"number_{column}" for column in range(DECIDING))
    churned = f"row_number() OVER (ORDER BY {risk} + {_uniform(NOISE)} * 100 DESC, client)"
    duckdb.sql(
        f"COPY (SELECT *, if({churned} <= {shape.churn_rate * shape.rows}, 'Yes', 'No') AS churned "
        f"FROM (SELECT client, {drawn} FROM (SELECT range AS client FROM range({shape.rows}))) "
        f"ORDER BY client) TO '{file}' (HEADER)"
    )
    return file


def _draw(column: int, shape: Shape) -> str:
    """Write a column as SQL: numbers, and in turn three other kinds."""
    drawn = _uniform(column)
    if column >= shape.columns - shape.levelled:
        return f"'level ' || floor({drawn} * {LEVELS})::INT AS level_{column}"
    if column < DECIDING or column % 2:
        return f"round({drawn} * 100, 2) AS number_{column}"
    return (
        f"'plan ' || floor({drawn} * 8)::INT AS category_{column}",
        f"strftime(DATE '2020-01-01' + floor({drawn} * 2000)::INT, '%d.%m.%Y') AS date_{column}",
        f"if({drawn} < 0.001, 'unknown', round({drawn} * 500, 1)::TEXT) AS amount_{column}",
    )[column // 2 % 3]


def _uniform(column: int) -> str:
    """Write a number from 0 to 1 as SQL, the same on each run."""
    return f"(hash(client * 10000 + {column}) / 18446744073709551616)"
