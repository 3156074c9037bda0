"""Somebody's table in one file, CSV or Parquet."""

from pathlib import Path
from typing import Any

from kedro.io import DatasetError

from telco_churn.datasets.engine_table import EngineTable

FORMATS = ("csv", "parquet")


class FlatTable(EngineTable):
    """`EngineTable` that takes the format from the suffix of the file."""

    def __init__(self, *, filepath: str, **options: Any) -> None:
        """Point to a file.

        Args:
            filepath: Ends with .csv or .parquet.
            **options: As for `EngineTable`.

        Raises:
            DatasetError: When it ends with something else.
        """
        suffix = Path(filepath).suffix.lstrip(".").lower()
        if suffix not in FORMATS:
            raise DatasetError(
                f"{filepath} ends with '.{suffix}', allowed are .csv and .parquet. Save the table "
                "as one of these."
            )
        super().__init__(filepath=filepath, file_format=suffix, **options)
