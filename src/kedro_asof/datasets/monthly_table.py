"""A Delta table of events with one partition per month, which deliveries change."""

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import ibis
import ibis.expr.types as ir
from deltalake import DeltaTable
from kedro.io import AbstractDataset
from kedro.utils import load_obj
from kedro_datasets._typing import TablePreview
from kedro_datasets._utils import ConnectionMixin

from kedro_asof.contracts.contract import TableContract, check_columns
from kedro_asof.contracts.execution import check_rules, check_types
from kedro_asof.contracts.validation_cache import digest_contract
from kedro_asof.datasets.delta_log import is_table, open_table, read_commits
from kedro_asof.datasets.monthly_files import (
    RowCounts,
    apply_change,
    find_version,
    list_files,
    put_small_files_together,
    read_log,
    read_version,
)
from kedro_asof.datasets.partition_files import commit_actions
from kedro_asof.datasets.run_inputs import ReadOnlyDataset
from kedro_asof.datasets.staging import create_staging
from kedro_asof.deliveries.change import MONTH, TableChange, TableState
from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.deliveries.log import RECORD
from kedro_asof.engines import connect
from kedro_asof.engines.source_files import remember_source_files
from kedro_asof.errors import InvalidDataError, NotReadyError
from kedro_asof.file_errors import UnreadableFileError

STAGING = "_aside_"
CONTRACT = "contract"  # the digest of the contract that the rows of a commit keep


class MonthlyTable(ConnectionMixin, AbstractDataset[TableChange, ir.Table]):  # type: ignore[misc]
    """Saves a `TableChange` in one commit; loads the rows as an expression.

    Rows that come are written to new files. Only files with rows that leave are written again.
    Readers see the table before or after a commit, never a part of it. A run that fails or is
    killed leaves the table as it was.
    """

    _CONNECTION_GROUP: ClassVar[str] = "ibis"

    def __init__(
        self,
        *,
        filepath: str,
        connection: dict[str, Any],
        contract: str,
        checked: dict[str, str] | None = None,
        missing: str = "Run `kedro run --pipelines ingestion` first.",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to a table.

        Args:
            filepath: The folder of the table.
            connection: `backend`, the ibis engine that reads and writes, and its options.
            contract: The Pandera model of the rows, as a dotted path. Rows are checked before their
                commit; a load checks columns, types, and that the contract is still the same.
            checked: `filepath`, the folder of the checked rows, whose version a commit records.
                Kedro resolves a relative path of this name in the project, wherever the command
                runs.
            missing: The advice at the end of the error when the table does not exist.
            metadata: Options of other plugins.
        """
        self._filepath = filepath
        self._connection_config = connection
        self.contract: type[TableContract] = load_obj(contract)
        self._checked = Path(checked["filepath"]) if checked else None
        self._missing = missing
        self.metadata = metadata

    @property
    def local_path(self) -> Path:
        """The folder of the table."""
        return Path(self._filepath).absolute()

    def load(self) -> ir.Table:
        """Return the rows as an expression.

        Raises:
            UnreadableFileError: When the table or one of its files is missing.
            BrokenContractError: When the rows do not keep the contract.
        """
        if not is_table(self.local_path):
            raise UnreadableFileError(f"Table not found: {self._filepath}. {self._missing}")
        rows = self._as_loaded(read_version(self.local_path, self._connection))
        schema = self.contract.to_schema()
        check_columns(rows, schema, self.contract.__name__)
        check_types(rows, schema)
        if self._find_kept_contract() != digest_contract(rows.schema(), schema):
            self.contract.validate(rows)
        remember_source_files(rows, self.local_path)
        return rows

    def save(self, data: TableChange) -> None:
        """Commit a change.

        Raises:
            NotReadyError: When another run has changed the table since the change was made.
            BrokenContractError: When rows that come do not keep the contract.
            InvalidDataError: When the table would not have the expected number of rows.
        """
        version, change = find_version(self.local_path), data
        if not change.is_needed and version == change.follows:
            return
        if change.record and version != change.follows:
            raise NotReadyError(
                f"Another run changed {self._filepath} during this run: found version {version}, "
                f"expected {change.follows}. This run changed nothing in it. Run it again."
            )
        if version > change.follows:  # a run ended between two commits that belong together
            if change.follows < 0:
                change = replace(change, replaces_all=True)
            else:
                DeltaTable(self.local_path).restore(change.follows)
        with create_staging(self.local_path, STAGING) as aside:
            self._commit(change, aside)
        put_small_files_together(self.local_path)

    def measure(self) -> dict[str, int]:
        """Return `rows`, `columns` and `file_size` in bytes from the log, without reading rows."""
        if not self._exists():
            return {}
        files = list_files(self.local_path)
        return {
            "rows": sum(each.rows for each in files),
            "columns": len(self.load().columns),
            "file_size": sum(each.size for each in files),
        }

    def preview(self, nrows: int = 5) -> TablePreview:
        """Return the first rows for Kedro-Viz."""
        frame = self.load().limit(nrows).to_pandas().astype("str")
        return TablePreview(frame.to_dict(orient="split"))

    def _commit(self, change: TableChange, aside: Path) -> None:
        actions, counts = apply_change(
            self.local_path, aside, change, self._connection, self._check_rows
        )
        self._check_count(change, counts)
        added = change.list_added()
        kept = digest_contract(self._as_loaded(added).schema(), self.contract.to_schema())
        metadata = {CONTRACT: kept}
        if change.record:
            checked = find_version(self._checked) if self._checked else -1
            record = replace(
                change.record,
                kept=dict(counts.by_file),
                days=dict(counts.by_day),
                checked_version=checked,
            )
            metadata[RECORD] = record.write()
        schema = added.schema().to_pyarrow()
        table = open_table(self.local_path) if is_table(self.local_path) else None
        commit_actions(
            self.local_path, table, schema, actions, metadata, MONTH, change.replaces_all
        )

    def _check_rows(self, rows: ir.Table) -> None:
        schema, loaded = self.contract.to_schema(), self._as_loaded(rows)
        check_columns(loaded, schema, self.contract.__name__)
        check_types(loaded, schema)
        check_rules(loaded, schema)

    def _check_count(self, change: TableChange, counts: RowCounts) -> None:
        """Check that delivered rows are the trusted rows and those left out, and no others."""
        if change.rows_after is None:
            return
        before = 0 if change.replaces_all else sum(read_log(self.local_path).kept.values())
        after = before + sum(counts.by_file.values())
        if after != change.rows_after:
            raise InvalidDataError(
                f"{self._filepath} would have {after:,} rows, expected {change.rows_after:,}: the "
                "delivered rows without those left out. A delivery or a file of the table has "
                "changed during this run. This run changed nothing in it. Run it again, with "
                "--params ingestion.rebuild=true if it happens again."
            )

    def _as_loaded(self, rows: ir.Table) -> ir.Table:
        """Return rows with the columns of the contract first.

        `delivered_in` is left out unless the contract lists it.
        """
        first = [name for name in self.contract.to_schema().columns if name in rows.columns]
        others = [name for name in rows.columns if name not in {*first, DELIVERED_IN, MONTH}]
        return rows.select(*first, *others)

    def _find_kept_contract(self) -> str | None:
        """Return the digest of the contract that all rows keep."""
        commits = read_commits(open_table(self.local_path))
        return next((each[CONTRACT] for each in reversed(commits) if CONTRACT in each), None)

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def _exists(self) -> bool:
        return is_table(self.local_path)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath)}


class MonthlyState(ConnectionMixin, ReadOnlyDataset[TableState]):  # type: ignore[misc]
    """Loads what a `MonthlyTable` and its checked rows hold before a run."""

    _CONNECTION_GROUP: ClassVar[str] = "ibis"

    def __init__(
        self,
        *,
        filepath: str,
        checked: dict[str, str],
        connection: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to both tables.

        Args:
            filepath: The folder of the table.
            checked: `filepath`, the folder of the checked rows.
            connection: As for `MonthlyTable`.
            metadata: Options of other plugins.
        """
        self._filepath, self._checked = filepath, checked["filepath"]
        self._connection_config = connection
        self.metadata = metadata

    def load(self) -> TableState:
        """Return the state; of a table that does not exist, an empty one.

        Raises:
            BrokenLogError: When a commit cannot be read.
            InvalidDataError: When a newer version of the project wrote a commit.
        """
        folder, checked = Path(self._filepath).absolute(), Path(self._checked).absolute()
        log = read_log(folder)
        version = log.last.checked_version
        return TableState(
            log,
            lambda: read_version(folder, self._connection) if log.version >= 0 else None,
            lambda: read_version(checked, self._connection, version) if version >= 0 else None,
        )

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath)}
