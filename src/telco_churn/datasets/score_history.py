"""What was scored when, by which model, as the commits of the score table say themselves."""

from pathlib import Path
from typing import Any

import pandas as pd
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction
from kedro.io import AbstractDataset, DatasetError

from telco_churn.datasets.commit_log import read_commits
from telco_churn.datasets.delta_log import open_table
from telco_churn.datasets.partition_commit import add_action, commit_partition
from telco_churn.errors import NothingToDo, RefusedError, WrongCallError

COLUMNS = (
    "as_of",
    "table_version",
    "committed_at",
    "model",
    "model_version",
    "customers",
    "contacts",
    "expected_value",
    "mean_probability",
    "histogram",
    "score_fingerprint",
    "seconds",
    "mlflow_run_id",
    "wandb_run_id",
    "restored_from",
)
NEW_EACH_COMMIT = ("table_version", "committed_at", "operation", "engineInfo", "clientVersion")


class ScoreHistory(AbstractDataset[None, pd.DataFrame]):
    """Loads one row per commit of a score table, oldest first; brings a date back to a commit."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to the table's folder."""
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Return `COLUMNS`: text as the commits have it, `table_version` a number."""
        commits = read_commits(open_table(Path(self._filepath))) if self._exists() else []
        rows = [{name: commit.get(name) for name in COLUMNS} for commit in commits]
        frame = pd.DataFrame([row for row in rows if row["as_of"]], columns=list(COLUMNS))
        texts = [name for name in COLUMNS if name != "table_version"]
        return frame.astype({"table_version": "int64"} | dict.fromkeys(texts, "str"))

    def save(self, data: None) -> None:  # noqa: ARG002  (Kedro's own signature)
        """Refuse: a commit writes its own history."""
        raise DatasetError(f"The history of {self._filepath} is written by its commits.")

    def restore(self, as_of: str, version: int) -> int:
        """Make the rows of a date what they were at a version of the table, in one commit.

        Returns:
            The table's new version.

        Raises:
            WrongCallError: When that version is not of the date.
            NothingToDo: When the date is as that version had it.
            RefusedError: When its files are gone.
        """
        if not self._exists():
            raise DatasetError(f"There are no scores in {self._filepath}.")
        commits = [
            commit
            for commit in read_commits(open_table(Path(self._filepath)))
            if commit.get("as_of") == as_of
        ]
        versions = [commit["table_version"] for commit in commits]
        if version not in versions:
            raise WrongCallError(
                f"Version {version} of {self._filepath} did not write as_of={as_of}; versions that "
                f"did are {versions}. Choose one of them: kedro scores history."
            )
        table = open_table(Path(self._filepath), version)
        files = self._find_files(table, as_of)
        # Readers other than deltalake may take a file that a commit removes and adds for removed.
        newest = open_table(Path(self._filepath))
        if self._list_files(newest, as_of) == self._list_files(table, as_of):
            raise NothingToDo(f"{as_of} is as version {version} had it.")
        said = commits[versions.index(version)]
        lineage = {name: text for name, text in said.items() if name not in NEW_EACH_COMMIT}
        return commit_partition(
            Path(self._filepath),
            Schema.from_arrow(table.schema()),
            f"as_of={as_of}",
            files,
            {**lineage, "restored_from": str(version)},
            versions[-1],
        )

    def _find_files(self, table: DeltaTable, as_of: str) -> list[AddAction]:
        root, found = Path(self._filepath), self._list_files(table, as_of)
        gone = [str(file) for file in found if not (root / file).exists()]
        if gone:
            raise RefusedError(
                f"Files of version {table.version()} were removed from {root}: {gone}. The date "
                "cannot be brought back from them; score it again."
            )
        return [add_action(root, file.as_posix(), {"as_of": as_of}) for file in found]

    def _list_files(self, table: DeltaTable, as_of: str) -> list[Path]:
        """List the files of a date, relative to the table."""
        root = Path(self._filepath).absolute()
        return sorted(
            Path(uri.removeprefix("file://")).absolute().relative_to(root)
            for uri in table.file_uris(file_pruning_predicate=[("as_of", "=", as_of)])
        )

    def _exists(self) -> bool:
        return DeltaTable.is_deltatable(self._filepath)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
