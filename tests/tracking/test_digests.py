"""A digest tells contents apart, and says what it has seen of them."""

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
from deltalake import write_deltalake

from telco_churn.tracking.digests import fingerprint

MUCH = 1_000_000


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
    assert one.digest != other.digest
    assert (one.seen, one.size) == ("content", 1)


def test_what_is_too_large_is_known_by_size_and_time(tmp_path: Path) -> None:
    one = fingerprint(write(tmp_path / "f.csv", "aaaa"), limit=3)
    unseen = fingerprint(write(tmp_path / "f.csv", "bbbb"), limit=3)
    longer = fingerprint(write(tmp_path / "f.csv", "bbbbb"), limit=3)
    assert one == unseen
    assert one.digest != longer.digest
    assert one.seen == "names, sizes and times"


def test_a_folder_is_all_its_files_and_counts_their_rows(tmp_path: Path) -> None:
    for number in (1, 2):
        pd.DataFrame({"a": range(number)}).to_parquet(tmp_path / f"{number}.parquet")
    write(tmp_path / "_marker", "")
    before = fingerprint(tmp_path, MUCH)
    assert before.rows == 3
    (tmp_path / "2.parquet").rename(tmp_path / "3.parquet")
    assert fingerprint(tmp_path, MUCH).digest != before.digest


def test_a_delta_table_is_its_last_commit(tmp_path: Path) -> None:
    write_deltalake(tmp_path, pa.table({"a": [1, 2]}))
    first = fingerprint(tmp_path, MUCH)
    write_deltalake(tmp_path, pa.table({"a": [3]}), mode="overwrite")
    second = fingerprint(tmp_path, MUCH)
    assert (first.version, first.rows) == ("0", 2)
    assert (second.version, second.rows) == ("1", 1)
    assert first.digest != second.digest
