"""The differences between engines, tested with DuckDB only."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from kedro_asof.engines import connect, find_engine, map_batches
from kedro_asof.engines.engine import _map_side_by_side
from kedro_asof.errors import InputError

NUMBERS = pa.table({"n": [1, 2, 3]})


def double(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {"n": [2 * n for n in batch["n"].to_pylist()]}, NUMBERS.schema
    )


def test_a_function_goes_over_a_table(put: Callable[[pa.Table], ir.Table]) -> None:
    result = map_batches(put(NUMBERS), double, NUMBERS.schema)
    assert sorted(result.read_all()["n"].to_pylist()) == [2, 4, 6]


def test_nothing_is_computed_before_somebody_asks(put: Callable[[pa.Table], ir.Table]) -> None:
    seen: list[int] = []

    def look(batch: pa.RecordBatch) -> pa.RecordBatch:
        seen.append(batch.num_rows)
        return batch

    result = map_batches(put(NUMBERS), look, NUMBERS.schema)
    assert seen == []
    result.read_next_batch()
    assert seen == [3]


def test_no_more_batches_are_read_ahead_than_there_are_threads() -> None:
    read: list[int] = []

    def deliver() -> Iterator[pa.RecordBatch]:
        for number in range(20):
            read.append(number)
            yield from NUMBERS.to_batches()

    results = _map_side_by_side(double, deliver(), threads=2)
    for taken in range(1, 5):
        next(results)
        time.sleep(0.05)  # time in which a reader could read ahead
        assert len(read) == taken + 2
    results.close()


def test_partitions_are_written_and_read_with_their_date(tmp_path: Path) -> None:
    engine, connection = find_engine("duckdb"), connect({"backend": "duckdb"})
    rows = ibis.memtable({"n": [1, 2], "as_of": [date(2026, 1, 1), date(2026, 1, 8)]})
    engine.write_partitions(connection, rows, tmp_path / "t", "as_of")
    files = [str(file) for file in (tmp_path / "t").rglob("*.parquet")]
    read = engine.read_partitions(connection, files, tmp_path / "t").order_by("n").to_pyarrow()
    assert read.to_pylist() == [
        {"n": 1, "as_of": date(2026, 1, 1)},
        {"n": 2, "as_of": date(2026, 1, 8)},
    ]


def test_spark_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(InputError, match=r"add .ibis-framework\[pyspark\]"):
        connect({"backend": "pyspark"})


@pytest.mark.slow
def test_spilled_files_are_removed_without_garbage_collection(tmp_path: Path) -> None:
    """A process of this project ends without it; DuckDB removes the files when it is closed."""
    code = f"""
import atexit, gc, pathlib
atexit.register(gc.freeze)
from kedro_asof.engines import connect
place = pathlib.Path({str(tmp_path / "spill")!r})
class Kept:
    pass
Kept.engine = connect({{"backend": "duckdb", "temp_directory": str(place), "memory_limit": "60MB"}})
Kept.engine.raw_sql("CREATE TABLE t AS SELECT hash(i) a, hash(i + 1) b FROM range(6000000) r(i)")
assert any(place.iterdir())
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert not (tmp_path / "spill").exists()
