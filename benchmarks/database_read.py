"""Measures three ways to copy a table of PostgreSQL to a Parquet file.

In: the address of a database and the number of rows. Makes the table `benchmark_usage` there and
drops it at the end. Out: seconds, CPU seconds and memory of the process for each way, as a table.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from kedro_asof.datasets.database_table import DatabaseTable

TABLE = "benchmark_usage"
BATCH_ROWS = 100_000
MAKE = f"""create table {TABLE} as select
    'C' || lpad((n % 10000)::text, 9, '0') as customer_id, date '2026-01-01' + n / 10000 as day,
    (n % 977)::float8 / 7 as call_minutes, ((n % 7919)::numeric / 100)::numeric(10, 2) as data_mb,
    n % 13 as sms_count, timestamptz '2026-01-01' + n * interval '1 second' as loaded_at
    from generate_series(1, {{rows}}) n"""


def copy_by_adbc(address: str, file: Path) -> None:
    """Copy with `DatabaseTable`: Arrow ADBC, which reads PostgreSQL's binary COPY."""
    DatabaseTable(table=TABLE, credentials={"con": address}, filepath=str(file)).load()


def copy_by_ibis(address: str, file: Path) -> None:
    """Copy with the PostgreSQL backend of ibis, which reads rows from a cursor of psycopg."""
    rows = ibis.connect(address).table(TABLE)
    with rows.to_pyarrow_batches(chunk_size=BATCH_ROWS) as batches:
        write(batches, file)


def copy_by_psycopg(address: str, file: Path) -> None:
    """Copy with a cursor of psycopg in the server, and Arrow's own conversion of Python rows."""
    with psycopg.connect(address) as connection, connection.cursor("rows", binary=True) as cursor:
        cursor.execute(f"select * from {TABLE}".encode())
        names = [column.name for column in cursor.description or ()]

        def convert() -> Iterator[pa.RecordBatch]:
            while rows := cursor.fetchmany(BATCH_ROWS):
                arrays = [pa.array(values) for values in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names)

        batches = convert()
        first = next(batches)
        with pq.ParquetWriter(file, first.schema, compression="zstd") as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch.cast(first.schema))


WAYS: dict[str, Callable[[str, Path], None]] = {
    "ADBC": copy_by_adbc,
    "ibis": copy_by_ibis,
    "psycopg": copy_by_psycopg,
}


def write(batches: pa.RecordBatchReader, file: Path) -> None:
    """Write batches to a Parquet file, one at a time."""
    with pq.ParquetWriter(file, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def copy(address: str, way: str) -> None:
    """Copy the table in this process and print a row of the table."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        WAYS[way](address, Path(folder) / "copy.parquet")
        seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    more = (after.ru_maxrss - before.ru_maxrss) / 1024
    print(f"| {way} | {seconds:.1f} | {cpu:.1f} | {more:,.0f} |", flush=True)


@contextmanager
def make_table(address: str, rows: int) -> Iterator[None]:
    """Make the table and drop it at the end."""
    with psycopg.connect(address) as connection:
        connection.execute(MAKE.format(rows=rows).encode())
    try:
        yield
    finally:
        with psycopg.connect(address) as connection:
            connection.execute(f"drop table {TABLE}".encode())


def main(address: str, rows: int) -> None:
    """Copy the table in each way, in separate processes."""
    print("| read by | s | CPU s | peak MiB beyond imports |\n|---|--:|--:|--:|", flush=True)
    with make_table(address, rows):
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.database_read", address, way]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    if sys.argv[2].isdigit():
        main(sys.argv[1], int(sys.argv[2]))
    else:
        copy(*sys.argv[1:])
