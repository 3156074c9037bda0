"""A file is ingested once; what changes in the folder changes the table, and nothing else."""

import logging
import os
import re
import shutil
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from kedro.io import DatasetError

from kedro_asof.datasets import monthly_files
from kedro_asof.datasets.monthly_files import read_log
from kedro_asof.deliveries.folder import WHOLE
from kedro_asof.deliveries.log import TableLog
from kedro_asof.deliveries.plan import plan_deliveries
from kedro_asof.errors import (
    BrokenContractError,
    BrokenLogError,
    InputError,
    InvalidDataError,
    NotReadyError,
)
from kedro_asof.file_errors import UnreadableFileError
from telco_churn.pipelines.ingestion.delivered_tables import trust_change
from tests.pipelines.ingestion.small_deliveries import DUCKDB, PARAMS, Ingestion

ROW: dict[str, Any] = {
    "customer_id": "a",
    "day": date(2026, 1, 30),
    "call_minutes": 1.0,
    "data_mb": 5.0,
    "sms_count": 0,
    "dropped_calls": 0,
    "outage_minutes": 0,
}
OTHER = ROW | {"customer_id": "b"}
LATER = ROW | {"day": date(2026, 2, 1)}


@pytest.fixture
def usage(tmp_path: Path) -> Ingestion:
    """Two files with three customers in all, ingested."""
    table = Ingestion(tmp_path, "usage")
    table.deliver("one.parquet", [ROW, OTHER])
    table.deliver("two.parquet", [LATER])
    table.run(["a", "b"])
    return table


def keys(table: Ingestion) -> list[tuple[str, str]]:
    kept = table.read_kept()
    return list(zip(kept["customer_id"], kept["day"].astype(str), strict=True))


def outcomes(table: Ingestion) -> dict[str, tuple[int, int, int]]:
    log = table.read_log()
    return {
        each["file"]: (each["kept"], each["duplicate"], each["rejected"])
        for each in log.to_dict("records")
    }


def test_the_same_files_change_nothing(usage: Ingestion) -> None:
    version = DeltaTable(usage.primary).version()
    os.utime(usage.raw / "one.parquet", (1, 1))  # the same content with another time
    planned = usage.run(["a", "b"])
    assert planned.new.plan.explain() == "2 unchanged, no file to ingest."
    assert DeltaTable(usage.primary).version() == version


def test_a_new_file_leaves_the_files_of_the_table_as_they_are(usage: Ingestion) -> None:
    before = set(DeltaTable(usage.primary).file_uris())
    usage.deliver("three.parquet", [ROW | {"day": date(2026, 1, 31)}])
    planned = usage.run(["a", "b"])
    assert planned.new.plan.explain() == "1 file new (three.parquet), 2 unchanged."
    assert set(DeltaTable(usage.primary).file_uris()) > before
    assert len(keys(usage)) == 4


def test_the_table_is_partitioned_by_the_month_of_the_event(usage: Ingestion) -> None:
    months = DeltaTable(usage.primary).to_pandas()[["day", "event_month", "delivered_in"]]
    assert sorted(months.astype(str).itertuples(index=False, name=None)) == [
        ("2026-01-30", "2026-01", "one.parquet"),
        ("2026-01-30", "2026-01", "one.parquet"),
        ("2026-02-01", "2026-02", "two.parquet"),
    ]


def test_the_rows_of_a_replaced_file_are_replaced(usage: Ingestion) -> None:
    usage.deliver("one.parquet", [OTHER | {"day": date(2026, 1, 2)}])
    planned = usage.run(["a", "b"])
    assert planned.new.plan.explain() == "1 file replaced (one.parquet), 1 unchanged."
    assert keys(usage) == [("a", "2026-02-01"), ("b", "2026-01-02")]


def test_the_rows_of_a_file_that_is_gone_leave(usage: Ingestion) -> None:
    (usage.raw / "two.parquet").unlink()
    planned = usage.run(["a", "b"])
    assert planned.new.plan.explain() == "1 file gone (two.parquet), 1 unchanged."
    assert keys(usage) == [("a", "2026-01-30"), ("b", "2026-01-30")]
    assert outcomes(usage) == {"one.parquet": (2, 0, 0)}


def test_a_row_of_two_files_stays_when_one_of_them_goes(usage: Ingestion) -> None:
    usage.deliver("three.parquet", [ROW])
    usage.run(["a", "b"])
    assert outcomes(usage)["three.parquet"] == (0, 1, 0)
    (usage.raw / "one.parquet").unlink()
    usage.run(["a", "b"])
    assert keys(usage) == [("a", "2026-01-30"), ("a", "2026-02-01")]
    assert outcomes(usage)["three.parquet"] == (1, 0, 0)


def test_a_later_file_takes_the_place_of_a_row_that_was_loaded_later(tmp_path: Path) -> None:
    table = Ingestion(tmp_path, "usage")
    late = ROW | {"loaded_at": datetime(2026, 2, 9)}
    table.deliver("one.parquet", [late])
    table.run(["a"])
    table.deliver("two.parquet", [late | {"loaded_at": datetime(2026, 2, 8), "data_mb": 7.0}])
    table.run(["a"])
    assert table.read_kept()["data_mb"].tolist() == [7.0]
    assert outcomes(table) == {"one.parquet": (0, 0, 1), "two.parquet": (1, 0, 0)}


def test_a_withdrawn_file_stays_away_until_it_is_restored(usage: Ingestion) -> None:
    usage.params = PARAMS.model_copy(update={"withdraw": ["usage/two.parquet"]})
    usage.run(["a", "b"])
    usage.params = PARAMS
    assert usage.run(["a", "b"]).new.plan.explain() == "1 unchanged, no file to ingest."
    assert set(usage.read_log()["status"]) == {"ingested", "withdrawn"}
    usage.params = PARAMS.model_copy(update={"restore": ["usage/two.parquet"]})
    usage.run(["a", "b"])
    assert len(keys(usage)) == 3


def test_other_content_of_a_withdrawn_name_is_a_new_file(usage: Ingestion) -> None:
    usage.params = PARAMS.model_copy(update={"withdraw": ["usage/two.parquet"]})
    usage.run(["a", "b"])
    usage.params = PARAMS
    usage.deliver("two.parquet", [LATER, LATER | {"customer_id": "b"}])
    usage.run(["a", "b"])
    assert len(keys(usage)) == 4
    assert usage.read_log()["status"].tolist() == ["ingested", "ingested"]


def test_a_file_that_is_gone_cannot_be_restored(usage: Ingestion) -> None:
    usage.params = PARAMS.model_copy(update={"withdraw": ["usage/two.parquet"]})
    usage.run(["a", "b"])
    (usage.raw / "two.parquet").unlink()
    usage.params = PARAMS.model_copy(update={"restore": ["usage/two.parquet"]})
    with pytest.raises(InputError, match=r"'two.parquet': no file of this name is in the folder"):
        usage.run(["a", "b"])


def test_an_unknown_file_cannot_be_withdrawn(usage: Ingestion) -> None:
    usage.params = PARAMS.model_copy(update={"withdraw": ["usage/tow.parquet"]})
    with pytest.raises(InputError, match=r"'tow.parquet'.*Did you mean 'two.parquet'"):
        usage.run(["a", "b"])


def test_a_rebuild_gives_the_same_tables(usage: Ingestion) -> None:
    usage.deliver("three.parquet", [ROW, ROW | {"data_mb": -1.0}])
    usage.run(["a"])
    before, rejected, log = usage.read_kept(), usage.read_rejected(), outcomes(usage)
    usage.params = PARAMS.model_copy(update={"rebuild": True})
    planned = usage.run(["a"])
    assert "anew from 3 files (ingestion.rebuild=true)" in planned.new.plan.explain()
    pd.testing.assert_frame_equal(usage.read_kept(), before)
    assert (usage.read_rejected(), outcomes(usage)) == (rejected, log)


def test_another_contract_makes_the_table_anew(usage: Ingestion) -> None:
    tables = dict(PARAMS.tables)
    tables["usage"] = tables["usage"].model_copy(update={"loaded_at": "delivery"})
    usage.params = PARAMS.model_copy(update={"tables": tables})
    planned = usage.run(["a", "b"])
    assert "its contract, its catalog entry or the time zone changed" in planned.new.plan.explain()
    assert len(keys(usage)) == 3


def test_rows_count_as_loaded_when_their_file_was_delivered(tmp_path: Path) -> None:
    tables = dict(PARAMS.tables)
    tables["usage"] = tables["usage"].model_copy(update={"loaded_at": "delivery"})
    usage = Ingestion(tmp_path, "usage", params=PARAMS.model_copy(update={"tables": tables}))
    file = usage.deliver("one.parquet", [ROW])
    delivered = datetime.fromisoformat("2026-07-01T23:30:00+00:00").timestamp()  # summer time
    os.utime(file, (delivered, delivered))
    usage.run(["a"])
    expected = [pd.Timestamp("2026-07-02 00:30")]
    assert usage.read_kept()["loaded_at"].tolist() == expected
    os.utime(file, (1, 1))  # a copy of the folder has other times
    usage.params = usage.params.model_copy(update={"rebuild": True})
    usage.run(["a"])
    assert usage.read_kept()["loaded_at"].tolist() == expected


def test_rows_follow_their_customers(usage: Ingestion) -> None:
    usage.run(["a"])
    assert keys(usage) == [("a", "2026-01-30"), ("a", "2026-02-01")]
    assert outcomes(usage)["one.parquet"] == (1, 0, 1)
    usage.run(["a", "b"])
    assert len(keys(usage)) == 3


def test_rows_follow_their_customers_after_a_kill(usage: Ingestion) -> None:
    usage.customers = ["a"]  # a killed run replaced the customers, and not this table
    usage.run(["a"])
    assert keys(usage) == [("a", "2026-01-30"), ("a", "2026-02-01")]


def test_a_run_that_ended_between_two_commits_is_done_again(usage: Ingestion) -> None:
    usage.deliver("three.parquet", [ROW, LATER | {"data_mb": -1.0}])
    usage.run(["a", "b"], stop_after="checked")
    assert len(keys(usage)) == 3
    assert outcomes(usage) == {"one.parquet": (2, 0, 0), "two.parquet": (1, 0, 0)}
    usage.run(["a", "b"])
    assert outcomes(usage)["three.parquet"] == (0, 1, 1)


def test_a_first_run_that_ended_between_two_commits_is_done_again(tmp_path: Path) -> None:
    usage = Ingestion(tmp_path, "usage")
    usage.deliver("one.parquet", [ROW, ROW])
    usage.run(["a"], stop_after="checked")
    usage.run(["a"])
    assert outcomes(usage) == {"one.parquet": (1, 1, 0)}


def test_many_small_files_are_put_together(
    usage: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monthly_files, "MOST_FILES", 2)
    for number in range(1, 5):
        usage.deliver(f"late-{number}.parquet", [ROW | {"day": date(2026, 1, number)}])
        usage.run(["a", "b"])
    assert len(keys(usage)) == 7
    january = [path for path in DeltaTable(usage.primary).file_uris() if "2026-01" in path]
    assert len(january) <= 2
    (usage.raw / "late-2.parquet").unlink()
    usage.run(["a", "b"])
    assert len(keys(usage)) == 6


def lose_column(usage: Ingestion) -> None:
    path = usage.raw / "three.parquet"
    pq.write_table(pa.Table.from_pylist([ROW]).drop_columns(["data_mb"]), path)


def cut_off(usage: Ingestion) -> None:
    content = usage.deliver("three.parquet", [ROW]).read_bytes()
    (usage.raw / "three.parquet").write_bytes(content[: len(content) // 2])


def deliver_no_row(usage: Ingestion) -> None:
    pq.write_table(pa.Table.from_pylist([ROW]).slice(0, 0), usage.raw / "three.parquet")


def add_column(usage: Ingestion) -> None:
    usage.deliver("three.parquet", [ROW | {"loaded_at": datetime(2026, 2, 1)}])


def empty_the_folder(usage: Ingestion) -> None:
    shutil.rmtree(usage.raw)
    usage.raw.mkdir()


@pytest.mark.parametrize(
    ("break_it", "kind", "expected"),
    [
        (cut_off, UnreadableFileError, r"raw_usage: Cannot read .*three.parquet as Parquet"),
        (deliver_no_row, BrokenContractError, r"raw_usage: three.parquet has no rows"),
        (
            add_column,
            BrokenContractError,
            r"three.parquet has .*\['loaded_at'\], expected \[\] as in one.*`loaded_at: delivery`",
        ),
        (empty_the_folder, DatasetError, r"No deliveries in .*usage: found 0 other files"),
    ],
)
def test_a_faulty_delivery_is_named_and_changes_nothing(
    break_it: Callable[[Ingestion], None], kind: type[Exception], expected: str, usage: Ingestion
) -> None:
    break_it(usage)
    with pytest.raises(kind, match=expected):
        usage.run(["a", "b"])
    assert len(keys(usage)) == 3


def test_a_file_that_grows_while_it_is_read_is_not_ready(
    usage: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = usage.deliver("three.parquet", [ROW | {"day": date(2026, 1, 2)}])
    complete = path.read_bytes()
    path.write_bytes(complete[:100])

    def grow(_: float) -> None:
        path.write_bytes(complete)

    monkeypatch.setattr("kedro_asof.datasets.delivery_folder.time.sleep", grow)
    with pytest.raises(NotReadyError, match=r"three.parquet changed while .*100 bytes"):
        usage.run(["a", "b"])


def test_a_file_that_changes_before_the_commit_stops_it(usage: Ingestion) -> None:
    usage.deliver("three.parquet", [ROW | {"day": date(2026, 1, 2)}])
    planned = usage.run(["a", "b"], stop_after="checked")
    usage.deliver("three.parquet", [ROW | {"day": date(2026, 1, 2)}, ROW])
    with pytest.raises(NotReadyError, match=r"three.parquet changed while it was read"):
        trust_change(planned, None)


def test_a_column_of_another_type_is_said(
    usage: Ingestion, caplog: pytest.LogCaptureFixture
) -> None:
    table = pa.Table.from_pylist([LATER | {"customer_id": "b", "data_mb": "5.0"}])
    pq.write_table(table, usage.raw / "three.parquet")
    with caplog.at_level(logging.WARNING):
        usage.run(["a", "b"])
    assert "data_mb of three.parquet is string, and float64 in two.parquet" in caplog.text
    assert len(keys(usage)) == 4


def test_files_of_text_are_ingested_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = {**DUCKDB, "temp_directory": "spill"}  # relative, as in globals.yml
    usage = Ingestion(tmp_path, "usage", engine, file_format="csv")
    usage.raw.mkdir(parents=True)
    header = ",".join(ROW)
    (usage.raw / "one.csv").write_text(f"{header}\na,2026-01-30,1.0,5.0,0,0,0\n")
    (usage.raw / "two.csv").write_text(f"{header}\nb,2026-01-30,much,5.0,0,0,0\n")
    usage.run(["a", "b"])
    assert outcomes(usage) == {"one.csv": (1, 0, 0), "two.csv": (0, 0, 1)}


def test_customers_who_are_lost_are_said(
    usage: Ingestion, caplog: pytest.LogCaptureFixture
) -> None:
    usage.run(["a"])
    assert "1 customers of the last run are no longer trusted" in caplog.text


def test_a_table_without_files_cannot_be_withdrawn(usage: Ingestion) -> None:
    log = read_log(usage.primary)
    whole = TableLog(0, {WHOLE: log.deliveries["one.parquet"]})
    with pytest.raises(InputError, match="the table is not delivered in files"):
        plan_deliveries([], whole, withdraw=[WHOLE])


def test_files_of_another_kind_are_said(usage: Ingestion, caplog: pytest.LogCaptureFixture) -> None:
    (usage.raw / "three.csv").write_text("customer_id\na\n")
    usage.run(["a", "b"])
    assert re.search(
        r"Ignored in .*usage, because they do not end in .parquet: three.csv", caplog.text
    )


def test_a_month_that_somebody_deleted_is_named_and_can_be_made_anew(usage: Ingestion) -> None:
    shutil.rmtree(usage.primary / "event_month=2026-01")
    usage.deliver("three.parquet", [ROW])
    with pytest.raises(UnreadableFileError, match=r"event_month=2026-01.*rebuild=true"):
        usage.run(["a", "b"])
    usage.params = PARAMS.model_copy(update={"rebuild": True})
    usage.run(["a", "b"])
    assert len(keys(usage)) == 3


def test_a_lost_table_of_findings_is_named_with_what_to_do(usage: Ingestion) -> None:
    shutil.rmtree(usage.checked)
    usage.deliver("three.parquet", [ROW])
    with pytest.raises(BrokenLogError, match=r"Restore .*checked_usage .*ingestion.rebuild=true"):
        usage.run(["a", "b"])
    usage.params = PARAMS.model_copy(update={"rebuild": True})
    usage.run(["a", "b"])
    assert len(keys(usage)) == 3


def test_a_table_of_a_newer_version_is_left_alone(
    usage: Ingestion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kedro_asof.deliveries.log.FORMAT", 0)
    with pytest.raises(InvalidDataError, match=r"newer version of the project: found format 1"):
        read_log(usage.primary)
