"""Datasets for tables in files, and for steps between nodes, in an ibis engine."""

import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from kedro.io import DatasetError
from kedro_datasets._typing import TablePreview
from kedro_datasets.ibis import FileDataset, TableDataset
from pydantic import BaseModel, ValidationError

from kedro_asof.datasets.delivered_files import DeliveredFiles
from kedro_asof.datasets.staging import create_staging
from kedro_asof.delivered_values import ColumnCast, ValueMap, read_values
from kedro_asof.engines import connect, find_engine
from kedro_asof.engines.source_files import SourceFiles, digest_expression, remember_source_files
from kedro_asof.errors import WrongCallError
from kedro_asof.file_errors import UnreadableFileError, find_reason

Model = TypeVar("Model", bound=BaseModel)

logger = logging.getLogger(__name__)

STREAMED = "_streamed"  # marks a folder that a stream wrote and that a stream may replace


class EngineTable(FileDataset):  # type: ignore[misc]
    """`ibis.FileDataset` for tables that other systems deliver and people inspect.

    In addition to `ibis.FileDataset`, it
    - explains in one line what to do when the file does not exist;
    - renames `columns`, casts with `cast` and maps with `values` on load, so that an operator's
      table needs no code;
    - replaces the whole table: a save that fails or is killed leaves the previous table;
    - saves a stream of Arrow batches as one Parquet file, with one batch in memory;
    - saves a stream of Arrow tables as a folder with one Parquet file per table, with one table in
      memory; it never replaces files that a stream did not write;
    - reads a CSV as text: the file has no types, and the reading node decides them. DuckDB reads a
      local CSV strictly, through a Parquet copy in `temp_directory` of the connection: it finds
      the encoding and the delimiter (comma, semicolon, tab or bar), and a broken row is one clear
      `UnreadableFileError`. With `load_args`, it reads it as they say;
    - previews its first rows in Kedro-Viz;
    - with `only_if_changed`, keeps a table that was made by the same query from the same files.
    """

    def __init__(
        self,
        *,
        filepath: str,
        file_format: str = "parquet",
        columns: dict[str, str] | None = None,
        cast: dict[str, Any] | None = None,
        values: dict[str, Any] | None = None,
        missing: str = "Run the pipeline that writes it, or correct its filepath in the catalog.",
        encoding: str | None = None,
        only_if_changed: bool = False,
        **options: Any,
    ) -> None:
        """Point to a table.

        Args:
            filepath: A file, or a folder of Parquet files.
            file_format: `parquet`, `csv`, or another that the engine reads.
            columns: The new column names, each with the name in the file.
            cast: How a column is written, by its new name; see `ColumnCast`.
            values: The project's value by delivered value, by column. A value that is not listed
                gets a mark that no contract accepts.
            missing: The advice at the end of the error when the file does not exist.
            encoding: The encoding of a CSV that is read strictly; None to find it.
            only_if_changed: Whether to keep the table if the same query on the same files made it.
            **options: As for `ibis.FileDataset`.

        Raises:
            WrongCallError: When `cast` or `values` is invalid.
        """
        super().__init__(filepath=filepath, file_format=file_format, **options)
        backend = self._connection_config["backend"]
        self._is_strict = file_format == "csv" and backend == "duckdb" and not self._load_args
        self._files = DeliveredFiles(
            encoding=None if encoding is None else str(encoding),
            copies=self._connection_config.get("temp_directory"),
            is_csv=self._is_strict,
        )
        engine = find_engine(backend)
        self._load_args: dict[str, Any] = {
            **engine.read_arguments.get(file_format, {}),
            **self._load_args,
        }
        self._columns = columns or {}
        self._casts = _parse(ColumnCast, cast, f"cast of {filepath}")
        self._maps = _parse(ValueMap, values, f"values of {filepath}")
        self._missing = missing
        self._only_if_changed = only_if_changed

    def load(self) -> ir.Table:
        """Return the table as an expression, without reading rows.

        Raises:
            UnreadableFileError: When the file does not exist, cannot be read or lacks a column that
                `columns` names.
            WrongCallError: When `cast` or `values` names an unknown column.
        """
        path = str(self._get_load_path())
        finish_replacement(Path(path))
        if not self._exists_function(path):
            raise UnreadableFileError(f"File not found: {path}. {self._missing}")
        return self._adapt(self._open(path), path)

    def _adapt(self, table: ir.Table, path: str) -> ir.Table:
        """Rename, cast and map the columns of a table as its catalog entry says."""
        absent = sorted(set(self._columns.values()) - set(table.columns))
        if absent:
            raise UnreadableFileError(
                f"Missing columns {absent} in {path}: found {list(table.columns)}. Correct "
                "`columns` of its catalog entry, which renames them."
            )
        named = table.rename(self._columns) if self._columns else table
        return self._read_values(named, path) if self._casts or self._maps else named

    def list_columns(self) -> dict[str, str]:
        """Return the type of each column of the loaded table, by its name."""
        return list_types(self.load())

    def _read_values(self, table: ir.Table, path: str) -> ir.Table:
        absent = sorted({*self._casts, *self._maps} - set(table.columns))
        if absent:
            raise WrongCallError(
                f"Unknown columns {absent} in `cast` or `values` of {path}: expected some of "
                f"{list(table.columns)}. Use the names to the left in `columns`."
            )
        return read_values(table, self._casts, self._maps)

    def _open(self, path: str) -> ir.Table:
        if self._is_strict and not self._fs_prefix:
            table = self._files.open(Path(path), self.connection)
        else:
            source = f"{path}/*.{self._file_format}" if Path(path).is_dir() else path
            table = self._read(self._fs_prefix + source)
        if not self._fs_prefix:
            remember_source_files(table, Path(path))
        return table

    def _read(self, source: str) -> ir.Table:
        reader = getattr(self.connection, f"read_{self._file_format}")
        try:
            return reader(source, table_name=self._table_name, **self._load_args)
        except Exception as error:  # engines share no error class, and each error means this
            if isinstance(error, TypeError) or "named parameter" in str(error):
                raise WrongCallError(
                    f"Invalid load_args of {source}: {find_reason(error, source)}. Correct its "
                    "catalog entry."
                ) from error
            raise UnreadableFileError(
                f"Cannot read {source} as {self._file_format}: {find_reason(error, source)}. "
                f"{self._missing}"
            ) from error

    def save(self, data: ir.Table | pa.RecordBatchReader | Iterable[pa.Table]) -> None:
        """Replace the table with an expression, or with a stream of Arrow batches or tables.

        Raises:
            DatasetError: When a stream would replace files that a stream did not write.
        """
        if self._fs_prefix:  # an object store shows a file only when it is complete
            super().save(data)
            return
        path = Path(self._get_save_path())
        is_stream = not isinstance(data, ir.Table | pa.RecordBatchReader)
        if is_stream and path.exists() and not (path / STREAMED).exists():
            raise DatasetError(
                f"Cannot replace {path}: this project did not write it. Leave out the pipeline "
                "that writes it, for example kedro run --pipelines ingestion,training,scoring, or "
                "set another filepath in the catalog."
            )
        finish_replacement(path)
        made_from = digest_expression(data) if self._only_if_changed else None
        if made_from and _was_made_from(path, made_from):
            logger.info("Kept %s: it was made from the same files.", path.name)
            return
        with create_staging(path.parent, f".{path.name}.partial-") as aside:
            self._write(data, aside / path.name)
            _replace(path, aside / path.name)
        if made_from:
            _note(path).write_text(_describe_state(path, made_from))

    def _write(self, data: ir.Table | pa.RecordBatchReader | Iterable[pa.Table], to: Path) -> None:
        if isinstance(data, ir.Table):
            getattr(self.connection, f"to_{self._file_format}")(data, to, **self._save_args)
        elif isinstance(data, pa.RecordBatchReader):
            _write_batches(data, to)
        else:
            _write_parts(data, to)

    @property
    def local_path(self) -> Path | None:
        """The path of the file or folder; None in an object store."""
        return None if self._fs_prefix else Path(self._get_save_path())

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def load_table(self) -> ir.Table:
        """Return all rows, also of a dataset that loads something else."""
        return self.load()

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for Kedro-Viz."""
        frame = self.load_table().limit(nrows).to_pandas().astype(object)
        return TablePreview(frame.where(frame.notna(), None).astype(str).to_dict(orient="split"))


def list_types(table: ir.Table) -> dict[str, str]:
    """Return the type of each column as text, by its name."""
    return {name: str(kind) for name, kind in table.schema().items()}


def _parse(model: type[Model], given: Mapping[str, Any] | None, where: str) -> dict[str, Model]:
    try:
        return {column: model.model_validate(how) for column, how in (given or {}).items()}
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])
        raise WrongCallError(
            f"Invalid {where}: {name or 'value'} {fault['input']!r}: "
            f"{fault['msg'].removeprefix('Value error, ')}. Correct its catalog entry."
        ) from error


def _write_parts(tables: Iterable[pa.Table], folder: Path) -> None:
    folder.mkdir()
    for number, table in enumerate(tables):
        pq.write_table(table, folder / f"part-{number:05d}.parquet", compression="zstd")
    (folder / STREAMED).touch()


def _write_batches(batches: pa.RecordBatchReader, file: Path) -> None:
    with pq.ParquetWriter(file, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _was_made_from(path: Path, made_from: str) -> bool:
    """Return whether the table is as a save left it that had the same digest."""
    try:
        return _note(path).read_text() == _describe_state(path, made_from)
    except OSError:
        return False


def _describe_state(path: Path, made_from: str) -> str:
    return json.dumps([made_from, SourceFiles.of(path).contents])


def _note(path: Path) -> Path:
    return path.with_name(f".{path.name}.made_from")


def _replace(path: Path, partial: Path) -> None:
    """Replace `path` with `partial`: a file in one step, a folder in two."""
    if path.is_dir() or (path.exists() and partial.is_dir()):
        os.rename(path, _aside(path))
    os.replace(partial, path)
    _remove(_aside(path))


def finish_replacement(path: Path) -> None:
    """Restore the previous table if a run was killed between the two steps."""
    if _aside(path).exists() and not path.exists():
        os.rename(_aside(path), path)
    _remove(_aside(path))


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class PreviousTable(EngineTable):
    """`EngineTable` that loads None if the table does not exist."""

    def load(self) -> ir.Table | None:
        """Return the table as an expression; None if it does not exist."""
        return super().load() if self.exists() else None


class EngineStep(TableDataset):  # type: ignore[misc]
    """`ibis.TableDataset` with the connection of `EngineTable`."""

    def describe_place(self) -> None:
        """Return None for trackers: the table ends with the run and has no address."""

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)
