"""The Spark engine: a session from options, and Python code in the executors."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from kedro_asof.engines.engine import BatchFunction, Engine, explain_missing
from kedro_asof.errors import InputError, mark_message


@ibis.udf.scalar.builtin(name="typeof", signature=(("timestamp",), "string"))  # type: ignore[untyped-decorator]
def _typeof(at: ibis.Value) -> ibis.Value:
    """Return `timestamp`, an instant, or `timestamp_ntz`; ibis has one type for both."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="convert_timezone", signature=(("string", "string", "timestamp"), "timestamp")
)
def _convert(source: str, target: str, at: ibis.Value) -> ibis.Value:
    """Convert a local time between zones; takes an instant as local time in the session's zone."""


@ibis.udf.scalar.builtin(name="to_utc_timestamp", signature=(("timestamp", "string"), "timestamp"))  # type: ignore[untyped-decorator]
def _to_instant(at: ibis.Value, zone: str) -> ibis.Value:
    """Convert a local time to an instant."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="raise_error", signature=(("string",), "float64")
)
def _raise_error(message: str) -> ibis.Value:
    """Stop the query with a message."""


class ExecutorError(RuntimeError):
    """Python code that runs in Spark's executors raised an error."""


class SparkEngine(Engine):
    """The operations on Spark. PySpark is optional, and therefore imported on first use."""

    read_arguments: Mapping[str, Mapping[str, Any]] = {"csv": {"inferSchema": False}}

    def connect(self, connection: Mapping[str, Any]) -> ibis.BaseBackend:
        """Start a session with the options of the connection, or return the existing session.

        Raises:
            InputError: When PySpark is not installed.
        """
        try:
            from pyspark.sql import SparkSession  # noqa: PLC0415
        except ImportError as error:
            raise explain_missing("pyspark") from error
        # Without it, the workers take the first python3 on the PATH.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        options = {name: value for name, value in connection.items() if name != "backend"}
        session = SparkSession.builder.config(map=options).getOrCreate()
        return ibis.pyspark.connect(session)

    def read_partitions(
        self, connection: ibis.BaseBackend, files: Sequence[str], root: Path
    ) -> ir.Table:
        """Read Parquet files, and add the columns that their folders below `root` name."""
        frame = _session().read.option("basePath", str(root)).parquet(*files)
        return _table(connection, frame)

    def read_files(
        self,
        connection: ibis.BaseBackend,
        files: Sequence[str],
        path_column: str,
        has_partitions: bool = False,
    ) -> ir.Table:
        """Read Parquet files of the same columns, with the path of the file of each row.

        Raises:
            InputError: When the names of folders would become columns.
        """
        from pyspark.sql.functions import col, regexp_replace, url_decode  # noqa: PLC0415

        if has_partitions:
            raise InputError(
                f"Cannot read {files[0]} on Spark: its folders name columns. Write these columns "
                "into the files, or deliver the files without such folders."
            )
        frame = _session().read.parquet(*files)
        path = regexp_replace(url_decode(col("_metadata.file_path")), "^file:(//)?", "")
        return _table(connection, frame.select("*", path.alias(path_column)))

    def write_partitions(
        self, connection: ibis.BaseBackend, rows: ir.Table, folder: Path, column: str
    ) -> None:
        """Write Parquet files without `column`, in one folder per value of `column`.

        Raises:
            ExecutorError: When Python code in an executor raised an error.
        """
        from pyspark.errors import PythonException  # noqa: PLC0415

        try:
            connection.to_parquet(rows, folder, partitionBy=column)
        except PythonException as error:
            # Spark's message is a whole stack trace; its last line is the error.
            raise ExecutorError(str(error).strip().splitlines()[-1]) from error

    def to_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the local time in a zone; a time without a zone is taken as it is."""
        # ibis sets the zone of the session to UTC.
        is_instant = _typeof(at) == "timestamp"
        return _convert("UTC", ibis.ifelse(is_instant, zone, "UTC"), at)

    def from_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the instant of a local time in a zone; a time with a zone is taken as it is."""
        is_instant = _typeof(at) == "timestamp"
        return _to_instant(at, ibis.ifelse(is_instant, "UTC", zone))

    def stop_query(self, message: str) -> ir.FloatingValue:
        """Return a value that stops the query with a message if a row needs it."""
        return _raise_error(mark_message(message))

    def map_batches(
        self, rows: ir.Table, function: BatchFunction, schema: pa.Schema, batch_rows: int | None
    ) -> ir.Table | pa.RecordBatchReader:
        """Run `function` in the executors, where the rows are."""
        connection, session = rows.get_backend(), _session()
        if batch_rows is not None:
            session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", batch_rows)
        view = ibis.util.gen_name("rows")
        connection.create_view(view, rows)
        result_type = session.createDataFrame(schema.empty_table()).schema

        def map_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            return map(function, batches)

        return _table(connection, session.table(view).mapInArrow(map_partition, result_type))


def _session() -> Any:
    from pyspark.sql import SparkSession  # noqa: PLC0415

    return SparkSession.builder.getOrCreate()


def _table(connection: ibis.BaseBackend, frame: Any) -> ir.Table:
    view = ibis.util.gen_name("frame")
    frame.createOrReplaceTempView(view)
    return connection.table(view)
