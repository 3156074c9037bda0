"""Remembers which file a table was read from, for whoever gets the table and not the file."""

from dataclasses import dataclass
from pathlib import Path

import ibis.expr.operations as ops
import ibis.expr.types as ir

_origins: dict[str, "Origin"] = {}


@dataclass(frozen=True)
class Origin:
    """A file or folder, and what it held when it was opened.

    Attributes:
        path: Where it is.
        contents: Name, size and time of the last change of each file.
    """

    path: Path
    contents: tuple[tuple[str, int, int], ...]

    @classmethod
    def of(cls, path: Path) -> "Origin":
        """Look at a file, or at the files of a folder."""
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        stats = [(file.name, file.stat()) for file in files]
        return cls(path, tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))


def remember_origin(table: ir.Table, path: Path) -> None:
    """Note that a table is what a file holds now."""
    _origins[table.get_name()] = Origin.of(path)


def find_origin(table: ir.Table) -> Origin | None:
    """Find the file of a table; None for what is no file, or one with its columns renamed."""
    source = table.op()
    return _origins.get(source.name) if isinstance(source, ops.PhysicalTable) else None
