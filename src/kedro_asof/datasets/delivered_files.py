"""Open the files that others deliver as one table.

In: a file, or a folder of files of one kind. Out: a table in the engine. CSV and Excel files are
read through Parquet copies, so that a broken file ends the run where it is opened.
"""

import atexit
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from kedro_asof.datasets.csv_file import convert_csv
from kedro_asof.datasets.staging import create_staging
from kedro_asof.datasets.workbook import convert_sheet
from kedro_asof.deliveries.files import list_visible
from kedro_asof.engines.source_files import SourceFiles
from kedro_asof.errors import InputError, take_first_line
from kedro_asof.file_errors import UnreadableFileError

CSV = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET = (".parquet",)
WORKBOOK = (".xlsx",)
KINDS = (CSV, PARQUET, WORKBOOK)


@dataclass
class DeliveredFiles:
    """Opens files, and converts them once per process until they change.

    Attributes:
        sheet: The sheet of an Excel workbook; None for the first one.
        encoding: The encoding of CSV files, as Python names it; None to find it.
        copies: The folder for the copies, which the process removes at its end; None for the
            temporary folder of the system.
        is_csv: Whether a file is CSV, whatever its suffix. Only the CSV files of a folder are read.
    """

    sheet: str | None = None
    encoding: str | None = None
    copies: str | None = None
    is_csv: bool = False
    _opened: tuple[SourceFiles, ir.Table] | None = field(default=None, init=False)

    def open(self, path: Path, connection: ibis.BaseBackend) -> ir.Table:
        """Return the table of a file or folder.

        Raises:
            InputError: When the encoding is unknown.
            UnreadableFileError: When a file cannot be read as a table, or the files of a folder
                have different columns.
        """
        _check_encoding(self.encoding)
        state = SourceFiles.of(path)
        if self._opened is None or self._opened[0] != state:
            self._opened = (state, self._open_files(path, connection))
        return self._opened[1]

    def _open_files(self, path: Path, connection: ibis.BaseBackend) -> ir.Table:
        delivered = _list_csv_files(path) if self.is_csv else _list_files(path)
        is_parquet = _has_suffix(delivered[0], PARQUET) and not self.is_csv
        files = delivered if is_parquet else self.convert(delivered, path)
        try:
            _check_same_columns(dict(zip(delivered, files, strict=True)), path)
            return connection.read_parquet(
                [str(file) for file in files],
                union_by_name=True,
                hive_partitioning="=" in str(delivered[0].relative_to(path).parent),
            )
        except UnreadableFileError:
            raise
        except Exception as error:  # engines share no error class, and each error means this
            raise UnreadableFileError(
                f"Cannot read {path} as Parquet: {take_first_line(error)}. Write it again."
            ) from error

    def convert(self, files: list[Path], root: Path) -> list[Path]:
        """Convert CSV or Excel files to Parquet, in the same folders as below `root`.

        Raises:
            InputError: When the encoding is unknown.
            UnreadableFileError: When a file cannot be read as a table; names the file.
        """
        _check_encoding(self.encoding)
        folder = _create_folder(self.copies)
        converted = []
        for file in files:
            target = folder / f"{file.relative_to(root.parent)}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            if _has_suffix(file, WORKBOOK) and not self.is_csv:
                convert_sheet(file, target, self.sheet)
            else:
                convert_csv(file, target, self.encoding)
            converted.append(target)
        return converted


def _create_folder(place: str | None) -> Path:
    """Create a folder that this process removes at its end, or the next one if it is killed."""
    parent = Path(place or tempfile.gettempdir())
    stack = ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(create_staging(parent, "delivered_"))
    folder.chmod(0o700)  # every user of the machine reads the system's temporary folder
    return folder


def _check_encoding(encoding: str | None) -> None:
    try:
        "".encode(encoding or "utf-8")
    except LookupError as error:
        raise InputError(
            f"Unknown encoding {encoding!r}: expected a name such as utf-8, cp1252 or latin-1. "
            "Correct the encoding."
        ) from error


def _check_same_columns(files: dict[Path, Path], root: Path) -> None:
    """Check that files have the same columns, in any order, and none that their folders name.

    Args:
        files: Parquet files by the delivered files whose columns they hold.
        root: The folder of the table, or its file.
    """
    columns = {file: set(pq.read_schema(parquet).names) for file, parquet in files.items()}
    first, expected = next(iter(columns.items()))
    for file, found in columns.items():
        parts = file.relative_to(root).parent.parts
        if both := sorted(found & {part.partition("=")[0] for part in parts if "=" in part}):
            raise UnreadableFileError(
                f"Columns {both} are in {file} and in the names of its folders: expected one of "
                "them. Rename the folders, or drop the columns from the files."
            )
        if found != expected:
            raise UnreadableFileError(
                f"Different columns in {file}: missing {sorted(expected - found)}, extra "
                f"{sorted(found - expected)}, compared with {first}. Give all files of the folder "
                "the same columns."
            )


def _list_csv_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files = [file for file in list_visible(path) if _has_suffix(file, CSV)]
    if not files:
        raise UnreadableFileError(
            f"Invalid table {path}: the folder has no CSV files, expected files that end in one of "
            f"{', '.join(CSV)}. Correct the filepath or `file_format` of its catalog entry."
        )
    return files


def _list_files(path: Path) -> list[Path]:
    """Return the files of a table, in order: all of one kind."""
    if path.is_file():
        files = [path]
    elif (path / "_delta_log").exists():
        raise UnreadableFileError(
            f"Invalid table {path}: it is a Delta table, whose folder also holds removed rows. "
            "Export it to Parquet or CSV."
        )
    else:
        files = list_visible(path)
    for kind in KINDS:
        if files and all(_has_suffix(file, kind) for file in files):
            return files
    found = sorted({"".join(file.suffixes[-2:]) or file.name for file in files})
    raise UnreadableFileError(
        f"Invalid table {path}: found {found}, expected a file .csv, .tsv, .txt (or one of them "
        ".gz), .parquet or .xlsx, or a folder of files of one kind. Save the table in one of these "
        "formats."
    )


def _has_suffix(file: Path, suffixes: tuple[str, ...]) -> bool:
    return file.name.lower().endswith(suffixes)
