"""The default engine: DuckDB, and other ibis backends that do not run Python code."""

import atexit
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from joblib import cpu_count

from kedro_asof.errors import InputError, WrongCallError, mark_message, take_first_line
from kedro_asof.suggestions import describe_unknown


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


def _list_settings() -> list[str]:
    return [name for (name,) in duckdb.sql("SELECT name FROM duckdb_settings()").fetchall()]


BatchFunction = Callable[[pa.RecordBatch], pa.RecordBatch]

CORRECT_ENGINE = "Correct `engine` in globals.yml, or `connection` of the catalog entry."
BATCH_ROWS = 100_000
ROW_GROUP = 122_880  # rows; by default DuckDB holds half a million per thread before it writes


def explain_missing(backend: str) -> InputError:
    """Return the error of an engine whose packages are not installed."""
    java = " Spark also needs Java 17." * (backend == "pyspark")
    return InputError(
        f"Missing packages for the engine {backend!r}. Run `make install` if your project has the "
        f"extra, or add 'ibis-framework[{backend}]' to its dependencies and install them.{java}"
    )


class Engine:
    """The operations on DuckDB, which other backends share."""

    # A CSV has no types: its columns are read as text, and nodes cast them.
    # Rows that begin with # are rows, which DuckDB would take for comments.
    read_arguments: Mapping[str, Mapping[str, Any]] = {"csv": {"all_varchar": True, "comment": ""}}

    def connect(self, connection: Mapping[str, Any]) -> ibis.BaseBackend:
        """Connect through the `connect` function of the ibis backend.

        Raises:
            WrongCallError: When ibis has no such backend, or DuckDB no such option.
            InputError: When the packages of the backend are not installed.
        """
        options = dict(connection)
        name = options.pop("backend")
        try:
            backend = getattr(ibis, name).connect(**options)
        except ImportError as error:
            raise explain_missing(name) from error
        except AttributeError as error:
            known = [each.name for each in entry_points(group="ibis.backends")]
            if name in known:
                raise
            described = describe_unknown("engine", name, known)
            raise WrongCallError(f"{described} {CORRECT_ENGINE}") from error
        except duckdb.Error as error:
            unknown = str(error).rpartition("not recognized: ")[2]
            described = describe_unknown("option of the engine", unknown, _list_settings())
            if unknown == str(error):
                described = f"Invalid option of the engine: {take_first_line(error)}."
            raise WrongCallError(f"{described} {CORRECT_ENGINE}") from error
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

    def read_files(
        self,
        connection: ibis.BaseBackend,
        files: Sequence[str],
        path_column: str,
        has_partitions: bool = False,
    ) -> ir.Table:
        """Read Parquet files of the same columns, with the path of the file of each row.

        Args:
            connection: The engine.
            files: One or more paths.
            path_column: The name of the column with the path.
            has_partitions: Whether the names of folders, such as `region=north`, become columns.
        """
        return connection.read_parquet(
            list(files), filename=path_column, hive_partitioning=has_partitions
        )

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

    def digest(self, text: ir.StringValue) -> ir.StringValue:
        """Return the MD5 of a text in hexadecimal digits, the same on every engine."""
        return text.hexdigest("md5")

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
