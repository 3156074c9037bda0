"""A dataset for a flat table in whatever files a user has."""

import atexit
import codecs
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import ibis.expr.types as ir
import pyarrow.parquet as pq
from kedro.io import DatasetError

from kedro_asof.datasets.csv_file import convert_csv
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.datasets.staging import create_staging
from kedro_asof.datasets.workbook import convert_sheet
from kedro_asof.engines.source_files import SourceFiles
from kedro_asof.errors import InputError, UnreadableFileError, take_first_line

CSV = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET = (".parquet",)
WORKBOOK = (".xlsx",)
KINDS = (CSV, PARQUET, WORKBOOK)


class FlatTable(EngineTable):
    """A table that is only read: a file, or a folder of CSV or of Parquet files.

    - CSV: any delimiter, quote and encoding, plain or gz. Every column is text.
    - Parquet: a folder may have partition folders such as `month=2026-01`, which become columns.
    - Excel (.xlsx): one sheet.

    CSV and Excel are converted to Parquet once per process, in a folder below `temp_directory` of
    the connection, else of the system. The process removes it at its end. A file that cannot be
    read as a table is one clear `UnreadableFileError` when it is loaded. The log states each
    assumption and each changed name.
    """

    def __init__(
        self,
        *,
        filepath: str,
        sheet: str | None = None,
        encoding: str | None = None,
        **options: Any,
    ) -> None:
        """Point to a file or folder.

        Args:
            filepath: A path in the local file system.
            sheet: The sheet of an Excel workbook; None for the first one.
            encoding: The encoding of CSV files, as Python names it; None to find it.
            **options: As for `EngineTable`.
        """
        super().__init__(filepath=filepath, **options)
        self._sheet = None if sheet is None else str(sheet)
        self._encoding = encoding
        self._opened: tuple[SourceFiles, ir.Table] | None = None

    def save(self, data: object) -> NoReturn:  # noqa: ARG002  (the signature of Kedro)
        """Raise an error: a user's file is never replaced.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"Cannot write {self._filepath}: a flat table is only read.")

    def _open(self, path: str) -> ir.Table:
        if self._fs_prefix:
            raise UnreadableFileError(
                f"Invalid path {self._fs_prefix}{path}: expected a local file. Copy the table to "
                "this machine."
            )
        _check_encoding(self._encoding)
        state = SourceFiles.of(Path(path))
        if self._opened is None or self._opened[0] != state:
            self._opened = (state, self._open_files(Path(path)))
        return self._opened[1]

    def _open_files(self, path: Path) -> ir.Table:
        delivered = _list_files(path)
        is_parquet = _has_suffix(delivered[0], PARQUET)
        files = delivered if is_parquet else self._convert(delivered, path)
        try:
            _check_same_columns(dict(zip(delivered, files, strict=True)))
            return self.connection.read_parquet(
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

    def _convert(self, files: list[Path], root: Path) -> list[Path]:
        """Convert files to Parquet, in the same partition folders."""
        folder = _create_folder(self._connection_config.get("temp_directory"))
        converted = []
        for file in files:
            target = folder / f"{file.relative_to(root.parent)}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            if _has_suffix(file, WORKBOOK):
                convert_sheet(file, target, self._sheet)
            else:
                convert_csv(file, target, self._encoding)
            converted.append(target)
        return converted


def _create_folder(place: str | None) -> Path:
    """Create a folder that this process removes at its end, or the next one if it is killed."""
    parent = Path(place or tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True)
    stack = ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(create_staging(parent, "flat_table_"))
    folder.chmod(0o700)  # every user of the machine reads the system's temporary folder
    return folder


def _check_encoding(encoding: str | None) -> None:
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise InputError(
            f"Unknown encoding {encoding!r}: expected a name such as utf-8, cp1252 or latin-1. "
            "Correct the encoding."
        ) from error


def _check_same_columns(files: dict[Path, Path]) -> None:
    """Check that the files of a folder have the same columns, in any order.

    Args:
        files: Parquet files by the delivered files whose columns they hold.
    """
    columns = {file: set(pq.read_schema(parquet).names) for file, parquet in files.items()}
    first, expected = next(iter(columns.items()))
    for file, found in columns.items():
        if found != expected:
            raise UnreadableFileError(
                f"Different columns in {file}: missing {sorted(expected - found)}, extra "
                f"{sorted(found - expected)}, compared with {first}. Give all files of the folder "
                "the same columns."
            )


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
        files = sorted(file for file in path.rglob("*") if _is_visible(file, path))
    for kind in KINDS:
        if files and all(_has_suffix(file, kind) for file in files):
            return files
    found = sorted({"".join(file.suffixes[-2:]) or file.name for file in files})
    raise UnreadableFileError(
        f"Invalid table {path}: found {found}, expected a file .csv, .tsv, .txt (or one of them "
        ".gz), .parquet or .xlsx, or a folder of files of one kind. Save the table in one of these "
        "formats."
    )


def _is_visible(file: Path, folder: Path) -> bool:
    """Return whether a file is data: Spark and others write marks with a dot or underscore."""
    parts = file.relative_to(folder).parts
    return file.is_file() and not any(part.startswith((".", "_")) for part in parts)


def _has_suffix(file: Path, suffixes: tuple[str, ...]) -> bool:
    return file.name.lower().endswith(suffixes)
