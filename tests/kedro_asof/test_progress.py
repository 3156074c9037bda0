"""A long stream logs its progress and passes on unchanged."""

import logging
import time

import ibis
import pyarrow as pa
import pytest

from kedro_asof import progress
from kedro_asof.progress import report_progress, watch_queries


def stream(batches: int) -> pa.RecordBatchReader:
    schema = pa.schema({"id": pa.int64()})
    return pa.RecordBatchReader.from_batches(
        schema, [pa.record_batch([pa.array([batch, batch])], schema) for batch in range(batches)]
    )


def test_progress_has_rate_and_time_left(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        passed = report_progress(stream(3), 6, "parcels", seconds_between=0).read_all()
    assert passed == stream(3).read_all()
    assert len(caplog.messages) == 2  # the last batch logs nothing
    assert "2 of 6 parcels, " in caplog.messages[0]
    assert " per second, about 0 min 00 s left." in caplog.messages[1]


def test_what_is_over_soon_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        report_progress(stream(3), 6).read_all()
    assert caplog.messages == []


def test_long_queries_are_reported_on_stderr_until_they_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0.02)
    engine = ibis.duckdb.connect()
    with watch_queries(engine, "Checking raw_usage"):
        engine.raw_sql("select sum(hash(range) % 7) from range(20_000_000)").fetchall()
        time.sleep(0.05)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("Checking raw_usage: 0 s")
    time.sleep(0.05)
    assert capsys.readouterr().err == ""
