"""One commit a date: replaced as a whole, or not at all."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from kedro.io import DatasetError

from telco_churn.contracts import SCORES_SCHEMA, ChurnScores
from telco_churn.datasets.score_table import ScoreTable

ENGINE = {"backend": "duckdb", "database": ":memory:"}
ROW: dict[str, Any] = {
    "customer_id": "a",
    "as_of": date(2026, 1, 1),
    "churn_probability": 0.5,
    "risk_band": "high",
    "expected_value": 1.0,
    "contact": True,
    "reason_1": "x is 1",
    "reason_2": None,
    "reason_3": None,
    "model_version": 1,
    "run_id": "r",
    "scored_at": datetime(2026, 1, 1, tzinfo=UTC),
}


def stream(*batches: list[dict[str, Any]]) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(
        SCORES_SCHEMA, [pa.RecordBatch.from_pylist(rows, SCORES_SCHEMA) for rows in batches]
    )


def table(path: Path, day: str = "2026-01-01") -> ScoreTable:
    return ScoreTable(filepath=str(path), as_of=day, connection=ENGINE)


def customers(path: Path) -> list[tuple[str, str]]:
    rows = table(path).load().to_pyarrow().to_pylist()
    return sorted((str(row["as_of"]), row["customer_id"]) for row in rows)


def test_a_rerun_replaces_its_date_and_no_other(tmp_path: Path) -> None:
    other = ROW | {"as_of": date(2026, 1, 8)}
    table(tmp_path).save(stream([ROW, ROW | {"customer_id": "b"}]))
    table(tmp_path, "2026-01-08").save(stream([other]))
    table(tmp_path).save(stream([ROW | {"customer_id": "c"}]))
    assert customers(tmp_path) == [("2026-01-01", "c"), ("2026-01-08", "a")]
    assert DeltaTable(tmp_path).version() == 2


def test_a_stream_that_breaks_leaves_the_version_before(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([ROW | {"customer_id": "z"}], SCORES_SCHEMA)
        raise RuntimeError("power cut")

    table(tmp_path).save(stream([ROW]))
    with pytest.raises(DatasetError, match="power cut"):
        table(tmp_path).save(pa.RecordBatchReader.from_batches(SCORES_SCHEMA, broken()))
    assert customers(tmp_path) == [("2026-01-01", "a")]
    assert DeltaTable(tmp_path).version() == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("churn_probability", 1.5),
        ("risk_band", "extreme"),
        ("model_version", 0),
        ("customer_id", None),
    ],
)
def test_a_batch_that_breaks_the_contract_stops_the_commit(
    column: str, value: object, tmp_path: Path
) -> None:
    checked = ChurnScores.validate(stream([ROW], [ROW | {"customer_id": "b", column: value}]))
    with pytest.raises(DatasetError, match=column):
        table(tmp_path).save(checked)
    assert not DeltaTable.is_deltatable(str(tmp_path))


def test_a_stream_that_keeps_the_contract_passes_unchanged() -> None:
    assert ChurnScores.validate(stream([ROW])).read_all() == stream([ROW]).read_all()


def test_scores_that_are_not_there_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="kedro run --pipelines scoring"):
        table(tmp_path / "none").load()
