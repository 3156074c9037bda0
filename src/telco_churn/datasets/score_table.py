"""A Delta table with a partition for each date, each replaced as a whole."""

import shutil
import uuid
from pathlib import Path
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import TablePreview
from kedro_datasets._utils import ConnectionMixin

from telco_churn.datasets.partition_commit import replace_partition
from telco_churn.engines import connect, find_engine


class ScoreTable(ConnectionMixin, AbstractDataset[pa.RecordBatchReader | ir.Table, ir.Table]):  # type: ignore[misc]
    """Saves scores as the one commit of their date; loads all dates, unread.

    A stream is written by this process, an expression by the engine that computes it. Whatever
    breaks off, or is killed, leaves the version before. `as_of` must be the only date in the
    scores: it names the partition that is replaced.
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
        self._engine = find_engine(connection["backend"])
        self.metadata = metadata

    def save(self, data: pa.RecordBatchReader | ir.Table) -> None:
        """Replace the rows of `as_of` in one commit."""
        if isinstance(data, ir.Table):
            self._save_where_it_is_computed(data)
            return
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
        return self._engine.read_partitions(self._connection, files, Path(self._filepath))

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for Kedro-Viz."""
        frame = self.load().limit(nrows).to_pandas().astype("str")
        return TablePreview(frame.to_dict(orient="split"))

    def _save_where_it_is_computed(self, scores: ir.Table) -> None:
        """Let the engine write files aside, then make them those of the date in one commit."""
        table, partition = Path(self._filepath), f"as_of={self._as_of}"
        aside = table / f"_{uuid.uuid4().hex}"
        aside.mkdir(parents=True)
        try:
            written = aside / "rows"
            self._engine.write_partitions(self._connection, scores, written, "as_of")
            found = sorted(folder.name for folder in written.glob("as_of=*"))
            if found != [partition]:
                raise DatasetError(f"The scores are of {found}, to be saved are {partition}.")
            replace_partition(table, partition, sorted((written / partition).glob("*.parquet")))
        finally:
            shutil.rmtree(aside)

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def _exists(self) -> bool:
        return DeltaTable.is_deltatable(self._filepath)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath), "as_of": self._as_of}
