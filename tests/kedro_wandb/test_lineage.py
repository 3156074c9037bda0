"""Locations have a version and no secrets; digests differ for different contents."""

import os
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from kedro.io import CachedDataset
from kedro.io.core import Version, get_protocol_and_path
from kedro_datasets.ibis import TableDataset
from kedro_datasets.pandas import CSVDataset, SQLTableDataset
from kedro_datasets.partitions import PartitionedDataset

from kedro_wandb.lineage import Location, find_location, fingerprint

MUCH = 1_000_000


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("http://host/raw.csv?sig=TOKEN", ("http", "host/raw.csv")),
        ("https://user:secret@host/raw.csv", ("https", "host/raw.csv")),
        (
            "https://user:secret@host:8080/a@b/raw.csv?x=user@y#TOKEN",
            ("https", "host:8080/a@b/raw.csv"),
        ),
        ("s3://bucket/raw.csv", ("s3", "bucket/raw.csv")),
        ("data/raw?sig.csv", ("file", "data/raw?sig.csv")),
    ],
)
def test_no_secret_of_an_address_is_kept(address: str, left: tuple[str, str]) -> None:
    protocol, path = get_protocol_and_path(address)
    parsed = SimpleNamespace(_filepath=PurePosixPath(path), _protocol=protocol)
    whole = SimpleNamespace(_filepath=PurePosixPath(address))  # a dataset that keeps the full URL
    for dataset in (parsed, whole):
        location = find_location(dataset, is_input=True)
        assert location is not None
        assert (location.protocol, location.path) == left


@pytest.mark.parametrize("prefix", ["simplecache::", "filecache::"])
def test_an_address_behind_a_cache_is_stripped_too(prefix: str) -> None:
    dataset = SimpleNamespace(_filepath=f"{prefix}https://user:secret@host/raw.csv?sig=TOKEN")
    assert find_location(dataset, is_input=True) == Location("host/raw.csv", "https")


def test_a_container_is_no_user() -> None:
    dataset = SimpleNamespace(_filepath="abfss://raw@account.dfs.core.windows.net/a.csv?sig=TOKEN")
    location = find_location(dataset, is_input=True)
    assert location == Location("raw@account.dfs.core.windows.net/a.csv", "abfss")


def make_versions(folder: Path) -> Path:
    for version in ("2026-01-01T00.00.00.000Z", "2026-02-01T00.00.00.000Z"):
        dataset = CSVDataset(filepath=str(folder / "a.csv"), version=Version(None, version))
        dataset.save(pd.DataFrame({"a": [1]}))
    return folder / "a.csv"


@pytest.mark.parametrize("wraps", [lambda dataset: dataset, CachedDataset])
def test_an_input_is_of_the_version_that_is_loaded(wraps: Any, tmp_path: Path) -> None:
    path = make_versions(tmp_path)
    asked = Version("2026-01-01T00.00.00.000Z", "2026-03-01T00.00.00.000Z")
    dataset = wraps(CSVDataset(filepath=str(path), version=asked))
    loaded, saved = (find_location(dataset, is_input) for is_input in (True, False))
    assert loaded is not None
    assert saved is not None
    assert loaded.find_file() == path / asked.load / path.name
    assert saved.version == asked.save
    assert saved.find_file() is None


def test_without_a_version_asked_for_the_newest_is_loaded(tmp_path: Path) -> None:
    dataset = CSVDataset(filepath=str(make_versions(tmp_path)), version=Version(None, "later"))
    location = find_location(dataset, is_input=True)
    assert location is not None
    assert location.version == "2026-02-01T00.00.00.000Z"
    none = CSVDataset(filepath=str(tmp_path / "b.csv"), version=Version(None, "later"))
    assert find_location(none, is_input=True) == Location(
        str(tmp_path / "b.csv"), "file", True, None
    )


def test_tables_and_partitions_have_a_place_and_no_password(tmp_path: Path) -> None:
    connection = {"backend": "duckdb", "database": ":memory:"}
    table = TableDataset(table_name="usage", connection=connection)
    assert find_location(table, is_input=True) == Location("usage", "table")
    sql = SQLTableDataset(
        table_name="usage", credentials={"con": f"sqlite:///{tmp_path}/secret.db"}
    )
    assert find_location(sql, is_input=True) == Location("usage", "table")
    parts = PartitionedDataset(path=str(tmp_path), dataset="pandas.CSVDataset")
    assert find_location(parts, is_input=True) == Location(str(tmp_path), "file")


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, ns=(1, 1))
    return path


def test_content_alone_counts_while_it_is_read(tmp_path: Path) -> None:
    one, same, other = (
        fingerprint(write(tmp_path / name / "f.csv", content), MUCH)
        for name, content in (("a", "1"), ("b", "1"), ("c", "2"))
    )
    assert one == same
    assert one["digest"] != other["digest"]
    assert (one["digest_of"], one["bytes"]) == ("content", 1)


def test_what_is_too_large_is_known_by_size_and_time(tmp_path: Path) -> None:
    one = fingerprint(write(tmp_path / "f.csv", "aaaa"), limit=3)
    unseen = fingerprint(write(tmp_path / "f.csv", "bbbb"), limit=3)
    longer = fingerprint(write(tmp_path / "f.csv", "bbbbb"), limit=3)
    assert one == unseen
    assert one["digest"] != longer["digest"]
    assert one["digest_of"] == "names, sizes and times"


def test_a_folder_is_all_its_files_and_counts_their_rows(tmp_path: Path) -> None:
    for number in (1, 2):
        pd.DataFrame({"a": range(number)}).to_parquet(tmp_path / f"{number}.parquet")
    write(tmp_path / "_marker", "")
    before = fingerprint(tmp_path, MUCH)
    assert before["rows"] == 3
    (tmp_path / "2.parquet").rename(tmp_path / "3.parquet")
    assert fingerprint(tmp_path, MUCH)["digest"] != before["digest"]


def test_a_delta_table_is_its_last_commit(tmp_path: Path) -> None:
    write_deltalake(tmp_path, pa.table({"a": [1, 2]}))
    first = fingerprint(tmp_path, MUCH)
    write_deltalake(tmp_path, pa.table({"a": [3]}), mode="overwrite")
    second = fingerprint(tmp_path, MUCH)
    assert (first["version"], first["rows"]) == ("0", 2)
    assert (second["version"], second["rows"]) == ("1", 1)
    assert first["digest"] != second["digest"]
