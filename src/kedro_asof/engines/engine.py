"""An engine that is told by its options, reads files by itself and leaves Python code to us."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from joblib import cpu_count

BatchFunction = Callable[[pa.RecordBatch], pa.RecordBatch]

BATCH_ROWS = 100_000
ROW_GROUP = 122_880  # rows; DuckDB would hold half a million for each thread before it writes


class Engine:
    """DuckDB's ways, which others share."""

    # A CSV has no types, and its reader decides the type of each column.
    read_arguments: Mapping[str, Mapping[str, Any]] = {"csv": {"all_varchar": True}}

    def connect(self, connection: Mapping[str, Any]) -> ibis.BaseBackend:
        """Connect by what ibis has for this backend."""
        options = dict(connection)
        return getattr(ibis, options.pop("backend")).connect(**options)

    def read_partitions(
        self,
        connection: ibis.BaseBackend,
        files: Sequence[str],
        root: Path,  # noqa: ARG002  (DuckDB takes each part of a path as it is, Spark does not)
    ) -> ir.Table:
        """Read Parquet files, with the columns that their folders below `root` name."""
        return connection.read_parquet(list(files), hive_partitioning=True)

    def write_partitions(
        self, connection: ibis.BaseBackend, rows: ir.Table, folder: Path, column: str
    ) -> None:
        """Write Parquet files, in a folder for each value of `column`, which they do not hold."""
        connection.raw_sql(f"SET partitioned_write_flush_threshold = {ROW_GROUP}")
        connection.to_parquet(rows, folder, partition_by=column)

    def map_batches(
        self, rows: ir.Table, function: BatchFunction, schema: pa.Schema, batch_rows: int | None
    ) -> ir.Table | pa.RecordBatchReader:
        """Let the rows stream through this process: memory follows `batch_rows`, not the table.

        Each core works on a batch of its own.
        """

        def stream() -> Iterator[pa.RecordBatch]:
            """Ask the engine at the first read."""
            batches = rows.to_pyarrow_batches(chunk_size=batch_rows or BATCH_ROWS)
            yield from _map_side_by_side(function, batches, cpu_count())

        return pa.RecordBatchReader.from_batches(schema, stream())


def _map_side_by_side(
    function: BatchFunction, batches: Iterable[pa.RecordBatch], threads: int
) -> Iterator[pa.RecordBatch]:
    """Give results in order, with one batch a thread on its way however slow the reader is.

    `joblib.Parallel` as a generator reads on while its results are not taken (joblib 1.5), as does
    `Executor.map` before Python 3.14.
    """
    ahead: deque[Future[pa.RecordBatch]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            ahead.append(pool.submit(function, batch))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
