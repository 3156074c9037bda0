"""Somebody's table in one file, CSV or Parquet, read as it is written."""

from pathlib import Path
from typing import Any

from kedro.io import DatasetError

from telco_churn.datasets.engine_table import EngineTable

# A CSV has no types: all text, so that what a column holds is found out in one place, by us.
READ_ARGUMENTS: dict[str, dict[str, Any]] = {"csv": {"all_varchar": True}, "parquet": {}}


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
        if suffix not in READ_ARGUMENTS:
            raise DatasetError(
                f"{filepath} ends with '.{suffix}', allowed are .csv and .parquet. Save the table "
                "as one of these."
            )
        load_args = READ_ARGUMENTS[suffix] | options.pop("load_args", {})
        super().__init__(filepath=filepath, file_format=suffix, load_args=load_args, **options)
