"""Where a dataset lies: of which version, and without what would open it to others."""

from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from kedro.io import CachedDataset
from kedro.io.core import Version, get_protocol_and_path
from kedro_datasets.ibis import TableDataset
from kedro_datasets.pandas import CSVDataset, SQLTableDataset
from kedro_datasets.partitions import PartitionedDataset

from telco_churn.tracking.places import Place, find_place


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
    whole = SimpleNamespace(_filepath=PurePosixPath(address))  # of a dataset that does not parse it
    for dataset in (parsed, whole):
        place = find_place(dataset, is_input=True)
        assert place is not None
        assert (place.protocol, place.path) == left


@pytest.mark.parametrize("prefix", ["simplecache::", "filecache::"])
def test_an_address_behind_a_cache_is_stripped_too(prefix: str) -> None:
    dataset = SimpleNamespace(_filepath=f"{prefix}https://user:secret@host/raw.csv?sig=TOKEN")
    assert find_place(dataset, is_input=True) == Place("host/raw.csv", "https")


def test_a_container_is_no_user() -> None:
    dataset = SimpleNamespace(_filepath="abfss://raw@account.dfs.core.windows.net/a.csv?sig=TOKEN")
    place = find_place(dataset, is_input=True)
    assert place == Place("raw@account.dfs.core.windows.net/a.csv", "abfss")


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
    loaded, saved = (find_place(dataset, is_input) for is_input in (True, False))
    assert loaded is not None
    assert saved is not None
    assert loaded.find_file() == path / asked.load / path.name
    assert saved.version == asked.save
    assert saved.find_file() is None


def test_without_a_version_asked_for_the_newest_is_loaded(tmp_path: Path) -> None:
    dataset = CSVDataset(filepath=str(make_versions(tmp_path)), version=Version(None, "later"))
    place = find_place(dataset, is_input=True)
    assert place is not None
    assert place.version == "2026-02-01T00.00.00.000Z"
    none = CSVDataset(filepath=str(tmp_path / "b.csv"), version=Version(None, "later"))
    assert find_place(none, is_input=True) == Place(str(tmp_path / "b.csv"), "file", True, None)


def test_tables_and_partitions_have_a_place_and_no_password(tmp_path: Path) -> None:
    connection = {"backend": "duckdb", "database": ":memory:"}
    table = TableDataset(table_name="usage", connection=connection)
    assert find_place(table, is_input=True) == Place("usage", "table")
    sql = SQLTableDataset(
        table_name="usage", credentials={"con": f"sqlite:///{tmp_path}/secret.db"}
    )
    assert find_place(sql, is_input=True) == Place("usage", "table")
    parts = PartitionedDataset(path=str(tmp_path), dataset="pandas.CSVDataset")
    assert find_place(parts, is_input=True) == Place(str(tmp_path), "file")
