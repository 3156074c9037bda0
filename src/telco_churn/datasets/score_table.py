"""A Delta table with a partition for each date, each replaced as a whole."""

from pathlib import Path
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import TablePreview
from kedro_datasets._utils import ConnectionMixin


class ScoreTable(ConnectionMixin, AbstractDataset[pa.RecordBatchReader, ir.Table]):  # type: ignore[misc]
    """Saves a stream of batches as the one commit of its date; loads all dates, unread.

    A stream that breaks off, or a killed run, leaves the version before. `as_of` must be the only
    date in the stream: it names the partition that is replaced.
    """

    _CONNECTION_GROUP: ClassVar[str] = "ibis"

    def __init__(
        self,
        *,
        filepath: str,
        as_of: str,
        connection: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to a table and to the date of this run.

        Args:
            filepath: The table's folder.
            as_of: The date that a save replaces, YYYY-MM-DD.
            connection: The ibis engine that reads it.
            metadata: For plugins.
        """
        self._filepath = filepath
        self._as_of = as_of
        self._connection_config = connection
        self.metadata = metadata

    def save(self, data: pa.RecordBatchReader) -> None:
        """Replace the rows of `as_of` in one commit."""
        exists = DeltaTable.is_deltatable(self._filepath)
        write_deltalake(
            self._filepath,
            data,
            partition_by=["as_of"],
            mode="overwrite",
            predicate=f"as_of = '{self._as_of}'" if exists else None,
        )

    def load(self) -> ir.Table:
        """Return all dates as an expression."""
        if not DeltaTable.is_deltatable(self._filepath):
            raise DatasetError(
                f"There are no scores in {self._filepath}. Run `kedro run --pipelines scoring`."
            )
        files = DeltaTable(self._filepath).file_uris()
        return self._connection.read_parquet(files, hive_partitioning=True)

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for Kedro-Viz."""
        frame = self.load().limit(nrows).to_pandas().astype("str")
        return TablePreview(frame.to_dict(orient="split"))

    def _connect(self) -> ibis.BaseBackend:
        options = dict(self._connection_config)
        return getattr(ibis, options.pop("backend")).connect(**options)

    def _exists(self) -> bool:
        return DeltaTable.is_deltatable(self._filepath)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath), "as_of": self._as_of}
