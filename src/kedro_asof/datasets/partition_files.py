"""The files of a partitioned Delta table: list them, and exchange them in one commit.

In: the folder of a table, and Parquet files. Out: one more version of the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import time
from uuid import uuid4

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, TableFeatures
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from kedro_asof.datasets.partition_commit import add_action

# The log is kept. Replaced files stay readable for a week, Delta's default.
CONFIGURATION: Mapping[str, str | None] = {"delta.logRetentionDuration": "interval 36500 days"}

Action = AddAction | RemoveAction


@dataclass(frozen=True)
class DataFile:
    """A file of a table: its path below the folder, its partition, its size in bytes, its rows."""

    path: str
    partition: str | None
    size: int
    rows: int

    def is_complete(self, folder: Path) -> bool:
        """Return whether the file exists and has its size."""
        try:
            return (folder / self.path).stat().st_size == self.size
        except OSError:
            return False

    def remove(self, column: str) -> RemoveAction:
        """Return the action that removes the file from the table."""
        return RemoveAction(
            self.path, True, int(time() * 1000), self.size, {column: self.partition}
        )


def list_data_files(table: DeltaTable, column: str) -> list[DataFile]:
    """List the files of a table that is partitioned by a column."""
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    return [
        DataFile(
            each["path"],
            None if each[f"partition.{column}"] is None else str(each[f"partition.{column}"]),
            each["size_bytes"],
            each["num_records"] or 0,
        )
        for each in actions
    ]


def move_to_partition(file: Path, table: Path, column: str) -> AddAction:
    """Move a file into the folder of its partition, and describe it for the commit.

    Args:
        file: A Parquet file in a folder `column=value`.
        table: The folder of the table, on the same file system.
        column: The column of the partitions.
    """
    value = file.parent.name.removeprefix(f"{column}=")
    folder = table / file.parent.name
    folder.mkdir(parents=True, exist_ok=True)
    moved = file.rename(folder / f"{uuid4().hex}.parquet")
    partition = None if value.startswith("__HIVE_DEFAULT") else value
    return add_action(table, moved.relative_to(table).as_posix(), {column: partition})


def commit_actions(
    folder: Path,
    table: DeltaTable | None,
    schema: pa.Schema,
    actions: Sequence[Action],
    metadata: Mapping[str, str],
    column: str,
    replaces_all: bool,
) -> None:
    """Commit files that come and files that leave; the first commit creates the table.

    Args:
        folder: The folder of the table.
        table: The version that the commit follows; None to create the table.
        schema: The columns of the rows, which may be others than before if all rows leave.
        actions: The files.
        metadata: The custom metadata of the commit.
        column: The column of the partitions.
        replaces_all: Whether all rows leave.

    Raises:
        CommitFailedError: When another run committed first.
    """
    properties = CommitProperties(custom_metadata=dict(metadata), max_commit_retries=0)
    if table is not None:
        if replaces_all and any(pa.types.is_timestamp(kind) for kind in schema.types):
            feature = TableFeatures.TimestampWithoutTimezone
            table.alter.add_feature(feature, allow_protocol_versions_increase=True)
        table.create_write_transaction(
            list(actions),
            mode="overwrite" if replaces_all else "append",
            schema=Schema.from_arrow(schema) if replaces_all else table.schema(),
            partition_by=[column],
            commit_properties=properties,
        )
        return
    create_table_with_add_actions(
        str(folder),
        Schema.from_arrow(schema),
        [each for each in actions if isinstance(each, AddAction)],
        mode="error",
        partition_by=[column],
        configuration=CONFIGURATION,
        commit_properties=properties,
    )
