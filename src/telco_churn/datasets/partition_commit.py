"""Makes Parquet files that an engine wrote the contents of a partition of a Delta table."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions
from kedro.io import DatasetError

ATTEMPTS = 5
# deltalake would put a commit behind another one without looking again at what it has to replace,
# and of two runs of a new date both would stay.
ALONE = CommitProperties(max_commit_retries=0)


def replace_partition(table: Path, partition: str, files: Sequence[Path]) -> None:
    """Move files into a partition and replace what is in it, in one commit.

    Args:
        table: The table's folder; without a table in it, one is made.
        partition: The partition's folder, `column=YYYY-MM-DD`.
        files: Of the same file system, without the column.

    Raises:
        DatasetError: When the files have other columns than the table.
        CommitFailedError: When other runs commit all the time.
    """
    column, _, day = partition.partition("=")
    schema = Schema.from_arrow(
        pq.read_schema(files[0]).remove_metadata().append(pa.field(column, pa.date32()))
    )
    exists = DeltaTable.is_deltatable(str(table))
    if exists:
        _refuse_other_columns(DeltaTable(table), schema)
    # From here on files stay, whatever happens: an error may come after the commit is made, and
    # files that no commit names are read by nobody.
    actions = [_add(table, _move(file, table / partition), {column: day}) for file in files]
    if exists:
        _overwrite(table, list(actions), column, day)
    else:
        create_table_with_add_actions(str(table), schema, actions, partition_by=[column])


def _overwrite(table: Path, actions: list[AddAction | RemoveAction], column: str, day: str) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        current = DeltaTable(table)
        try:
            current.create_write_transaction(
                actions,
                mode="overwrite",
                schema=current.schema(),
                partition_by=[column],
                partition_filters=[(column, "=", day)],
                commit_properties=ALONE,
            )
            return
        except CommitFailedError:  # another run was faster: look again
            if attempt == ATTEMPTS:
                raise


def _refuse_other_columns(table: DeltaTable, schema: Schema) -> None:
    found = {field.name: str(field.type) for field in schema.fields}
    wanted = {field.name: str(field.type) for field in table.schema().fields}
    if found != wanted:
        raise DatasetError(
            f"The table has {wanted}, to be saved are {found}. Cast them, or start another table."
        )


def _move(file: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return file.rename(folder / f"{uuid.uuid4().hex}-{file.name}")


def _add(table: Path, file: Path, partition: dict[str, str | None]) -> AddAction:
    about = file.stat()
    return AddAction(
        path=file.relative_to(table).as_posix(),
        size=about.st_size,
        partition_values=partition,
        modification_time=int(about.st_mtime * 1000),
        data_change=True,
        stats=json.dumps({"numRecords": pq.read_metadata(file).num_rows}),
    )
