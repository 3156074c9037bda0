"""Replace a partition of a Delta table with Parquet files, in one commit or not at all."""

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions
from kedro.io import DatasetError

from kedro_asof.datasets.delta_log import open_table, read_commits
from kedro_asof.errors import DateTakenError

ATTEMPTS = 20
# Tables live for years, and every earlier commit of a date must stay restorable.
CONFIGURATION: Mapping[str, str | None] = {
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}


def replace_partition(
    table: Path,
    partition: str,
    files: Sequence[Path],
    lineage: Mapping[str, str] | None = None,
    replaces: int | None = None,
) -> int:
    """Move files into a partition and replace its contents, in one commit.

    Args:
        table: The table's folder; a folder without a table gets a new one.
        partition: The partition's folder, `column=YYYY-MM-DD`.
        files: Parquet files on the same file system, without the partition column.
        lineage: The custom metadata of the commit.
        replaces: The version that last wrote the partition; None if no version did.

    Returns:
        The table's new version.

    Raises:
        DatasetError: When the files have other columns than the table.
        DateTakenError: When another version than `replaces` last wrote the partition.
        CommitFailedError: When other runs committed first in each of `ATTEMPTS` attempts.
    """
    column, _, day = partition.partition("=")
    schema = Schema.from_arrow(
        pq.read_schema(files[0]).remove_metadata().append(pa.field(column, pa.date32()))
    )
    if DeltaTable.is_deltatable(str(table)):
        _refuse_other_columns(open_table(table), schema)
    # From here on, no error removes the files: the commit may already exist when it is raised, and
    # files that no commit names are never read.
    actions = [_add(table, _move(file, table / partition), {column: day}) for file in files]
    return commit_partition(table, schema, partition, actions, lineage or {}, replaces)


def commit_partition(
    table: Path,
    schema: Schema,
    partition: str,
    actions: Sequence[AddAction],
    lineage: Mapping[str, str],
    replaces: int | None,
) -> int:
    """Replace the contents of a partition with files in its folder; see `replace_partition`."""
    column, _, day = partition.partition("=")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if not DeltaTable.is_deltatable(str(table)):
                return _create(table, schema, column, actions, lineage)
            current = open_table(table)
            _refuse_if_taken(current, column, day, replaces)
            removed: list[AddAction | RemoveAction] = list(actions)
            current.create_write_transaction(
                removed,
                mode="overwrite",
                schema=current.schema(),
                partition_by=[column],
                partition_filters=[(column, "=", day)],
                commit_properties=_commit_once({column: day, **lineage}),
            )
            return DeltaTable(table).version()
        except (CommitFailedError, DeltaError):  # another run committed first: check again
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def add_action(table: Path, path: str, partition: Mapping[str, str | None]) -> AddAction:
    """Describe a Parquet file of the table; `path` is relative to the table's folder."""
    file = table / path
    about = file.stat()
    return AddAction(
        path=path,
        size=about.st_size,
        partition_values=dict(partition),
        modification_time=int(about.st_mtime * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": pq.read_metadata(file).num_rows}),
    )


def _create(
    table: Path,
    schema: Schema,
    column: str,
    actions: Sequence[AddAction],
    lineage: Mapping[str, str],
) -> int:
    day = actions[0].partition_values[column]
    create_table_with_add_actions(
        str(table),
        schema,
        list(actions),
        mode="error",
        partition_by=[column],
        configuration=CONFIGURATION,
        commit_properties=_commit_once({column: str(day), **lineage}),
    )
    return 0


def _commit_once(metadata: dict[str, str]) -> CommitProperties:
    # A retry by deltalake would not check again which files it replaces, or whether the table is
    # still new: the rows of two runs of a new date would both stay.
    return CommitProperties(custom_metadata=metadata, max_commit_retries=0)


def _refuse_if_taken(table: DeltaTable, column: str, day: str, replaces: int | None) -> None:
    written = [commit for commit in read_commits(table) if commit.get(column) == day]
    found = written[-1]["table_version"] if written else None
    if found == replaces:
        return
    other = written[-1] if written else {}
    raise DateTakenError(
        f"Another run committed {column}={day} during this run: version {found} of the table, by "
        f"model version {other.get('model_version', 'unknown')} at "
        f"{other.get('committed_at', 'an unknown time')}. This run changed nothing. Run it again "
        "to replace that commit."
    )


def _refuse_other_columns(table: DeltaTable, schema: Schema) -> None:
    found = {field.name: str(field.type) for field in schema.fields}
    wanted = {field.name: str(field.type) for field in table.schema().fields}
    if found != wanted:
        raise DatasetError(
            f"Invalid columns {found}: expected {wanted}, as in the table. Cast the rows, or save "
            "them to another table."
        )


def _move(file: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return file.rename(folder / f"{uuid.uuid4().hex}-{file.name}")


def _add(table: Path, file: Path, partition: dict[str, str | None]) -> AddAction:
    return add_action(table, file.relative_to(table).as_posix(), partition)
