"""Read a sheet of a delivered Excel workbook.

In: an .xlsx file. Out: a Parquet file with the numbers, dates and texts that the cells hold.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import dropwhile, islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kedro_asof.column_names import name_columns
from kedro_asof.file_errors import UnreadableFileError

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

logger = logging.getLogger(__name__)

BATCH_ROWS = 10_000
EXACT = 2**53  # Excel's numbers are float64: whole numbers below it are exact
Row = list[Any]  # cells; '' is an empty one, and one with an error such as #DIV/0!


def convert_sheet(path: Path, target: Path, sheet: str | None = None) -> None:
    """Convert a sheet to a Parquet file; a column of mixed kinds becomes text.

    Args:
        path: A workbook. The first row below the titles of the sheet is the header.
        target: The Parquet file to write.
        sheet: Name of the sheet; None for the first one. The log lists the others.

    Raises:
        UnreadableFileError: When the file is not a workbook, or the sheet is unknown or empty.
    """
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  (few tables are workbooks)

    try:
        with CalamineWorkbook.from_path(path) as workbook:
            rows = _find_sheet(workbook, path, sheet)
            where = f"{path}, sheet {rows.name!r}"
            _write(rows, _read_header(rows, where), where, target)
    except CalamineError as error:
        raise UnreadableFileError(
            f"Cannot read {path} as an Excel workbook: {error}. If it has a password, remove it; "
            "or save the sheet as CSV in UTF-8."
        ) from error


def _find_sheet(workbook: "CalamineWorkbook", path: Path, sheet: str | None) -> "CalamineSheet":
    names = workbook.sheet_names
    if sheet is not None and sheet not in names:
        raise UnreadableFileError(
            f"Unknown sheet {sheet!r} in {path}: expected one of {names}. Correct the sheet."
        )
    if sheet is None and len(names) > 1:
        logger.warning("%s: the sheet %r is read, not %s.", path, names[0], names[1:])
    return workbook.get_sheet_by_name(names[0] if sheet is None else sheet)


def _read_header(sheet: "CalamineSheet", where: str) -> Row:
    titles = list(takewhile(_is_title, _filled_rows(sheet)))
    header = next(dropwhile(_is_title, _filled_rows(sheet)), None)
    if header is None:
        raise UnreadableFileError(f"Invalid table {where}: it is empty. Name another sheet.")
    if titles:
        shown = [cell for row in titles for cell in row if cell != ""]
        logger.warning("%s: rows above the header are skipped: %s.", where, shown)
    return header


def _write(sheet: "CalamineSheet", header: Row, where: str, target: Path) -> None:
    kinds = _find_kinds(_data_rows(sheet))
    used = [column for column, name in enumerate(header) if name != "" or kinds[column]]
    if not kinds:
        raise UnreadableFileError(
            f"Invalid table {where}: it has a header but no rows. Add rows, or name another sheet."
        )
    names = name_columns([_write_text(header[column]) or "" for column in used], where)
    types = [_choose_type(kinds[column]) for column in used]
    rows = _data_rows(sheet)
    with pq.ParquetWriter(target, pa.schema(zip(names, types, strict=True))) as writer:
        while batch := list(islice(rows, BATCH_ROWS)):
            arrays = [
                pa.array(map(_READERS[kind], (row[column] for row in batch)), kind)
                for column, kind in zip(used, types, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, names))


def _filled_rows(sheet: "CalamineSheet") -> Iterator[Row]:
    return (row for row in sheet.iter_rows() if any(cell != "" for cell in row))


def _data_rows(sheet: "CalamineSheet") -> Iterator[Row]:
    return islice(dropwhile(_is_title, _filled_rows(sheet)), 1, None)


def _is_title(row: Row) -> bool:
    return sum(cell != "" for cell in row) == 1 < len(row)


def _find_kinds(rows: Iterator[Row]) -> dict[int, set[str]]:
    """Return the kinds of values in each column that has any."""
    kinds: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        for column, cell in enumerate(row):
            if cell != "":
                kinds[column].add(_name_kind(cell))
    return kinds


def _name_kind(cell: Any) -> str:
    if isinstance(cell, float):
        return "whole" if cell.is_integer() and abs(cell) < EXACT else "real"
    return type(cell).__name__


def _choose_type(kinds: set[str]) -> pa.DataType:
    for fitting, kind in _TYPES.items():
        if kinds and kinds <= set(fitting):
            return kind
    return pa.string()


def _write_text(cell: Any) -> str | None:
    if cell == "":
        return None
    return str(int(cell)) if _name_kind(cell) == "whole" else str(cell)


def _read_time(cell: Any) -> datetime | None:
    if type(cell) is date:
        return datetime(cell.year, cell.month, cell.day)
    return _read_cell(cell)


def _read_cell(cell: Any) -> Any:
    return None if cell == "" else cell


_TYPES: dict[tuple[str, ...], pa.DataType] = {
    ("bool",): pa.bool_(),
    ("whole", "int"): pa.int64(),
    ("whole", "int", "real"): pa.float64(),
    ("date",): pa.date32(),
    ("date", "datetime"): pa.timestamp("us"),
}
_READERS: dict[pa.DataType, Callable[[Any], Any]] = {
    **dict.fromkeys(_TYPES.values(), _read_cell),
    pa.timestamp("us"): _read_time,
    pa.string(): _write_text,
}
