"""The commit history of a dated Delta table, and the restore of a date from an earlier commit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction
from kedro.io import DatasetError

from kedro_asof.datasets.delta_log import is_table, open_table, read_commits
from kedro_asof.datasets.partition_commit import add_action, commit_partition
from kedro_asof.datasets.run_inputs import ReadOnlyDataset
from kedro_asof.errors import InvalidDataError, NothingToDo, WrongCallError

# Every commit has these columns, in addition to the lineage that the catalog names.
COLUMNS = ("as_of", "table_version", "committed_at", "seconds", "mlflow_run_id", "wandb_run_id")
RESTORED_FROM = "restored_from"
NEW_EACH_COMMIT = ("table_version", "committed_at", "operation", "engineInfo", "clientVersion")


class DatedHistory(ReadOnlyDataset[pd.DataFrame]):
    """Loads one row per commit of a `DatedTable`, oldest first; restores a date from a commit."""

    def __init__(
        self,
        *,
        filepath: str,
        lineage: Sequence[str] = (),
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point to a table.

        Args:
            filepath: The folder of the table.
            lineage: The keys of the commits' lineage that become columns.
            metadata: Options of other plugins.
        """
        self._filepath = filepath
        self._columns = [*COLUMNS, *lineage, RESTORED_FROM]
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Return one row per commit: `COLUMNS` and lineage, as text except for `table_version`."""
        commits = read_commits(open_table(Path(self._filepath))) if self._exists() else []
        rows = [{name: commit.get(name) for name in self._columns} for commit in commits]
        frame = pd.DataFrame([row for row in rows if row["as_of"]], columns=self._columns)
        texts = [name for name in self._columns if name != "table_version"]
        return frame.astype({"table_version": "int64"} | dict.fromkeys(texts, "str"))

    def measure(self) -> dict[str, int]:
        """Return `rows` and `columns`."""
        rows, columns = self.load().shape
        return {"rows": rows, "columns": columns}

    def restore(self, as_of: str, version: int) -> int:
        """Restore the rows of a date from a version of the table, in one new commit.

        Args:
            as_of: The date, YYYY-MM-DD.
            version: A version that committed this date.

        Returns:
            The table's new version.

        Raises:
            DatasetError: When the table does not exist.
            WrongCallError: When that version did not commit the date.
            NothingToDo: When the date already has the rows of that version.
            InvalidDataError: When files of that version were removed.
        """
        if not self._exists():
            raise DatasetError(
                f"Table not found: {self._filepath}. Run the pipeline that writes it."
            )
        commits = [
            commit
            for commit in read_commits(open_table(Path(self._filepath)))
            if commit.get("as_of") == as_of
        ]
        versions = [commit["table_version"] for commit in commits]
        if version not in versions:
            raise WrongCallError(
                f"Invalid version {version} for as_of={as_of}: expected one of {versions}, the "
                f"versions of {self._filepath} that committed this date. Pass one of them."
            )
        table = open_table(Path(self._filepath), version)
        files = self._find_files(table, as_of)
        # If one commit removes and adds the same file, some readers treat the file as removed.
        newest = open_table(Path(self._filepath))
        if self._list_files(newest, as_of) == self._list_files(table, as_of):
            raise NothingToDo(
                f"Nothing to restore: as_of={as_of} already has the rows of version {version}."
            )
        said = commits[versions.index(version)]
        lineage = {name: text for name, text in said.items() if name not in NEW_EACH_COMMIT}
        return commit_partition(
            Path(self._filepath),
            Schema.from_arrow(table.schema()),
            f"as_of={as_of}",
            files,
            {**lineage, RESTORED_FROM: str(version)},
            versions[-1],
        )

    def _find_files(self, table: DeltaTable, as_of: str) -> list[AddAction]:
        root, found = Path(self._filepath), self._list_files(table, as_of)
        gone = [str(file) for file in found if not (root / file).exists()]
        if gone:
            raise InvalidDataError(
                f"Cannot restore as_of={as_of}: files of version {table.version()} were removed "
                f"from {root}: {gone}. Run the pipeline for this date again."
            )
        return [add_action(root, file.as_posix(), {"as_of": as_of}) for file in found]

    def _list_files(self, table: DeltaTable, as_of: str) -> list[Path]:
        """List the files of a date, relative to the folder of the table."""
        root = Path(self._filepath).absolute()
        return sorted(
            Path(uri.removeprefix("file://")).absolute().relative_to(root)
            for uri in table.file_uris(file_pruning_predicate=[("as_of", "=", as_of)])
        )

    def _exists(self) -> bool:
        return is_table(Path(self._filepath))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
