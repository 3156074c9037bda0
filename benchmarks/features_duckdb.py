"""Computes the features of one date with handwritten DuckDB SQL (features_duckdb.sql).

In: the folder of the primary tables, `as_of`, the output path. Out: one Parquet file.
"""

import sys
import time
from datetime import date
from pathlib import Path
from string import Template

import duckdb

SQL = Path(__file__).with_suffix(".sql")


def compute_features(data: Path, as_of: date, out: Path) -> None:
    """Write the features of all customers on `as_of`."""
    connection = duckdb.connect(
        config={
            "memory_limit": "3GB",  # the same as the engine of the pipeline
            "preserve_insertion_order": False,
            "temp_directory": str(out.parent / "spill"),
        }
    )
    # A bound parameter would make DuckDB import pandas, which takes longer than the query.
    connection.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
    query = Template(SQL.read_text()).substitute(data=data)
    connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")


if __name__ == "__main__":
    started = time.perf_counter()
    compute_features(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
    print(f"Computed in {time.perf_counter() - started:.2f} sec.")
