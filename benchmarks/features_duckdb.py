"""The features of one date, hand-written in DuckDB's SQL (features_duckdb.sql).

In: the folder of the primary tables, `as_of`, where to write. Out: one Parquet file.
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
            "memory_limit": "3GB",  # as the pipeline's engine
            "preserve_insertion_order": False,
            "temp_directory": str(out.parent / "spill"),
        }
    )
    # As text: for a parameter DuckDB would first import pandas, which takes longer than the rest.
    connection.execute(f"SET VARIABLE as_of = DATE '{as_of}'")
    query = Template(SQL.read_text()).substitute(data=data)
    connection.execute(f"COPY ({query}) TO '{out}' (FORMAT parquet)")


if __name__ == "__main__":
    started = time.perf_counter()
    compute_features(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
    print(f"Computed in {time.perf_counter() - started:.2f} sec.")
