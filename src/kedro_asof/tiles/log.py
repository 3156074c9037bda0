"""Which tiles exist, and which of them still are what their rows would give.

In: the commits of a table of tiles and of its event table. Out: the weeks whose tiles can be used.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from kedro_asof.deliveries.log import RowVersions, read_record
from kedro_asof.windows.aggregate import TiledWeeks

RECORD = "tiles"  # the key of our record in the metadata of a commit
FORMAT = 1  # raise it when tiles are computed in another way


@dataclass(frozen=True)
class TileRecord:
    """The metadata of a commit of tiles.

    Attributes:
        declaration: The digest of what the tiles hold; see `digest_tiles`.
        table: The id of the event table.
        version: The version of the event table.
        committed_at: When that version was committed.
        rows: The number of rows of each tile, by the first day of its week (ISO 8601).
        dropped: The weeks whose tiles left (ISO 8601).
        replaces_all: Whether all earlier tiles left.
        format: The version of this record and of the tiles.
    """

    declaration: str = ""
    table: str = ""
    version: int = -1
    committed_at: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    dropped: Sequence[str] = ()
    replaces_all: bool = False
    format: int = FORMAT

    def write(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str, folder: Path) -> "TileRecord":
        """Read a record.

        Raises:
            InvalidDataError: When a newer version of the project wrote it.
        """
        advice = "Update the project, or delete this folder: the next run makes its tiles anew."
        return cls(**read_record(text, FORMAT, folder, advice))


@dataclass(frozen=True)
class Tiles:
    """The tiles of an event table.

    Attributes:
        made: The record of each tile, by the first day of its week.
        rows: The versions of the event table.
        read: Returns the rows of some weeks.
    """

    made: Mapping[date, TileRecord]
    rows: RowVersions
    read: Callable[[Sequence[date]], ir.Table]

    def select_current(self, declaration: str) -> TiledWeeks:
        """Select the tiles that were made of the current rows by a declaration."""
        return TiledWeeks(
            frozenset(
                week
                for week, tile in self.made.items()
                if self._is_current(week, tile, declaration)
            ),
            self.read,
        )

    def _is_current(self, week: date, tile: TileRecord, declaration: str) -> bool:
        return (
            tile.declaration == declaration
            and tile.table == self.rows.table
            and tile.committed_at == self.rows.times.get(tile.version)
            and self.rows.find_last_change(week) <= tile.version
        )


@dataclass(frozen=True)
class TileChange:
    """Tiles to write.

    Attributes:
        batches: The rows of some tiles, by the first days of their weeks.
        record: The metadata of their commit, without their numbers of rows.
    """

    batches: Mapping[tuple[date, ...], ir.Table]
    record: TileRecord

    @property
    def weeks(self) -> list[date]:
        """The first day of the week of each tile."""
        return [week for weeks in self.batches for week in weeks]


def list_made(commits: Iterable[Mapping[str, Any]], folder: Path) -> dict[date, TileRecord]:
    """Return the record of each tile, by the first day of its week.

    Args:
        commits: The metadata of each commit of the tiles, oldest first.
        folder: The folder of the tiles, for messages.
    """
    made: dict[date, TileRecord] = {}
    for commit in commits:
        if RECORD not in commit:
            continue
        record = TileRecord.read(commit[RECORD], folder)
        if record.replaces_all:
            made.clear()
        for week in record.dropped:
            made.pop(date.fromisoformat(week), None)
        made |= {date.fromisoformat(week): record for week in record.rows}
    return made
