"""A Delta table with the tiles of an event table, one partition per week."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from kedro.io import AbstractDataset
from kedro_datasets._utils import ConnectionMixin

from kedro_asof.datasets.delta_log import open_table, read_commits, replace_advice
from kedro_asof.datasets.monthly_files import find_row_versions
from kedro_asof.datasets.partition_commit import ATTEMPTS
from kedro_asof.datasets.partition_files import (
    Action,
    DataFile,
    commit_actions,
    list_data_files,
    move_to_partition,
)
from kedro_asof.datasets.staging import create_staging
from kedro_asof.engines import connect, find_engine
from kedro_asof.tiles.log import RECORD, TileChange, TileRecord, Tiles, list_made
from kedro_asof.windows.aggregate import WEEK_COLUMN
from kedro_asof.windows.time_buckets import WEEK

STAGING = "_aside_"

logger = logging.getLogger(__name__)


class TileTable(ConnectionMixin, AbstractDataset[TileChange, Tiles]):  # type: ignore[misc]
    """Saves a `TileChange` in one commit; loads `Tiles`, which say which of them are right.

    Tiles are a copy: nothing is lost if the folder is deleted, and the next run makes those that it
    needs. Runs that save at the same time each commit their weeks, and the last commit of a week
    counts. A run that fails or is killed leaves the tiles as they were.
    """

    _CONNECTION_GROUP: ClassVar[str] = "ibis"

    def __init__(
        self,
        *,
        filepath: str,
        events: dict[str, str],
        connection: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to the tiles and to their event table.

        Args:
            filepath: The folder of the tiles.
            events: `filepath`, the folder of the event table, a `MonthlyTable`. Kedro resolves a
                relative path of this name in the project, wherever the command runs.
            connection: `backend`, the ibis engine that reads and writes, and its options.
            metadata: Options of other plugins.
        """
        self._filepath, self._events = filepath, events["filepath"]
        self._connection_config = connection
        self.metadata = metadata

    @property
    def local_path(self) -> Path:
        """The folder of the tiles."""
        return Path(self._filepath).absolute()

    def load(self) -> Tiles:
        """Return the tiles, without reading their rows.

        A tile whose files are gone counts as not made.

        Raises:
            BrokenLogError: When the log of either table cannot be read.
            InvalidDataError: When a newer version of the project wrote the tiles or the events.
        """
        table = self._open()
        made = self._list_made(table)
        files = _list_files(table)
        found = Counter[str]()
        for file in files:
            found[str(file.partition)] += file.rows if file.is_complete(self.local_path) else 0
        lost = [week for week, tile in made.items() if found[str(week)] != tile.rows[str(week)]]
        if lost:
            logger.warning(
                "Files of %s tiles in %s are gone. The next run that needs these tiles makes them.",
                len(lost),
                self._filepath,
            )
        return Tiles(
            {week: tile for week, tile in made.items() if week not in lost},
            find_row_versions(Path(self._events).absolute()),
            lambda weeks: self._read(files, table, weeks),
        )

    def save(self, data: TileChange) -> None:
        """Write the tiles of a change, one batch after another, and commit them."""
        if not data.batches:
            return
        engine = find_engine(self._connection.name)
        rows = dict.fromkeys(map(str, data.weeks), 0)
        with create_staging(self.local_path, STAGING) as aside:
            for weeks, tiles in data.batches.items():
                folder = aside / str(weeks[0])
                engine.write_partitions(self._connection, tiles, folder, WEEK_COLUMN)
            written = sorted(aside.rglob("*.parquet"))
            for file in written:
                name = file.parent.name.removeprefix(f"{WEEK_COLUMN}=")
                rows[name] += pq.read_metadata(file).num_rows
            actions = [move_to_partition(each, self.local_path, WEEK_COLUMN) for each in written]
        schema = next(iter(data.batches.values())).schema().to_pyarrow()
        self._commit(schema, actions, replace(data.record, rows=rows))
        DeltaTable(self.local_path).vacuum(dry_run=False, full=True)  # also files of killed runs

    def list_weeks(self, before: date) -> dict[date, int]:
        """Return the size in bytes of each tile whose week ends before a date, by its week."""
        sizes = Counter[date]()
        for file in _list_files(self._open()):
            week = date.fromisoformat(str(file.partition))
            if week + WEEK <= before:
                sizes[week] += file.size
        return dict(sizes)

    def drop(self, weeks: Sequence[date]) -> None:
        """Remove tiles from the table, and delete their files."""
        if (table := self._open()) is None:
            return
        named, files = {str(week) for week in weeks}, _list_files(table)
        schema = pa.schema(table.schema().to_arrow())
        self._commit(schema, [], TileRecord(dropped=sorted(named)))
        for file in files:
            if file.partition in named:
                (self.local_path / file.path).unlink(missing_ok=True)

    def measure(self) -> dict[str, int]:
        """Return `rows`, `columns` and `file_size` in bytes from the log, without reading rows."""
        if (table := self._open()) is None:
            return {}
        files = _list_files(table)
        return {
            "rows": sum(each.rows for each in files),
            "columns": len(table.schema().fields),
            "file_size": sum(each.size for each in files),
        }

    def _commit(self, schema: pa.Schema, come: Sequence[Action], record: TileRecord) -> None:
        """Replace the tiles that a record names; of another declaration, all of them."""
        named = {*record.rows, *record.dropped}
        for attempt in range(1, ATTEMPTS + 1):
            table = self._open()
            made = self._list_made(table).values()
            others = {tile.declaration for tile in made} - {record.declaration}
            said = replace(record, replaces_all=bool(others) and not record.dropped)
            # Delta's own mode `overwrite` removes all files.
            files = [] if said.replaces_all else _list_files(table)
            leave = [each.remove(WEEK_COLUMN) for each in files if each.partition in named]
            metadata = {RECORD: said.write()}
            try:
                commit_actions(
                    *(self.local_path, table, schema, [*leave, *come], metadata),
                    column=WEEK_COLUMN,
                    replaces_all=said.replaces_all,
                )
            except (CommitFailedError, DeltaError):  # another run committed first
                if attempt == ATTEMPTS:
                    raise
            else:
                return

    def _open(self) -> DeltaTable | None:
        """Open the newest version; None without a commit, also if a first commit was killed."""
        if not DeltaTable.is_deltatable(str(self.local_path)):
            return None
        with replace_advice(
            f"Delete {self.local_path}: the next run makes the tiles that it needs."
        ):
            return open_table(self.local_path)

    def _list_made(self, table: DeltaTable | None) -> dict[date, TileRecord]:
        return list_made(read_commits(table), self.local_path) if table else {}

    def _read(
        self, files: Sequence[DataFile], table: DeltaTable | None, weeks: Sequence[date]
    ) -> ir.Table:
        named = {str(week) for week in weeks}
        paths = [str(self.local_path / each.path) for each in files if each.partition in named]
        if paths:
            engine = find_engine(self._connection.name)
            rows = engine.read_partitions(self._connection, paths, self.local_path)
            return rows.mutate({WEEK_COLUMN: rows[WEEK_COLUMN].cast("date")})
        assert table is not None
        empty = ibis.memtable(pa.schema(table.schema().to_arrow()).empty_table())
        return self._connection.create_view(ibis.util.gen_name("empty"), empty)

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def _exists(self) -> bool:
        return DeltaTable.is_deltatable(str(self.local_path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath)}


def _list_files(table: DeltaTable | None) -> list[DataFile]:
    return list_data_files(table, WEEK_COLUMN) if table else []
