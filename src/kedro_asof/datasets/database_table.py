"""Tables of a PostgreSQL database: read into the engine, and rows of a date written back.

Arrow batches stream between the database and files, so that memory does not depend on the size of a
table. The driver is Arrow ADBC, which is optional and therefore imported on first use.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from kedro.io import AbstractDataset, DatasetError

from kedro_asof.datasets.engine_table import EngineTable, list_types
from kedro_asof.engines.engine import BATCH_ROWS
from kedro_asof.errors import InputError, InvalidDataError, take_first_line

# Types that Arrow has too. PostgreSQL writes every other type as text, and the reading node casts
# it. So a `numeric` keeps all digits, and a `char(9)` loses the blanks at its end.
PLAIN = {"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar"}
PLAIN |= {"date", "timestamp", "timestamptz"}
FIRST_DAY, LAST_DAY = -719_162, 2_932_896  # years 1 to 9999, in days since 1970
MICROSECONDS = 86_400_000_000  # per day
# The client repeats an address that it cannot parse, and with it parts of a password.
SAFE_REASON = re.compile(r"connection to server .*")
DRIVER_PREFIX = re.compile(r".*?(?:ERROR:|\[libpq\]) *")
ADDRESS = (
    "Start the server, or correct `con` of its credentials: expected "
    "postgresql://user:password@host:port/database, with special characters percent-encoded, or "
    "postgresql:// and PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD."
)


class Database:
    """A PostgreSQL database.

    Args:
        credentials: `con`, the address of the database.

    Raises:
        InputError: When `con` is missing, or another key is given.
    """

    def __init__(self, credentials: Mapping[str, str]) -> None:
        if set(credentials) != {"con"}:
            raise InputError(
                f"Invalid keys {sorted(credentials)} of credentials: expected ['con']. {ADDRESS}"
            )
        self._con = credentials["con"]

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Open a transaction and yield its cursor; commit at the end, roll back after an error.

        Raises:
            DatasetError: When the server does not answer or refuses a statement.
            InputError: When the driver is not installed.
        """
        try:
            from adbc_driver_postgresql import dbapi  # noqa: PLC0415
        except ImportError as error:
            raise InputError(
                "Missing package adbc-driver-postgresql. Install it: `uv pip install "
                "adbc-driver-postgresql`."
            ) from error
        try:
            connection = dbapi.connect(self._con)
        except dbapi.Error as error:
            found = SAFE_REASON.search(take_first_line(error))
            reason = found[0] if found else "the address or its host name is invalid"
            raise DatasetError(f"Cannot connect to PostgreSQL: {reason}. {ADDRESS}") from None
        with connection, connection.cursor() as cursor:
            try:
                yield cursor
                connection.commit()
            except dbapi.Error as error:
                raise DatasetError(f"PostgreSQL failed: {_find_reason(error)}.") from error


class DatabaseTable(EngineTable):
    """`EngineTable` for a table of a PostgreSQL database that other systems fill.

    A load copies the table to a Parquet file, one batch at a time, and reads the file. It never
    uses an earlier copy. `columns` renames columns as in `EngineTable`.

    Dates, timestamps, booleans, integers, floats and texts keep their types. A column of any other
    type, such as `numeric`, is read as text.
    """

    def __init__(
        self,
        *,
        table: str,
        credentials: dict[str, str],
        filepath: str,
        only: Sequence[str] = (),
        where: str = "",
        **options: Any,
    ) -> None:
        """Point to a table.

        Args:
            table: The name of a table or view, `table` or `schema.table`, in its exact case.
            credentials: `con`, the address of the database.
            filepath: The Parquet file for the copy.
            only: The columns to read, as the database names them; all by default.
            where: An SQL condition for the rows to read; all by default.
            **options: As for `EngineTable`.
        """
        super().__init__(filepath=filepath, **options)
        self._database = Database(credentials)
        self._source, self._only, self._where = table, list(only), where

    def load(self) -> ir.Table:
        """Copy the table and return the copy as an expression.

        Raises:
            DatasetError: When the server does not answer, or lacks the table or a column.
            InvalidDataError: When a date has a year that is not in 1 to 9999.
        """
        with self._database.open() as cursor:
            query = self._write_query(cursor)
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            super().save(pa.RecordBatchReader.from_batches(reader.schema, self._check(reader)))
        return super().load()

    def copy_to(self, file: Path) -> None:
        """Write the copy of later loads to another file, and keep that of the last run."""
        self._filepath = PurePosixPath(file)

    def list_columns(self) -> dict[str, str]:
        """Return the type of each column of the loaded table, by its name, without reading rows."""
        with self._database.open() as cursor:
            cursor.execute(f"{self._write_query(cursor)} limit 0")
            empty = cursor.fetch_arrow_table()
        return list_types(self._adapt(ibis.memtable(empty), self._source))

    def save(self, data: Any) -> None:  # noqa: ARG002
        """Refuse to write: other systems fill the table.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(
            f"Cannot write to {self._source}: a DatabaseTable is only read. Leave out the pipeline "
            "that writes it, for example kedro run --pipelines ingestion,training,scoring."
        )

    def _write_query(self, cursor: Any) -> str:
        kinds = self._find_columns(cursor)
        wanted = self._only or list(kinds)
        if absent := sorted({*wanted, *self._columns.values()} - set(kinds)):
            raise DatasetError(
                f"Missing columns {absent} in {self._source}: found {list(kinds)}. Correct "
                "`columns` and `only` of its catalog entry."
            )
        listed = ", ".join(
            _quote(name) if kinds[name] in PLAIN else f"{_quote(name)}::text as {_quote(name)}"
            for name in wanted
        )
        where = f" where {self._where}" if self._where else ""
        return f"select {listed} from {_quote_table(self._source)}{where}"

    def _find_columns(self, cursor: Any) -> dict[str, str]:
        """Return PostgreSQL's type of each column of the table."""
        _require(cursor, self._source)
        schema = cursor.adbc_execute_schema(f"select * from {_quote_table(self._source)}")
        return {field.name: field.metadata[b"POSTGRESQL:type"].decode() for field in schema}

    def _check(self, batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        """Yield the batches of the driver, which turns `infinity` into a day of the past."""
        try:
            for batch in batches:
                for name in filter(None, map(_find_odd_date, batch.schema, batch.columns)):
                    raise InvalidDataError(
                        f"Invalid date in {self._source}.{name}: expected a year from 1 to 9999, "
                        "found infinity or another year. Leave these rows out with `where`, or the "
                        "column with `only`, in the catalog entry."
                    )
                yield batch
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"Cannot read {self._source}: {_find_reason(error)}.") from error


class DatedDatabaseTable(AbstractDataset[ir.Table, Any]):
    """Writes the rows of a date to a table of a PostgreSQL database, in one transaction.

    A save replaces the rows of its date. The first save creates the table. Until the transaction
    ends, and after a save that fails or is killed, readers see the previous rows. Another save to
    the same table waits.
    """

    def __init__(
        self,
        *,
        table: str,
        as_of: str,
        credentials: dict[str, str],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to a table and to the date of this run.

        Args:
            table: The name of a table, `table` or `schema.table`, in its exact case.
            as_of: The date that a save replaces, YYYY-MM-DD; the table has it in column `as_of`.
            credentials: `con`, the address of the database.
            metadata: Options of other plugins.
        """
        self._database = Database(credentials)
        self._table_name, self._as_of = table, as_of
        self.metadata = metadata

    def save(self, data: ir.Table) -> None:
        """Replace the rows of the date.

        Raises:
            DatasetError: When the server does not answer, or refuses the rows.
        """
        *schema, name = self._table_name.split(".", 1)
        with self._database.open() as cursor:
            mode = "create"
            if _exists(cursor, self._table_name):
                mode, table = "append", _quote_table(self._table_name)
                cursor.execute(f"lock table {table} in share row exclusive mode")
                cursor.execute(f"delete from {table} where as_of = $1", self._day)
            rows = data.to_pyarrow_batches(chunk_size=BATCH_ROWS)
            cursor.adbc_ingest(name, rows, mode, db_schema_name=schema[0] if schema else None)

    def load(self) -> Any:
        """Refuse to read: the table is for other systems.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"Cannot read {self._table_name}: a DatedDatabaseTable is only written.")

    @property
    def _day(self) -> tuple[date]:
        return (date.fromisoformat(self._as_of),)

    def _exists(self) -> bool:
        """Return whether the table has rows of the date; False if the server does not answer."""
        with suppress(DatasetError), self._database.open() as cursor:
            if _exists(cursor, self._table_name):
                table = _quote_table(self._table_name)
                cursor.execute(f"select 1 from {table} where as_of = $1 limit 1", self._day)
                return cursor.fetchone() is not None
        return False

    def _describe(self) -> dict[str, Any]:
        return {"table": self._table_name, "as_of": self._as_of}


def _exists(cursor: Any, table: str) -> bool:
    cursor.execute("select to_regclass($1) is not null", (_quote_table(table),))
    return bool(cursor.fetchone()[0])


def _require(cursor: Any, table: str) -> None:
    if not _exists(cursor, table):
        cursor.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema') order by 1 limit 20"
        )
        raise DatasetError(
            f"Table not found: {table}. Found {[name for (name,) in cursor.fetchall()]}. Correct "
            "`table` of its catalog entry, or the database in `con` of its credentials."
        )


def _find_odd_date(field: pa.Field, column: pa.Array) -> str | None:
    """Return the name of a column with a date that other software cannot represent, else None."""
    if pa.types.is_date32(field.type):
        days, per_day = column.view(pa.int32()), 1
    elif pa.types.is_timestamp(field.type):
        days, per_day = column.view(pa.int64()), MICROSECONDS
    else:
        return None
    first, last = pc.min_max(days).as_py().values()
    is_odd = first is not None and not FIRST_DAY <= first // per_day <= last // per_day <= LAST_DAY
    return field.name if is_odd else None


def _find_reason(error: Exception) -> str:
    return DRIVER_PREFIX.sub("", take_first_line(error), count=1).rstrip(".")


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quote_table(table: str) -> str:
    return ".".join(map(_quote, table.split(".", 1)))
