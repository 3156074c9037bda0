"""A save replaces a whole table in files, or nothing."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from kedro.io import DatasetError

from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.datasets.staging import LOCK

BEFORE = [pa.table({"n": [1, 2]}), pa.table({"n": [3]})]


@pytest.fixture
def table(tmp_path: Path) -> EngineTable:
    dataset = EngineTable(filepath=str(tmp_path / "numbers"))
    dataset.save(BEFORE)
    return dataset


def read(dataset: EngineTable) -> list[int]:
    return sorted(dataset.load().n.to_pyarrow().to_pylist())


def test_a_stream_becomes_a_folder_of_parts(table: EngineTable, tmp_path: Path) -> None:
    assert read(table) == [1, 2, 3]
    assert len(list((tmp_path / "numbers").glob("*.parquet"))) == 2


def test_a_shorter_stream_leaves_no_part_of_the_longer_one(table: EngineTable) -> None:
    table.save([pa.table({"n": [9]})])
    assert read(table) == [9]


def test_a_stream_that_breaks_leaves_the_table_before(table: EngineTable) -> None:
    def broken() -> Iterator[pa.Table]:
        yield pa.table({"n": [7]})
        raise RuntimeError("power cut")

    with pytest.raises(DatasetError, match="power cut"):
        table.save(broken())
    assert read(table) == [1, 2, 3]


def test_an_expression_that_fails_leaves_the_table_before(tmp_path: Path) -> None:
    dataset = EngineTable(filepath=str(tmp_path / "numbers.parquet"))
    dataset.save(dataset.connection.create_table("fine", pa.table({"n": ["1", "2"]})))
    texts = dataset.connection.create_table("texts", pa.table({"n": ["3", "three"]}))
    with pytest.raises(DatasetError, match="three"):
        dataset.save(texts.mutate(n=texts.n.cast("int64")))
    assert dataset.load().n.to_pyarrow().to_pylist() == ["1", "2"]


def test_a_run_killed_between_two_steps_is_finished_by_the_next(
    table: EngineTable, tmp_path: Path
) -> None:
    (tmp_path / "numbers").rename(tmp_path / ".numbers.old")
    assert read(table) == [1, 2, 3]
    (tmp_path / ".numbers.partial-1").mkdir()
    (tmp_path / ".numbers.partial-1" / LOCK).touch()
    table.save([pa.table({"n": [4]})])
    assert read(table) == [4]
    assert [path.name for path in tmp_path.iterdir()] == ["numbers"]


def test_two_writers_of_a_table_do_not_meet(table: EngineTable, tmp_path: Path) -> None:
    other = EngineTable(filepath=str(tmp_path / "numbers"))

    def slow() -> Iterator[pa.Table]:
        yield pa.table({"n": [5]})
        other.save([pa.table({"n": [6]})])
        yield pa.table({"n": [7]})

    table.save(slow())
    assert read(table) == [5, 7]
    assert [path.name for path in tmp_path.iterdir()] == ["numbers"]


def test_files_of_other_origin_is_never_replaced(tmp_path: Path) -> None:
    theirs = tmp_path / "traffic.csv"
    theirs.write_text("n\n1\n")
    with pytest.raises(DatasetError, match="this project did not write it"):
        EngineTable(filepath=str(theirs), file_format="csv").save(BEFORE)
    assert theirs.read_text() == "n\n1\n"


def test_a_csv_of_any_length_is_text_and_empty_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "traffic.csv"
    file.write_text("n,m\n" + "1,\n" * 60_000 + "abc,2\n")
    table = EngineTable(filepath=str(file), file_format="csv").load()
    assert {str(kind) for kind in table.schema().values()} == {"string"}
    assert table.filter(table.m.isnull()).count().execute() == 60_000


@pytest.mark.parametrize("load_args", [{}, {"delim": ";"}])
def test_no_row_of_a_csv_is_a_comment(tmp_path: Path, load_args: dict[str, str]) -> None:
    file = tmp_path / "traffic.csv"
    file.write_text("id;note\n#1;a\n2;b\n")
    table = EngineTable(filepath=str(file), file_format="csv", load_args=load_args).load()
    assert table.id.to_pyarrow().to_pylist() == ["#1", "2"]


def test_a_delivered_csv_of_another_encoding_is_read_and_a_broken_row_is_named(
    tmp_path: Path,
) -> None:
    file = tmp_path / "traffic.csv"
    file.write_bytes("id;region\n1;Köln\n".encode("cp1252"))
    table = EngineTable(filepath=str(file), file_format="csv").load()
    assert table.region.to_pyarrow().to_pylist() == ["Köln"]
    file.write_text("id;region\n1;a\n2\n")
    with pytest.raises(DatasetError, match="line 3: expected 2 values as in the header, found 1"):
        EngineTable(filepath=str(file), file_format="csv").load()


def test_the_copy_of_a_csv_is_in_the_temporary_folder_of_the_engine(tmp_path: Path) -> None:
    (tmp_path / "traffic.csv").write_text("n\n1\n")
    connection = {"backend": "duckdb", "temp_directory": str(tmp_path / "spill")}
    table = EngineTable(
        filepath=str(tmp_path / "traffic.csv"), file_format="csv", connection=connection
    )
    assert table.load().count().execute() == 1
    assert list((tmp_path / "spill").rglob("traffic.csv.parquet"))


def test_a_csv_has_any_suffix_and_a_folder_of_it_further_files(tmp_path: Path) -> None:
    for name in ("traffic.dat", "traffic/a.csv", "traffic/b.CSV.gz", "traffic/notes.md"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(gzip.compress(b"n\n1\n") if name.endswith("gz") else b"n\n1\n")
    for name, rows in (("traffic.dat", 1), ("traffic", 2)):
        table = EngineTable(filepath=str(tmp_path / name), file_format="csv").load()
        assert table.n.to_pyarrow().to_pylist() == ["1"] * rows
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="the folder has no CSV files"):
        EngineTable(filepath=str(tmp_path / "empty"), file_format="csv").load()


def test_foreign_columns_get_our_names(tmp_path: Path) -> None:
    EngineTable(filepath=str(tmp_path / "t")).save([pa.table({"mb": [1.5], "day": [1]})])
    renamed = EngineTable(filepath=str(tmp_path / "t"), columns={"data_mb": "mb"})
    assert set(renamed.load().columns) == {"data_mb", "day"}


def test_a_renamed_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    EngineTable(filepath=str(tmp_path / "t")).save([pa.table({"mb": [1.5]})])
    renamed = EngineTable(filepath=str(tmp_path / "t"), columns={"data_mb": "megabytes"})
    with pytest.raises(DatasetError, match=r"columns \['megabytes'\].*found \['mb'\]"):
        renamed.load()


def test_a_preview_shows_rows_as_text(table: EngineTable) -> None:
    assert table.preview(1)["columns"] == ["n"]


def test_a_table_of_the_same_query_and_files_is_kept(tmp_path: Path) -> None:
    engine = {"backend": "duckdb", "enable_external_file_cache": False}
    source = EngineTable(filepath=str(tmp_path / "source.parquet"), connection=engine)
    made = EngineTable(
        filepath=str(tmp_path / "made.parquet"), connection=engine, only_if_changed=True
    )

    def make(minimum: int) -> int:
        rows = source.load()
        made.save(rows.filter(rows.n >= minimum))
        return (tmp_path / "made.parquet").stat().st_mtime_ns

    source.save(ibis.memtable({"n": [1, 2]}))
    first = make(1)
    assert make(1) == first
    assert make(2) > first  # another query
    second = make(2)
    source.save(ibis.memtable({"n": [2, 3]}))
    third = make(2)
    assert third > second  # another file
    (tmp_path / "made.parquet").write_bytes(b"")
    assert make(2) > third  # the result was changed
    assert made.load().n.to_pyarrow().to_pylist() == [2, 3]
