"""Files of an engine replace a partition in one commit, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from kedro.io import DatasetError

from kedro_asof.datasets import partition_commit
from kedro_asof.datasets.delta_log import read_commits
from kedro_asof.datasets.partition_commit import replace_partition
from kedro_asof.errors import DateTakenError


def write(folder: Path, *ids: str, **columns: list[Any]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    file = folder / f"part-{len(list(folder.iterdir()))}.parquet"
    pq.write_table(pa.table({"customer_id": list(ids), **columns}), file)
    return [file]


def customers(table: Path) -> list[tuple[str, str]]:
    rows = DeltaTable(table).to_pyarrow_table().to_pylist()
    return sorted((str(row["as_of"]), row["customer_id"]) for row in rows)


def test_each_commit_replaces_its_date_and_no_other(tmp_path: Path) -> None:
    table, aside = tmp_path / "scores", tmp_path / "aside"
    replace_partition(table, "as_of=2026-01-01", [*write(aside, "a", "b"), *write(aside, "c")])
    replace_partition(table, "as_of=2026-01-08", write(aside, "d"))
    assert len(customers(table)) == 4
    replace_partition(table, "as_of=2026-01-01", write(aside, "e"), replaces=0)
    assert customers(table) == [("2026-01-01", "e"), ("2026-01-08", "d")]
    assert DeltaTable(table).version() == 2


@pytest.mark.parametrize("overtaken_by", ["2026-01-01", "2026-01-08"])
def test_who_commits_between_is_seen(
    overtaken_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, aside = tmp_path / "scores", tmp_path / "aside"
    replace_partition(table, "as_of=2025-12-25", write(aside, "before"))
    looked: list[int] = []

    def look_then_be_overtaken(found: DeltaTable) -> list[dict[str, Any]]:
        looked.append(found.version())
        commits = read_commits(found)
        if len(looked) == 1:
            with monkeypatch.context() as patch:
                patch.setattr(partition_commit, "read_commits", read_commits)
                replace_partition(table, f"as_of={overtaken_by}", write(aside, "faster"))
        return commits

    monkeypatch.setattr(partition_commit, "read_commits", look_then_be_overtaken)
    if overtaken_by == "2026-01-01":
        with pytest.raises(DateTakenError, match="Another run committed as_of=2026-01-01"):
            replace_partition(table, "as_of=2026-01-01", write(aside, "slower"))
    else:
        replace_partition(table, "as_of=2026-01-01", write(aside, "slower"))
        assert ("2026-01-01", "slower") in customers(table)
    assert (overtaken_by, "faster") in customers(table)
    assert looked == [0, 1]


def test_of_two_runs_that_make_the_table_at_once_one_commits(tmp_path: Path) -> None:
    for attempt in range(30):
        table, start = tmp_path / f"scores_{attempt}", Barrier(2)

        def commit(name: str, table: Path = table, start: Barrier = start) -> int | DateTakenError:
            files = write(table.with_suffix(f".{name}"), name)
            start.wait()
            try:
                return replace_partition(table, "as_of=2026-01-01", files)
            except DateTakenError as error:
                return error

        with ThreadPoolExecutor(2) as runs:
            versions = list(runs.map(commit, ["one", "other"]))
        assert sorted(type(version).__name__ for version in versions) == ["DateTakenError", "int"]
        assert len(customers(table)) == 1


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    table, aside = tmp_path / "scores", tmp_path / "aside"
    replace_partition(table, "as_of=2026-01-01", write(aside, "a"))
    with pytest.raises(DatasetError, match=r"Invalid columns .*'x'.*expected .*, as in the table"):
        replace_partition(table, "as_of=2026-01-01", write(aside, "b", x=[1]))
    assert customers(table) == [("2026-01-01", "a")]
