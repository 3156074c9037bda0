"""Write the rows of drawn keys to Parquet files, in batches, and count all others.

In: tables, the drawn keys, all known keys. Out: Parquet files, and a `Cut`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from kedro_asof.deliveries.folder import DELIVERED_IN, Deliveries, as_deliveries
from kedro_asof.engines.engine import BATCH_ROWS
from kedro_asof.sampling.draw import KEY, Draw, bring, list_keys
from kedro_asof.windows.point_in_time import LOADED_AT

Prepare = Callable[[ir.Table], ir.Table]


class Cut(NamedTuple):
    """The rows of a table, counted; `written` are those of the drawn keys, `size` their bytes."""

    rows: int
    unknown: int
    written: int
    size: int


@dataclass(frozen=True)
class Cutter:
    """Cuts tables down to the rows of drawn keys.

    Attributes:
        draw: The drawn keys.
        known: All known keys, the column `KEY`.
    """

    draw: Draw
    known: ir.Table

    def cut(
        self,
        tables: Sequence[ir.Table],
        column: str | None,
        folder: Path,
        prepare: Prepare,
    ) -> Cut:
        """Write the rows of the drawn keys, one file a table.

        Args:
            tables: Parts of a table, such as deliveries with other columns.
            column: The column with the key; None writes all rows.
            folder: The folder for the files; it is created. An empty part gets no file.
            prepare: Changes the columns of the rows to write.
        """
        folder.mkdir()
        cuts = [
            self._cut_part(rows, column, folder / f"sample-{number:05d}.parquet", prepare)
            for number, rows in enumerate(tables)
        ]
        return Cut(*map(sum, zip(*cuts, strict=True)))

    def _cut_part(self, rows: ir.Table, column: str | None, file: Path, prepare: Prepare) -> Cut:
        written = _write(prepare(self._choose(rows, column)), file)
        size = file.stat().st_size if written else 0
        if not written:
            file.unlink()
        unknown = 0 if column is None else self._count_unknown(rows, column)
        return Cut(rows.count().to_pyarrow().as_py(), unknown, written, size)

    def _choose(self, rows: ir.Table, column: str | None) -> ir.Table:
        if column is None:
            return rows
        keys = ibis.memtable({KEY: list(self.draw.keys)}, schema={KEY: "string"})
        return rows.semi_join(keys, rows[column].cast("string") == keys[KEY])

    def _count_unknown(self, rows: ir.Table, column: str) -> int:
        unknown = list_keys(rows, column).anti_join(bring(self.known, rows), KEY)
        return unknown.count().to_pyarrow().as_py()


def open_tables(raw: Deliveries | ir.Table, is_stamped: bool = False) -> list[ir.Table]:
    """Open all deliveries: those with the same columns are one table.

    Args:
        raw: The deliveries, or a table.
        is_stamped: Whether rows without `LOADED_AT` get the time when their file was last changed,
            because a copy of the file is younger.
    """
    deliveries = as_deliveries(raw)
    opened = deliveries.open([file.name for file in deliveries.files]).values()
    stamped = [_stamp(rows, deliveries) if is_stamped else rows for rows in opened]
    return [rows.drop(DELIVERED_IN) for rows in stamped]


def _stamp(rows: ir.Table, deliveries: Deliveries) -> ir.Table:
    if LOADED_AT in rows.columns:
        return rows
    times = [
        (file.name, datetime.fromtimestamp(file.modified_ns / 1e9, UTC))
        for file in deliveries.files
    ]
    at = ibis.memtable(times, schema={DELIVERED_IN: "string", LOADED_AT: "timestamp('UTC')"})
    return rows.inner_join(at, DELIVERED_IN)


def _write(rows: ir.Table, file: Path) -> int:
    """Write rows with one batch in memory; return their number."""
    batches = rows.to_pyarrow_batches(chunk_size=BATCH_ROWS)
    written = 0
    with pq.ParquetWriter(file, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            written += len(batch)
    return written
