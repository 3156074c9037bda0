"""The default engine: DuckDB, and other ibis backends that do not run Python code."""

import atexit
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from joblib import cpu_count

from kedro_asof.errors import mark_message


@ibis.udf.scalar.builtin(name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp"))  # type: ignore[untyped-decorator]
def _to_local(zone: str, instant: ibis.Value) -> ibis.Value:
    """Convert an instant to the local time of a zone; DuckDB and PostgreSQL have this function."""


@ibis.udf.scalar.builtin(name="timezone", signature=(("string", "timestamp"), "timestamp('UTC')"))  # type: ignore[untyped-decorator]
def _from_local(zone: str, local: ibis.Value) -> ibis.Value:
    """Convert the local time of a zone to an instant; DuckDB and PostgreSQL have this function."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="error", signature=(("string",), "float64")
)
def _error(message: str) -> ibis.Value:
    """Stop the query with a message; DuckDB and BigQuery have this function."""


BatchFunction = Callable[[pa.RecordBatch], pa.RecordBatch]

BATCH_ROWS = 100_000
ROW_GROUP = 122_880  # rows; by default DuckDB holds half a million per thread before it writes


class Engine:
    """The operations on DuckDB, which other backends share."""

    # A CSV has no types: its columns are read as text, and nodes cast them.
    # Rows that begin with # are rows, which DuckDB would take for comments.
    read_arguments: Mapping[str, Mapping[str, Any]] = {"csv": {"all_varchar": True, "comment": ""}}

    def connect(self, connection: Mapping[str, Any]) -> ibis.BaseBackend:
        """Connect through the `connect` function of the ibis backend."""
        options = dict(connection)
        backend = getattr(ibis, options.pop("backend")).connect(**options)
        atexit.register(backend.disconnect)  # removes the files that DuckDB has spilled
        return backend

    def read_partitions(
        self,
        connection: ibis.BaseBackend,
        files: Sequence[str],
        root: Path,  # noqa: ARG002  (only Spark needs the root of the partition folders)
    ) -> ir.Table:
        """Read Parquet files, and add the columns that their folders below `root` name."""
        return connection.read_parquet(list(files), hive_partitioning=True)

    def write_partitions(
        self, connection: ibis.BaseBackend, rows: ir.Table, folder: Path, column: str
    ) -> None:
        """Write Parquet files without `column`, in one folder per value of `column`."""
        connection.raw_sql(f"SET partitioned_write_flush_threshold = {ROW_GROUP}")
        connection.to_parquet(rows, folder, partition_by=column)

    def to_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the local time in a zone; a time without a zone is taken as it is."""
        return _to_local(zone, at) if at.type().timezone else at

    def from_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the instant of a local time in a zone; a time with a zone is taken as it is."""
        return at if at.type().timezone else _from_local(zone, at)

    def stop_query(self, message: str) -> ir.FloatingValue:
        """Return a value that stops the query with a message if a row needs it."""
        return _error(mark_message(message))

    def map_batches(
        self, rows: ir.Table, function: BatchFunction, schema: pa.Schema, batch_rows: int | None
    ) -> ir.Table | pa.RecordBatchReader:
        """Stream the rows through this process, with one batch per core.

        Memory depends on `batch_rows`, not on the size of the table.
        """

        def stream() -> Iterator[pa.RecordBatch]:
            """Run the query at the first read."""
            batches = rows.to_pyarrow_batches(chunk_size=batch_rows or BATCH_ROWS)
            yield from _map_side_by_side(function, batches, cpu_count())

        return pa.RecordBatchReader.from_batches(schema, stream())


def _map_side_by_side(
    function: BatchFunction, batches: Iterable[pa.RecordBatch], threads: int
) -> Iterator[pa.RecordBatch]:
    """Yield results in order, with at most one batch per thread in progress or waiting.

    The generators of `joblib.Parallel` (joblib 1.5) and of `Executor.map` (before Python 3.14)
    read ahead without limit while the caller is slow.
    """
    ahead: deque[Future[pa.RecordBatch]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            ahead.append(pool.submit(function, batch))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
