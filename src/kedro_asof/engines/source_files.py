"""The files that a table was read from, for code that receives only the table."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class SourceFiles:
    """A file or folder, and its state when the table was opened.

    Attributes:
        path: The file or folder.
        contents: Path, size in bytes and modification time in ns of each file.
    """

    path: Path
    contents: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, path: Path) -> "SourceFiles":
        """Record the current state of a file, or of the files in a folder."""
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        stats = [(str(file.relative_to(path.parent)), file.stat()) for file in files]
        return cls(path, tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))


# ibis expressions cannot carry metadata. An entry is removed together with its table.
_sources: WeakKeyDictionary[ops.Node, SourceFiles] = WeakKeyDictionary()


def remember_source_files(table: ir.Table, path: Path) -> None:
    """Record that a table was read from a file or folder, in its current state."""
    _sources[table.op()] = SourceFiles.of(path)


def find_source_files(table: ir.Table) -> SourceFiles | None:
    """Return the files of a table; None for a table in an engine or with renamed columns."""
    return _sources.get(table.op())


def digest_expression(table: ir.Table) -> str | None:
    """Return a digest of what an expression computes, and of the state of the files it reads.

    Returns:
        The same text for the same query on the same files; None if a table is not in files.
    """
    query, read = str(ibis.to_sql(table, dialect="duckdb")), []
    for leaf in table.op().find(ops.PhysicalTable):
        source = _sources.get(leaf)
        if source is None:
            return None
        query = query.replace(leaf.name, str(source.path))  # the engine's name is another each time
        read.append([str(source.path), source.contents])
    return hashlib.sha256(json.dumps([query, sorted(read)]).encode()).hexdigest()


def find_damaged_file() -> Path | None:
    """Return the first Parquet file of the open tables that cannot be read; None if all can.

    It reads every file whole, one row group at a time, and is for use after a query has failed.
    """
    for source in {files.path: files for files in _sources.values()}.values():
        for name, _, _ in source.contents:
            file = source.path.parent / name
            if file.suffix == ".parquet" and not _is_readable(file):
                return file
    return None


def _is_readable(file: Path) -> bool:
    try:
        with pq.ParquetFile(file) as table:
            for group in range(table.num_row_groups):
                table.read_row_group(group)
    except (OSError, pa.ArrowException):
        return False
    return True
