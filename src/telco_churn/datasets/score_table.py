"""A Delta table with a partition for each date, each replaced as a whole."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
from deltalake import DeltaTable
from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import TablePreview
from kedro_datasets._utils import ConnectionMixin

from telco_churn.contracts.scores import ScoreCommit
from telco_churn.datasets.aside import make_aside
from telco_churn.datasets.claims import CLAIMS, claim
from telco_churn.datasets.delta_log import open_table
from telco_churn.datasets.partition_commit import DateTakenError, replace_partition
from telco_churn.datasets.run_ids import find_run_ids
from telco_churn.engines import connect, find_engine

ASIDE = "_aside_"


class ScoreTable(ConnectionMixin, AbstractDataset[ScoreCommit, ir.Table]):  # type: ignore[misc]
    """Saves scores as the one commit of their date; loads all dates, unread.

    The engine that computes the scores writes them to files aside. These are checked, then made
    those of the date in one commit, with their lineage as its metadata. Whatever breaks off, or is
    killed, leaves the version before. `as_of` must be the only date in the scores: it names the
    partition that is replaced.
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

    def save(self, data: ScoreCommit) -> None:
        """Replace the rows of `as_of` in one commit.

        Raises:
            DatasetError: When the scores are of another date.
            DateTakenError: When another run committed the date first.
        """
        table, partition = Path(self._filepath), f"as_of={self._as_of}"
        with make_aside(table, ASIDE) as aside:
            files = self._write(data.rows, aside / "rows", partition)
            self._check(data, files, aside / "rows")
            lineage = _describe_commit(data.lineage)
            replace_partition(table, partition, files, lineage, data.replaces)

    def claim(self, as_of: str = "") -> AbstractContextManager[None]:
        """Keep a date to this run, its own if none is named: each has one place for what is made.

        Where the file system knows no locks, the commit still finds out who was first.

        Raises:
            DateTakenError: When another run holds the date.
        """
        as_of = as_of or self._as_of
        return claim(
            Path(self._filepath).parent / CLAIMS / f"as_of={as_of}",
            DateTakenError(
                f"Another run is at work on as_of={as_of}. This one changed nothing. Try "
                "again when that has ended."
            ),
        )

    def load(self) -> ir.Table:
        """Return all dates as an expression."""
        if not DeltaTable.is_deltatable(self._filepath):
            raise DatasetError(
                f"There are no scores in {self._filepath}. Run `kedro run --pipelines scoring`."
            )
        files = open_table(Path(self._filepath)).file_uris()
        return self._engine.read_partitions(self._connection, files, Path(self._filepath))

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for Kedro-Viz."""
        frame = self.load().limit(nrows).to_pandas().astype("str")
        return TablePreview(frame.to_dict(orient="split"))

    def _write(self, rows: ir.Table, folder: Path, partition: str) -> list[Path]:
        self._engine.write_partitions(self._connection, rows, folder, "as_of")
        found = sorted(written.name for written in folder.glob("as_of=*"))
        if found != [partition]:
            raise DatasetError(f"The scores are of {found}, to be saved are {partition}.")
        return sorted((folder / partition).glob("*.parquet"))

    def _check(self, data: ScoreCommit, files: list[Path], folder: Path) -> None:
        if data.checks:
            rows = self._engine.read_partitions(self._connection, list(map(str, files)), folder)
            for check in data.checks:
                check(rows)

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def _exists(self) -> bool:
        return DeltaTable.is_deltatable(self._filepath)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath), "as_of": self._as_of}


def _describe_commit(lineage: Mapping[str, Any]) -> dict[str, str]:
    """Write the lineage as text, with the run and how long it worked; None is left out."""
    started = datetime.fromisoformat(lineage["started_at"])
    seconds = (datetime.now(UTC) - started).total_seconds()
    said = {**lineage, "seconds": f"{seconds:.1f}", **find_run_ids()}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in said.items()
        if value is not None
    }
