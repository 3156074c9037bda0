"""A Delta table with one partition per date; a run replaces the partition of its date."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
from kedro.io import AbstractDataset, DatasetError
from kedro.utils import load_obj
from kedro_datasets._typing import TablePreview
from kedro_datasets._utils import ConnectionMixin

from kedro_asof.datasets.delta_log import is_table, open_table
from kedro_asof.datasets.partition_commit import replace_partition
from kedro_asof.datasets.run_ids import find_run_ids
from kedro_asof.datasets.staging import create_staging
from kedro_asof.date_commit import DateCommit
from kedro_asof.engines import connect, find_engine
from kedro_asof.errors import DateTakenError
from kedro_asof.file_errors import UnreadableFileError
from kedro_asof.locks import LOCKS, hold_lock

STAGING = "_aside_"


class DatedTable(ConnectionMixin, AbstractDataset[DateCommit, ir.Table]):  # type: ignore[misc]
    """Saves the rows of a date in one commit; loads all dates as an expression.

    The engine that computes the rows writes them to a staging folder, where `contract` checks the
    files: rows are computed once, and exactly the checked rows are committed. The commit stores
    their lineage as metadata. A run that fails leaves the previous version unchanged.
    """

    _CONNECTION_GROUP: ClassVar[str] = "ibis"

    def __init__(
        self,
        *,
        filepath: str,
        as_of: str,
        connection: dict[str, Any],
        contract: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to a table and to the date of this run.

        Args:
            filepath: The table's folder.
            as_of: The date that a save replaces, YYYY-MM-DD.
            connection: `backend`, the ibis engine that reads and writes, and its options.
            contract: The Pandera model of the rows, as a dotted path.
            metadata: Options of other plugins.
        """
        self._filepath = filepath
        self._as_of = as_of
        self._connection_config = connection
        self._engine = find_engine(connection["backend"])
        self._contract = load_obj(contract) if contract else None
        self.metadata = metadata

    def save(self, data: DateCommit) -> None:
        """Replace the rows of `as_of` in one commit.

        Raises:
            BrokenContractError: When rows break the contract.
            DatasetError: When rows belong to another date.
            DateTakenError: When another run committed the date first.
        """
        table, partition = Path(self._filepath), f"as_of={self._as_of}"
        with create_staging(table, STAGING) as staging:
            files = self._write(data.rows, staging / "rows", partition)
            self._check(files, staging / "rows")
            lineage = _describe_commit(data.lineage)
            replace_partition(table, partition, files, lineage, data.replaces)

    def lock(self) -> AbstractContextManager[None]:
        """Lock the date of this run; see `lock_date`."""
        return self.lock_date(self._as_of)

    def lock_date(self, as_of: str) -> AbstractContextManager[None]:
        """Lock a date against other runs.

        On a file system without locks, the second of two runs fails at its commit instead.

        Raises:
            DateTakenError: When another run holds the date.
        """
        return hold_lock(
            Path(self._filepath).parent / LOCKS / f"as_of={as_of}",
            DateTakenError(
                f"Another run is working on as_of={as_of}. This run changed nothing. Try again "
                "when the other run has ended."
            ),
        )

    def load(self) -> ir.Table:
        """Return all dates as an expression.

        Raises:
            UnreadableFileError: When the table or one of its files is missing.
        """
        if not is_table(Path(self._filepath)):
            raise UnreadableFileError(
                f"Table not found: {self._filepath}. Run the pipeline that writes it."
            )
        files = open_table(Path(self._filepath)).file_uris()
        lost = [file for file in files if "://" not in file and not Path(file).exists()]
        if lost:
            raise UnreadableFileError(
                f"Missing file {lost[0]} of the table {self._filepath}, which lacks {len(lost)} of "
                f"{len(files)} files. Restore it from a backup, or write its date again."
            )
        return self._engine.read_partitions(self._connection, files, Path(self._filepath))

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for Kedro-Viz."""
        frame = self.load().limit(nrows).to_pandas().astype("str")
        return TablePreview(frame.to_dict(orient="split"))

    def _write(self, rows: ir.Table, folder: Path, partition: str) -> list[Path]:
        self._engine.write_partitions(self._connection, rows, folder, "as_of")
        found = sorted(written.name for written in folder.glob("as_of=*"))
        if found != [partition]:
            raise DatasetError(f"Invalid dates {found} in the rows: expected only {partition}.")
        return sorted((folder / partition).glob("*.parquet"))

    def _check(self, files: list[Path], folder: Path) -> None:
        if self._contract:
            rows = self._engine.read_partitions(self._connection, list(map(str, files)), folder)
            self._contract.validate(rows)

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def _exists(self) -> bool:
        return is_table(Path(self._filepath))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath), "as_of": self._as_of}


def _describe_commit(lineage: Mapping[str, Any]) -> dict[str, str]:
    """Convert the lineage to text and add the duration and the ids of the run; omit None."""
    started = datetime.fromisoformat(lineage["started_at"])
    seconds = (datetime.now(UTC) - started).total_seconds()
    said = {**lineage, "seconds": f"{seconds:.1f}", **find_run_ids()}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in said.items()
        if value is not None
    }
