"""An engine that is told by its options, reads files by itself and leaves Python code to us."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from joblib import Parallel, delayed

BatchFunction = Callable[[pa.RecordBatch], pa.RecordBatch]

BATCH_ROWS = 100_000


class Engine:
    """DuckDB's ways, which others share."""

    # A CSV has no types, and whoever reads it decides what each column should be.
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
        connection.to_parquet(rows, folder, partition_by=column)

    def map_batches(
        self, rows: ir.Table, function: BatchFunction, schema: pa.Schema, batch_rows: int | None
    ) -> ir.Table | pa.RecordBatchReader:
        """Let the rows stream through this process: memory follows `batch_rows`, not the table.

        Each core works on a batch of its own, and no more batches are read ahead than that.
        """
        batches = rows.to_pyarrow_batches(chunk_size=batch_rows or BATCH_ROWS)
        cores = Parallel(n_jobs=-1, prefer="threads", return_as="generator", pre_dispatch="n_jobs")
        return pa.RecordBatchReader.from_batches(
            schema, cores(delayed(function)(batch) for batch in batches)
        )
