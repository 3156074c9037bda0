"""Datasets of Kedro for reports in files, which a save replaces as a whole.

Kedro's datasets write into the existing file: a run that is killed then leaves half a report, and
a reader may see it. These write next to it, and rename.
"""

import os
from pathlib import Path, PurePosixPath
from typing import Any

from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import CSVDataset
from kedro_datasets.text import TextDataset

from kedro_asof.datasets.staging import create_staging


class ReplacedFile:
    """Lets the `save` of a dataset write to a staging folder, then replaces the file.

    An object store shows a file only when it is complete, and is left alone.
    """

    _staged: PurePosixPath | None = None

    def save(self, data: Any) -> None:
        """Replace the file; a save that fails leaves it unchanged."""
        if self._protocol != "file":  # type: ignore[attr-defined]
            super().save(data)  # type: ignore[misc]
            return
        path = Path(self._get_save_path())
        with create_staging(path.parent, f".{path.name}.partial-") as staging:
            self._staged = PurePosixPath(staging / path.name)
            try:
                super().save(data)  # type: ignore[misc]
            finally:
                self._staged = None
            os.replace(staging / path.name, path)

    def _get_save_path(self) -> PurePosixPath:
        return self._staged or super()._get_save_path()  # type: ignore[misc]


class CSVFile(ReplacedFile, CSVDataset):  # type: ignore[misc]
    """`pandas.CSVDataset` that replaces its file as a whole."""


class JSONFile(ReplacedFile, JSONDataset):  # type: ignore[misc]
    """`json.JSONDataset` that replaces its file as a whole."""


class TextFile(ReplacedFile, TextDataset):  # type: ignore[misc]
    """`text.TextDataset` that replaces its file as a whole."""
