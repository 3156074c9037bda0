"""The files of which the monthly tables of a folder were made."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

import ibis
import pandas as pd
from kedro_datasets._utils import ConnectionMixin

from kedro_asof.datasets.monthly_files import read_log, read_version
from kedro_asof.datasets.run_inputs import ReadOnlyDataset
from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.deliveries.log import TableLog
from kedro_asof.engines import connect
from kedro_asof.errors import NotReadyError
from kedro_asof.locks import LOCKS, hold_lock

COLUMNS = {
    "table": "str",
    "file": "str",
    "status": "str",
    "size_bytes": "int64",
    "digest": "str",
    "delivered_at": "str",
    "ingested_at": "str",
    "rows": "int64",
    "kept": "int64",
    "duplicate": "int64",
    "rejected": "int64",
    "rules": "str",
}


class DeliveryLog(ConnectionMixin, ReadOnlyDataset[pd.DataFrame]):  # type: ignore[misc]
    """Loads one row per delivered file, by table and time; one run at a time may change them."""

    _CONNECTION_GROUP: ClassVar[str] = "ibis"

    def __init__(
        self,
        *,
        filepath: str,
        checked: dict[str, str],
        connection: dict[str, Any],
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to the tables.

        Args:
            filepath: The folder of the monthly tables.
            checked: `filepath`, the folder of their checked rows, `checked_<table>`.
            connection: `backend`, the ibis engine that reads, and its options.
            metadata: Options of other plugins.
        """
        self._filepath, self._checked = filepath, checked["filepath"]
        self._connection_config = connection
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Return the files that are ingested or withdrawn.

        Returns:
            One row per file, with `COLUMNS`. `kept`, `duplicate` and `rejected` add up to `rows`;
            `rules` names the broken rules with their numbers of rows.

        Raises:
            BrokenLogError: When the log of a table cannot be read.
        """
        folders = sorted(path.parent for path in Path(self._filepath).glob("*/_delta_log"))
        rows = [row for folder in folders for row in self._list_files(folder.absolute())]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)

    def lock(self) -> AbstractContextManager[None]:
        """Lock the tables against other runs that ingest.

        Raises:
            NotReadyError: When another run holds the lock.
        """
        return hold_lock(
            Path(self._filepath) / LOCKS / "deliveries",
            NotReadyError(
                "Another run is ingesting deliveries. This run changed nothing. Try again when the "
                "other run has ended."
            ),
        )

    def _list_files(self, folder: Path) -> list[dict[str, Any]]:
        log = read_log(folder)
        found = self._count_left_out(folder.name, log)
        rows = []
        for each in sorted(log.deliveries.values(), key=lambda each: each.ingested_at):
            left_out = found[found[DELIVERED_IN] == each.file].sort_values("rule")
            duplicates = left_out.loc[left_out["is_duplicate"], "rows"].sum()
            by_rule = left_out[~left_out["is_duplicate"]].set_index("rule")["rows"]
            rows.append(
                {
                    "table": folder.name,
                    "file": each.file,
                    "status": "ingested",
                    "size_bytes": each.size,
                    "digest": each.digest,
                    "delivered_at": each.delivered_at,
                    "ingested_at": each.ingested_at,
                    "rows": each.rows,
                    "kept": log.kept.get(each.file, 0),
                    "duplicate": duplicates,
                    "rejected": by_rule.sum(),
                    "rules": ", ".join(f"{rule} {count:,}" for rule, count in by_rule.items()),
                }
            )
        gone: dict[str, Any] = dict.fromkeys(("delivered_at", "ingested_at", "rules"), "")
        gone |= dict.fromkeys(("size_bytes", "rows", "kept", "duplicate", "rejected"), 0)
        gone |= {"status": "withdrawn"}
        for file, digest in log.last.withdrawn.items():
            rows.append({"table": folder.name, "file": file, "digest": digest, **gone})
        return rows

    def _count_left_out(self, table: str, log: TableLog) -> pd.DataFrame:
        """Count the rows that are not kept by file, rule, and whether another row is equal."""
        columns = [DELIVERED_IN, "rule", "is_duplicate", "rows"]
        if log.last.checked_version < 0:
            return pd.DataFrame(columns=columns)
        folder = Path(self._checked).absolute() / f"checked_{table}"
        checked = read_version(folder, self._connection, log.last.checked_version)
        left_out = checked.filter(checked.broken_rule.notnull() | checked.is_duplicate)
        groups = left_out.group_by(DELIVERED_IN, "is_duplicate", rule=left_out.broken_rule)
        counts = groups.agg(rows=left_out.count()).to_pandas()
        return counts.astype({"is_duplicate": bool})[columns]

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": Path(self._filepath)}
