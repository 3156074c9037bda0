"""Files of an engine become a partition in one commit, or not at all."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from kedro.io import DatasetError

from telco_churn.datasets import partition_commit
from telco_churn.datasets.partition_commit import replace_partition


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
    replace_partition(table, "as_of=2026-01-01", write(aside, "e"))
    assert customers(table) == [("2026-01-01", "e"), ("2026-01-08", "d")]
    assert DeltaTable(table).version() == 2


@pytest.mark.parametrize("day", ["2026-01-01", "2026-01-08"])
def test_of_two_runs_of_a_date_at_a_time_one_stays(
    day: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, aside = tmp_path / "scores", tmp_path / "aside"
    replace_partition(table, "as_of=2026-01-01", write(aside, "before"))
    looked_up: list[int] = []

    class Slow(DeltaTable):
        """Somebody else commits after this one looked at the table."""

        def __init__(self, path: Path) -> None:
            super().__init__(path)
            looked_up.append(self.version())
            if len(looked_up) == 2:  # columns first, then what to replace
                with monkeypatch.context() as patch:
                    patch.setattr(partition_commit, "DeltaTable", DeltaTable)
                    replace_partition(table, f"as_of={day}", write(aside, "faster"))

    monkeypatch.setattr(partition_commit, "DeltaTable", Slow)
    replace_partition(table, f"as_of={day}", write(aside, "slower"))
    assert [name for date, name in customers(table) if date == day] == ["slower"]
    assert looked_up == [0, 0, 1]


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    table, aside = tmp_path / "scores", tmp_path / "aside"
    replace_partition(table, "as_of=2026-01-01", write(aside, "a"))
    with pytest.raises(DatasetError, match=r"The table has .*to be saved are .*'x'"):
        replace_partition(table, "as_of=2026-01-01", write(aside, "b", x=[1]))
    assert customers(table) == [("2026-01-01", "a")]
