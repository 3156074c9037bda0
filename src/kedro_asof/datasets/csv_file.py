"""Read a delivered CSV file strictly, as text.

In: a CSV file, plain or gz; its encoding, delimiter and quote are found. Out: a Parquet file of
text columns, so that a broken row stops the run where the file is read and not in a later node.
"""

import csv
import glob
import logging
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from kedro_asof.column_names import name_columns
from kedro_asof.datasets.text_encoding import (
    LONGEST_LINE,
    is_packed,
    make_readable,
    read_lines,
)
from kedro_asof.errors import take_first_line
from kedro_asof.file_errors import UnreadableFileError

logger = logging.getLogger(__name__)

DELIMITERS = ",;\t|"
ROW_GROUP = 20_000  # rows of up to 100 columns; larger groups take more memory and time to compress
SNIFFED = 1_000_000  # values from which the delimiter is found

SNIFF = """
    SELECT Delimiter, Quote, Escape, SkipRows, len(Columns)
    FROM sniff_csv(
        {file}, compression = {packing}, comment = '', header = true, all_varchar = true,
        sample_size = {rows}, hive_partitioning = false
    )
"""
CONVERT = """
    COPY (
        SELECT * FROM read_csv(
            {file}, compression = {packing}, auto_detect = false, all_varchar = true,
            header = true, comment = '', delim = {delimiter}, quote = {quote}, escape = {escape},
            skip = {skip}, columns = {columns}, hive_partitioning = false
        )
    ) TO {target} (FORMAT parquet, ROW_GROUP_SIZE {rows})
"""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file separates its values.

    Attributes:
        delimiter: Between two values.
        quote: Around a value.
        escape: Before a quote in a value.
        skip: Number of lines above the header.
    """

    delimiter: str
    quote: str = '"'
    escape: str = '"'
    skip: int = 0


def convert_csv(path: Path, target: Path, encoding: str | None = None) -> None:
    """Convert a CSV file to a Parquet file of text columns, in memory that does not grow with it.

    Args:
        path: The file; its first line, below a title, is the header.
        target: The Parquet file to write; a copy of the text may be written beside it.
        encoding: The encoding of the file; None to find it.

    Raises:
        UnreadableFileError: When the file has no header, no rows or broken rows, or is not text.
    """
    readable = make_readable(path, target.with_suffix(".csv"), encoding)
    with duckdb.connect() as connection:
        dialect = _find_dialect(connection, path, readable)
        names = name_columns(_read_header(path, readable, dialect), str(path))
        rows = _convert(connection, path, readable, target, dialect, names)
    if readable != path:
        readable.unlink()
    if not rows:
        raise UnreadableFileError(
            f"Invalid table {path}: it has a header but no rows. Add rows, or name another file."
        )


def _find_dialect(connection: duckdb.DuckDBPyConnection, path: Path, readable: Path) -> Dialect:
    place, first = _find_first_line(readable)
    if not first:
        raise UnreadableFileError(f"Invalid table {path}: it is empty. Name another file.")
    if named := re.fullmatch(r'"?sep=(.)"?\s*', first):  # Excel's way to name the delimiter
        return Dialect(named[1], skip=place + 1)
    likely = max(DELIMITERS, key=first.count)
    rows = max(1000, min(20_480, SNIFFED // (first.count(likely) + 1)))
    sniff = SNIFF.format(file=_name(readable), packing=_name_packing(readable), rows=rows)
    try:
        found = connection.execute(sniff).fetchone()
    except duckdb.Error:  # reading with the delimiter of the header says what is wrong
        return Dialect(likely)
    assert found is not None
    delimiter, quote, escape, skip, columns = found
    if columns == 1 and likely in first:  # DuckDB reads ragged rows as one column
        return Dialect(likely)
    above = _read_lines(readable, skip)
    if any(sum(map(bool, map(str.strip, line.split(delimiter)))) > 1 for line in above):
        skip = 0  # these lines are rows, which DuckDB skips because others have more values
    elif _show(above):
        logger.warning("%s: lines above the header are skipped: %s.", path, _show(above))
    # Without quotes in its sample, DuckDB would read later ones as part of the value.
    return Dialect(delimiter, "'" if quote == "'" else '"', "\\" if escape == "\\" else '"', skip)


def _read_header(path: Path, readable: Path, dialect: Dialect) -> list[str]:
    csv.field_size_limit(LONGEST_LINE)
    lines = (line.decode("utf-8-sig") for line in islice(read_lines(readable), dialect.skip, None))
    rows = csv.reader(
        (line for line in lines if line.strip()),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar="\\" if dialect.escape == "\\" else None,
    )
    try:
        return next(rows)
    except csv.Error as error:
        raise UnreadableFileError(
            f"Cannot read the header of {path}: {error}. Close its quotes, or save the table again "
            "as CSV."
        ) from error


def _convert(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    readable: Path,
    target: Path,
    dialect: Dialect,
    names: list[str],
) -> int:
    columns = ", ".join(f"{_quote(name)}: 'VARCHAR'" for name in names)
    query = CONVERT.format(
        file=_name(readable),
        packing=_name_packing(readable),
        delimiter=_quote(dialect.delimiter),
        quote=_quote(dialect.quote),
        escape=_quote(dialect.escape),
        skip=dialect.skip,
        columns=f"{{{columns}}}",
        target=_quote(str(target)),
        rows=max(2048, min(ROW_GROUP, 100 * ROW_GROUP // len(names))),
    )
    try:
        counted = connection.execute(query).fetchone()
    except duckdb.Error as error:
        raise UnreadableFileError(
            f"Cannot read {path} as CSV with delimiter {dialect.delimiter!r}: "
            f"{_explain(str(error))}. Correct the row, or save the table as CSV again."
        ) from error
    return int(counted[0]) if counted else 0


def _explain(message: str) -> str:
    """Return the cause in an error of DuckDB, which has 20 lines."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    where = f"line {line[1]}: " if line else ""
    if counts:
        return f"{where}expected {counts[1]} values as in the header, found {counts[2]}"
    if "unterminated quote" in message:
        return f"{where}a quote is not closed, or text follows a closing quote"
    if "Maximum line size" in message:
        return f"{where}longer than 2 MB, perhaps because a quote is not closed"
    return where + take_first_line(message)


def _find_first_line(file: Path) -> tuple[int, str]:
    """Return the place and the text of the first line that is not blank."""
    lines = enumerate(_read_lines(file, 100))
    return next(((place, line) for place, line in lines if line.strip()), (0, ""))


def _read_lines(file: Path, count: int) -> list[str]:
    return [line.decode("utf-8-sig", "replace") for line in islice(read_lines(file), count)]


def _show(lines: list[str]) -> list[str]:
    return [line.strip()[:60] for line in lines if line.strip()]


def _name(file: Path) -> str:
    return _quote(glob.escape(str(file)))


def _name_packing(file: Path) -> str:
    return _quote("gzip" if is_packed(file) else "none")


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
