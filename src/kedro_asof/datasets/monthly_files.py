"""The files of a monthly table: list, read and write them.

In: the folder of a Delta table and a `TableChange`. Out: the actions of one commit.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from deltalake import DeltaTable

from kedro_asof.datasets.delta_log import is_table, open_table, read_commits, replace_advice
from kedro_asof.datasets.partition_files import (
    Action,
    DataFile,
    list_data_files,
    move_to_partition,
)
from kedro_asof.deliveries.change import MONTH, TableChange, add_month
from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.deliveries.log import RowVersions, TableLog
from kedro_asof.engines import find_engine
from kedro_asof.file_errors import UnreadableFileError

PATH = "data_file"  # the column with the file of a row, while files are exchanged
MOST_FILES = 12  # files of one month; above it, they are put together


@dataclass
class RowCounts:
    """The change of the number of rows, by delivered file and by day (ISO 8601)."""

    by_file: Counter[str] = field(default_factory=Counter)
    by_day: Counter[str] = field(default_factory=Counter)

    def count(self, rows: ir.Table, event_date: str, sign: int) -> set[str]:
        """Count rows that come (sign 1) or leave (-1); return the paths of their files."""
        groups = rows.group_by(PATH, DELIVERED_IN, day=rows[event_date]).agg(rows=rows.count())
        paths = set()
        for group in groups.to_pyarrow().to_pylist():
            paths.add(group[PATH])
            self.by_file[group[DELIVERED_IN]] += sign * group["rows"]
            self.by_day[str(group["day"])] += sign * group["rows"]
        return paths


def find_version(folder: Path) -> int:
    """Return the version of a table; -1 if there is none."""
    with _advise(folder):
        return open_table(folder).version() if is_table(folder) else -1


def _advise(folder: Path) -> AbstractContextManager[None]:
    return replace_advice(
        f"Restore {folder} from a backup. If no backup exists, move it away, and run `kedro run "
        "--pipelines ingestion --params ingestion.rebuild=true`: it makes the table anew from its "
        "delivered files, also from withdrawn ones."
    )


def read_log(folder: Path) -> TableLog:
    """Return what the log of a table says of its deliveries; an empty log without a table.

    Raises:
        BrokenLogError: When a commit cannot be read.
        InvalidDataError: When a newer version of the project wrote a commit.
    """
    with _advise(folder):
        if not is_table(folder):
            return TableLog()
        table = open_table(folder)
    return TableLog.of(read_commits(table), table.version(), folder)


def find_row_versions(folder: Path) -> RowVersions:
    """Return the versions that changed rows of a table; none without a table."""
    with _advise(folder):
        if not is_table(folder):
            return RowVersions()
        table = open_table(folder)
    return RowVersions.of(str(table.metadata().id), read_commits(table), folder)


def list_files(folder: Path, version: int | None = None, must_exist: bool = True) -> list[DataFile]:
    """List the files of a version of a table, the newest by default.

    Raises:
        UnreadableFileError: When a file that must exist is missing or has another size.
    """
    with _advise(folder):
        if version is None and not is_table(folder):
            return []
        table = open_table(folder, version)
    files = list_data_files(table, MONTH)
    lost = [each.path for each in files if must_exist and not each.is_complete(folder)]
    if lost:
        raise UnreadableFileError(
            f"Missing or changed file {folder / lost[0]}: {len(lost)} of the {len(files)} files of "
            "the table. Restore them from a backup, or make the table anew with `kedro run "
            "--pipelines ingestion --params ingestion.rebuild=true`."
        )
    return files


def read_files(
    folder: Path, files: Sequence[DataFile], connection: ibis.BaseBackend
) -> ir.Table | None:
    """Return the rows of files, with `data_file`; None without files."""
    if not files:
        return None
    paths = [str(folder / each.path) for each in files]
    return find_engine(connection.name).read_files(connection, paths, PATH)


def read_version(
    folder: Path, connection: ibis.BaseBackend, version: int | None = None
) -> ir.Table:
    """Return the rows of a version of a table, the newest by default, without their month."""
    rows = read_files(folder, list_files(folder, version), connection)
    if rows is not None:
        return rows.drop(PATH)
    schema = pa.schema(open_table(folder, version).schema().to_arrow())
    empty = ibis.memtable(schema.empty_table().drop_columns([MONTH]))
    return connection.create_view(ibis.util.gen_name("empty"), empty)


def apply_change(
    folder: Path, aside: Path, change: TableChange, connection: ibis.BaseBackend, check: Any
) -> tuple[list[Action], RowCounts]:
    """Write the rows of a change to new files of the table, which no commit names yet.

    Args:
        folder: The folder of the table.
        aside: An empty folder on the same file system.
        change: The rows that come and leave.
        connection: The engine that reads and writes.
        check: Called with the written rows that come; raises if they must not be committed.

    Returns:
        The actions of the commit, and the change of the numbers of rows.
    """
    counts = RowCounts()
    current = list_files(folder, must_exist=not change.replaces_all)
    exchanged = current
    if not change.replaces_all:
        exchanged = _find_files_with_leaving_rows(folder, current, change, connection, counts)
        rest = read_files(folder, exchanged, connection)
        if rest is not None:
            stays = add_month(change.remove_leaving(rest.drop(PATH)), change.event_date)
            _write(stays, aside / "rest", connection)
    _write(change.list_added(), aside / "added", connection)
    if added := sorted((aside / "added").rglob("*.parquet")):
        engine = find_engine(connection.name)
        rows = engine.read_files(connection, [str(file) for file in added], PATH)
        check(rows.drop(PATH))
        counts.count(rows, change.event_date, sign=1)
    # Delta's own mode `overwrite` removes all files.
    leaving = [] if change.replaces_all else [each.remove(MONTH) for each in exchanged]
    coming = [move_to_partition(each, folder, MONTH) for each in sorted(aside.rglob("*.parquet"))]
    return [*leaving, *coming], counts


def put_small_files_together(folder: Path) -> None:
    """Make few files of the many small files of a month, and remove files replaced a week ago."""
    months = Counter(each.partition for each in list_files(folder))
    table = DeltaTable(folder)
    for month, files in months.items():
        if files > MOST_FILES and month is not None:
            table.optimize.compact([(MONTH, "=", month)], max_concurrent_tasks=1)
    table.vacuum(dry_run=False, full=True)  # also the files of killed runs


def _find_files_with_leaving_rows(
    folder: Path,
    current: list[DataFile],
    change: TableChange,
    connection: ibis.BaseBackend,
    counts: RowCounts,
) -> list[DataFile]:
    """Return the files that have rows that leave, and count these rows."""
    keys = change.settled_keys
    has_keys = bool(keys.limit(1).count().to_pyarrow().as_py())
    if not has_keys and not change.leaving:
        return []
    candidates = current
    if change.event_date in keys.columns and not change.leaving:
        months = add_month(keys, change.event_date).select(MONTH).distinct().to_pyarrow()
        touched = set(months[MONTH].to_pylist())
        candidates = [each for each in current if each.partition in touched]
    rows = read_files(folder, candidates, connection)
    if rows is None:
        return []
    flagged = change.flag_leaving(rows)
    paths = counts.count(flagged.filter(flagged.is_leaving), change.event_date, sign=-1)
    names = {Path(path).name for path in paths}
    return [each for each in candidates if Path(each.path).name in names]


def _write(rows: ir.Table, folder: Path, connection: ibis.BaseBackend) -> None:
    find_engine(connection.name).write_partitions(connection, rows, folder, MONTH)
