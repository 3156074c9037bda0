"""A dataset for a flat table in whatever files a user has."""

from pathlib import Path
from typing import Any, NoReturn

import ibis.expr.types as ir
from kedro.io import DatasetError

from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.file_errors import UnreadableFileError


class FlatTable(EngineTable):
    """A table that is only read: a file, or a folder of CSV or of Parquet files.

    - CSV, plain or gz: the delimiter (comma, semicolon, tab or bar), the quote and the encoding are
      found. Every column is text.
    - Parquet: a folder may have partition folders such as `month=2026-01`, which become columns.
    - Excel (.xlsx): one sheet.

    CSV and Excel are converted to Parquet once per process, in the temporary folder of the system
    (`TMPDIR`), so that a look at a table leaves nothing in the project. The process removes the
    copy at its end. A file that cannot be read as a table is one clear `UnreadableFileError` when
    it is loaded. The log states each assumption and each changed name.
    """

    def __init__(self, *, filepath: str, sheet: str | None = None, **options: Any) -> None:
        """Point to a file or folder.

        Args:
            filepath: A path in the local file system.
            sheet: The sheet of an Excel workbook; None for the first one.
            **options: As for `EngineTable`.
        """
        super().__init__(filepath=filepath, **options)
        self._files.sheet = None if sheet is None else str(sheet)
        self._files.copies = None

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
        return self._files.open(Path(path), self.connection)
